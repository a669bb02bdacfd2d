"""The route stays inside the fence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.space import TOUCH_M

ROOM_M = 2.0
"""What a good GPS and a sharp corner take; ArduPilot's own ``FENCE_MARGIN`` is 2 m."""


class KeepIn:
    """Blocking outside the keep-in zone; a warning where the fence is so near that a gust breaches it."""

    name = "keep_in"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Legs, not only waypoints."""
        wide = scene.keep_in.buffer(TOUCH_M)
        shapely.prepare(wide)
        for ways in scene.ways:
            crossing = ways.legs[~shapely.covers(wide, ways.legs)]
            if len(crossing) == 0:
                continue
            outside = shapely.difference(crossing, wide)
            metres = float(shapely.length(outside).sum())
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"{metres:.1f} m of sortie {ways.sortie.number} lie outside the keep-in zone.",
                "Plan again, or widen the keep-in zone.",
                -metres,
                "m",
                scene.lonlat(outside[int(np.argmax(shapely.length(outside)))]),
                ways.sortie.number,
            )
            return
        if scene.plan.outside_m > 0:
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"{scene.plan.outside_m:.1f} m of route leave what may be flown.",
                "Plan again.",
                -scene.plan.outside_m,
                "m",
            )
            return
        yield self._room(scene)

    def _room(self, scene: Scene) -> Finding:
        border = scene.keep_in.boundary
        rooms = shapely.distance(border, scene.legs)
        nearest = int(np.argmin(rooms))
        room = float(rooms[nearest])
        if scene.plan.derived_keep_in:
            return holds(
                self.name,
                f"No keep-in zone is drawn: the fence is the areas and the ways to them, {room:.1f} m from the route.",
                room,
                "m",
            )
        if room < ROOM_M:
            return Finding(
                self.name,
                Severity.WARNING,
                f"The route comes within {room:.1f} m of the fence; a gust or a fast corner would breach it.",
                f"Set border_margin_m to {ROOM_M + 1:g} or more.",
                room - ROOM_M,
                "m",
                scene.lonlat(shapely.shortest_line(scene.legs[nearest], border)),
            )
        return holds(self.name, f"The route keeps {room:.1f} m inside the fence.", room - ROOM_M, "m")
