"""The route keeps off the ground and what stands on it, along its whole length, not only at its waypoints.

Only where terrain or obstacles were given, or flat ground was asked for. Ways home are looked at by ``return_way``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from planner.checks.over_ground import OverGround
from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.terrain.clearance import Near, near_obstacles
from planner.terrain.ground import Ground
from planner.terrain.obstacles import blocks_of

TOUCH_M = 0.01

MOST_NAMED = 20
"""So many obstacles are named one by one."""

UNKNOWN_M = 0.5
"""Less of unknown ground is the edge of a cell."""


class Clearance:
    """Blocking where ground or obstacle is too near, or the ground is unknown."""

    name = "clearance"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Legs over the ground, then obstacles beside them and over the launch, then climbs."""
        ground, over = scene.patrol.ground, scene.over_ground
        if ground is None or over is None:
            return
        yield from self._unknown(scene, over)
        yield from self._route(scene, over, ground)
        if ground.obstacles:
            yield from self._obstacles(scene, over, ground)
        yield from self._steep(scene, over)

    def _unknown(self, scene: Scene, over: OverGround) -> Iterator[Finding]:
        lost = over.room.unknown * np.hypot(*(over.lines[:, 1] - over.lines[:, 0]).T)
        line = int(lost.argmax())
        if lost[line] <= UNKNOWN_M:
            return
        yield Finding(
            self.name,
            Severity.BLOCKING,
            f"The route leads over unknown ground for {lost.sum():.0f} m: the terrain has voids there, or ends.",
            "Give terrain that covers it, keep away from there, or ask for flat ground.",
            place=over.place(line, 0.5, scene.frame),
            sortie=int(over.sorties[line]),
        )

    def _route(self, scene: Scene, over: OverGround, ground: Ground) -> Iterator[Finding]:
        line = int(over.room.least_m.argmin())
        least = float(over.room.least_m[line])
        if not math.isfinite(least):
            return
        margin = least - ground.clearance_m
        words = f"The route comes as near as {least:.1f} m to the ground"
        if least < 0:
            words = f"The route leads {-least:.1f} m deep into the ground"
        if margin >= -TOUCH_M:
            yield holds(self.name, f"{words} on its whole length.", margin, "m")
            return
        yield Finding(
            self.name,
            Severity.BLOCKING,
            f"{words}; {ground.clearance_m:g} m must be kept.",
            "Fly higher, or give the altitude above ground (AGL), so that the route follows the terrain.",
            margin,
            "m",
            over.place(line, float(over.room.least_at[line]), scene.frame),
            int(over.sorties[line]),
        )

    def _obstacles(self, scene: Scene, over: OverGround, ground: Ground) -> Iterator[Finding]:
        blocks = blocks_of(ground.obstacles, ground.terrain, scene.frame)
        beside, above = ground.beside_m, ground.over_m
        column = over.lines[:1, [0, 0]], np.array([[over.home_m, over.heights[0, 0]]])
        route = near_obstacles(over.lines, over.heights, blocks, beside_m=beside, over_m=above)
        take_off = near_obstacles(*column, blocks, beside_m=beside, over_m=above)
        for close, what, mend in (
            (take_off, "Taking off and landing, the drone is", "Launch elsewhere."),
            (route, "The route is", "Draw a keep-out zone around it, or fly higher."),
        ):
            for near in close[:MOST_NAMED]:
                yield self._finding(scene, over, near, f"{what} {_words(near, ground)}", mend)
            if len(close) > MOST_NAMED:
                more = len(close) - MOST_NAMED
                yield Finding(self.name, Severity.BLOCKING, f"{what} too near to {more} more obstacles.", mend)
        if not route and not take_off:
            count = len(ground.obstacles)
            many = f"All {count} obstacles are" if count > 1 else "The obstacle is"
            yield holds(self.name, f"{many} passed at least {beside:g} m beside or {above:g} m above.")

    def _finding(self, scene: Scene, over: OverGround, near: Near, sentence: str, mend: str) -> Finding:
        place, sortie = over.place(near.line, near.share, scene.frame), int(over.sorties[near.line])
        return Finding(self.name, Severity.BLOCKING, sentence, mend, near.margin_m, "m", place, sortie)

    def _steep(self, scene: Scene, over: OverGround) -> Iterator[Finding]:
        """How far legs are slower than asked for, because they climb or sink: told, not forbidden."""
        vehicle = scene.patrol.vehicle
        speeds = np.array([w.speed_mps for sortie in scene.plan.sorties for w in sortie.route.waypoints[1:]])
        lengths = np.hypot(*(over.lines[:, 1] - over.lines[:, 0]).T)
        rises = np.diff(over.heights, axis=1)[:, 0]
        seconds = np.maximum(rises / vehicle.climb_mps, -rises / vehicle.descent_mps)
        slow = (seconds * speeds > lengths * 1.01) & (lengths > 0)
        if not slow.any():
            return
        pace = np.where(slow, lengths / np.maximum(seconds, 1e-9), np.inf)
        line = int(pace.argmin())
        yield Finding(
            self.name,
            Severity.INFO,
            f"Climbs and descents slow the drone down on {lengths[slow].sum() / 1000:.1f} km, to {pace[line]:.1f} m/s "
            "at the steepest.",
            "",
            place=over.place(line, 0.5, scene.frame),
            sortie=int(over.sorties[line]),
        )


def _words(near: Near, ground: Ground) -> str:
    label = ground.obstacles[near.obstacle].label
    if near.margin_m < 0:
        return f"{-near.margin_m:.1f} m below the top of the obstacle {label!r}, under {ground.beside_m:g} m beside it."
    return f"{near.margin_m:.1f} m above the obstacle {label!r}; {ground.over_m:g} m must be kept."
