"""Between lanes, too, the camera looks past what it may not see."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from planner.checks.scene import Scene, holds
from planner.gaze import DOWN_DEG, footprint, no_look
from planner.plan import Finding, Severity


class Gaze:
    """A warning where a camera that films between lanes would show a no-look zone: no pictures are taken there."""

    name = "gaze"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Every way between lanes, at the pitch that it is planned with."""
        forbidden = no_look(scene.patrol, scene.frame)
        if forbidden.is_empty:
            return
        shapely.prepare(forbidden)
        pitched = found = 0
        for ways in scene.ways:
            bad = []
            for leg, waypoint in enumerate(ways.sortie.route.waypoints[1:]):
                if waypoint.leg.looks or waypoint.aim is not None:
                    continue
                pitch = DOWN_DEG if waypoint.pitch_deg is None else waypoint.pitch_deg
                pitched += pitch > DOWN_DEG
                start, end = ways.points[leg], ways.points[leg + 1]
                if footprint(start, end, waypoint.altitude.metres, pitch, scene.patrol).intersects(forbidden):
                    bad.append(leg)
            if bad:
                found += len(bad)
                waypoints = ways.sortie.route.waypoints
                yield Finding(
                    self.name,
                    Severity.WARNING,
                    f"On {len(bad)} ways between lanes of sortie {ways.sortie.number} a camera that films would show a "
                    "no-look zone.",
                    "Stop filming between lanes, plan again with a camera on a gimbal, or fly lower.",
                    place=waypoints[bad[0]].position,
                    sortie=ways.sortie.number,
                )
        if not found:
            yield holds(
                self.name, f"Between lanes the camera shows no no-look zone; it is pitched up on {pitched} ways."
            )
