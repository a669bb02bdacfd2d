"""The route, and the way home, stay below the highest allowed altitude."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.checks.over_ground import OverGround
from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.quantities import Altitude, AltitudeReference

TOUCH_M = 0.01


class Height:
    """Blocking above the limit; a warning where limit and altitude are measured from different things."""

    name = "height"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The highest waypoint, then the return altitude."""
        limit = scene.patrol.limits.highest
        if scene.over_ground is not None and limit.reference is AltitudeReference.AGL:
            yield from self._over_ground(scene, scene.over_ground, limit)
            return
        waypoints = [point for sortie in scene.plan.sorties for point in sortie.route.waypoints]
        top = max(waypoints, key=lambda waypoint: waypoint.altitude.metres)
        home = Altitude.home(scene.patrol.vehicle.return_altitude_m)
        yield from self._compare(top.altitude, limit, f"The patrol flies at {top.altitude}", "Lower the altitude.")
        if home.metres > top.altitude.metres:
            yield from self._compare(
                home, limit, f"The vehicle comes home at {home}", "Lower its return altitude (RTL_ALT)."
            )

    def _over_ground(self, scene: Scene, over: OverGround, limit: Altitude) -> Iterator[Finding]:
        """Above the ground under each leg, on its whole length."""
        known = np.where(np.isfinite(over.room.most_m), over.room.most_m, -np.inf)
        line = int(known.argmax())
        room = limit.metres - float(known[line])
        words = f"The patrol flies up to {known[line]:.1f} m above the ground"
        if room >= -TOUCH_M:
            yield holds(self.name, f"{words}, {room:.1f} m below the limit.", room, "m")
        else:
            yield self._too_high(scene, over, line, words)
        home_m = scene.patrol.vehicle.return_altitude_m
        if home_m > limit.metres:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"Sent home, the vehicle climbs to {home_m:g} m above home, above the limit of {limit} there.",
                "Lower its return altitude (RTL_ALT) as far as the ways home allow.",
                limit.metres - home_m,
                "m",
            )

    def _too_high(self, scene: Scene, over: OverGround, line: int, words: str) -> Finding:
        limit = scene.patrol.limits.highest
        room = limit.metres - float(over.room.most_m[line])
        place, sortie = over.place(line, float(over.room.most_at[line]), scene.frame), int(over.sorties[line])
        mend = "Fly lower, or give the altitude above ground (AGL), so that the route follows the terrain."
        sentence = f"{words}, above the limit of {limit}."
        return Finding(self.name, Severity.BLOCKING, sentence, mend, room, "m", place, sortie)

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
