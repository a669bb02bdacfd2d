"""Between lanes, too, the camera looks past what it may not see."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, Ways, holds
from planner.gaze import DOWN_DEG, SETTLED, Turn, View, aimed_footprint, heading_of
from planner.plan import Finding, Severity


class Gaze:
    """A warning where a camera that films between lanes would show a no-look zone: no pictures are taken there."""

    name = "gaze"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Every way, at the pitch that it is planned with, turns and changes of pitch at its start among it."""
        view = View.of(scene.patrol, scene.plan.sorties[0].launch.position, scene.frame)
        if view.forbidden.is_empty:
            return
        shapely.prepare(view.forbidden)
        pitched = found = 0
        for ways in scene.ways:
            waypoints = ways.sortie.route.waypoints
            pitched += sum((waypoint.pitch_deg or DOWN_DEG) > DOWN_DEG for waypoint in waypoints[1:])
            bad = list(_shown(view, ways))
            if bad:
                found += len(bad)
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


def _shown(view: View, ways: Ways) -> Iterator[int]:
    """The legs on which a camera that films shows what is forbidden; pictures in lanes are another rule's."""
    waypoints, turn = ways.sortie.route.waypoints, Turn(None, SETTLED)
    for leg in range(len(waypoints) - 1):
        start, end, ends = ways.points[leg], ways.points[leg + 1], waypoints[leg : leg + 2]
        aimed, looks = bool(np.isfinite(ways.aims[leg]).all()), bool(ways.looks[leg])
        pitch = DOWN_DEG if ends[1].pitch_deg is None else ends[1].pitch_deg
        if aimed:
            high = view.heights(start, end, ends, reach=1.0).high_m
            if not looks and aimed_footprint(start, end, ways.aims[leg], high, view.patrol).intersects(view.forbidden):
                yield leg
        elif not (
            (looks and pitch == turn.pitch_deg)
            or view.is_far(start, end, ends)
            or view.is_clear(start, end, ends, pitch, turn)
        ):
            yield leg
        turn = Turn(heading_of(start, end, turn.heading), pitch)
