"""No waypoint asks for more speed than the vehicle has."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity


class Speed:
    """Blocking above the vehicle's top speed."""

    name = "speed"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The fastest waypoint."""
        waypoints = [point for sortie in scene.plan.sorties for point in sortie.route.waypoints]
        fastest = max(waypoints, key=lambda waypoint: waypoint.speed_mps)
        top = scene.patrol.vehicle.top_speed_mps
        room = top - fastest.speed_mps
        if room < 0:
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"The route asks for {fastest.speed_mps:g} m/s; the vehicle flies at most {top:g} m/s.",
                "Lower speed_mps.",
                room,
                "m/s",
                fastest.position,
            )
        else:
            yield holds(self.name, f"The route asks for {fastest.speed_mps:g} m/s at most.", room, "m/s")
