"""The route, and the way home, stay below the highest allowed altitude."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.quantities import Altitude, AltitudeReference


class Height:
    """Blocking above the limit; a warning where limit and altitude are measured from different things."""

    name = "height"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The highest waypoint, then the return altitude."""
        limit = scene.patrol.limits.highest
        waypoints = [point for sortie in scene.plan.sorties for point in sortie.route.waypoints]
        top = max(waypoints, key=lambda waypoint: waypoint.altitude.metres)
        home = Altitude.home(scene.patrol.vehicle.return_altitude_m)
        yield from self._compare(top.altitude, limit, f"The patrol flies at {top.altitude}", "Lower the altitude.")
        if home.metres > top.altitude.metres:
            yield from self._compare(
                home, limit, f"The vehicle comes home at {home}", "Lower its return altitude (RTL_ALT)."
            )

    def _compare(self, altitude: Altitude, limit: Altitude, sentence: str, mend: str) -> Iterator[Finding]:
        comparable = altitude.reference is limit.reference
        room = limit.metres - altitude.metres
        if AltitudeReference.AMSL in (altitude.reference, limit.reference) and not comparable:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"{sentence}; whether that is below the limit of {limit} depends on the ground's height.",
                "Give the limit above ground.",
            )
        elif room < 0:
            yield Finding(self.name, Severity.BLOCKING, f"{sentence}, above the limit of {limit}.", mend, room, "m")
        elif not comparable and altitude.reference is AltitudeReference.HOME:
            yield Finding(
                self.name,
                Severity.INFO,
                f"{sentence}; where the ground lies lower than home, it is nearer to the limit of {limit}.",
                "",
                room,
                "m",
            )
        else:
            yield holds(self.name, f"{sentence}, {room:g} m below the limit.", room, "m")
