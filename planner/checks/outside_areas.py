"""Ways between lanes that leave the drawn areas, where nobody drew a keep-in zone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene
from planner.plan import Finding, Severity

SLACK_M = 0.05
"""Rounding to 1e-7 degrees moves a waypoint by about a centimetre."""

WORTH_TELLING_M = 1.0


class OutsideAreas:
    """A warning where what lies apart is joined over ground that is no area's, because no border was drawn.

    Areas in several parts, and areas that a keep-out zone cuts in two, cannot be watched in one patrol otherwise. The
    ways between launch and lanes do not count.
    """

    name = "outside_areas"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The metres, and the place where the longest such way begins."""
        areas = [scene.frame.to_local(area.shape) for area in scene.patrol.site.areas]
        if not scene.plan.derived_keep_in or not areas:
            return
        inside = shapely.union_all(areas).buffer(SLACK_M)
        outside = []
        for ways in scene.ways:
            lanes = np.flatnonzero(ways.looks)
            if len(lanes):
                between = ways.legs[lanes[0] : lanes[-1] + 1]
                outside.append(shapely.difference(between, inside))
        pieces = np.concatenate(outside) if outside else np.empty(0, dtype=object)
        lengths = shapely.length(pieces)
        total = float(lengths.sum())
        if total > WORTH_TELLING_M:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"{total:.0f} m between lanes lie outside the drawn areas, because what is to be watched lies apart.",
                "Draw a keep-in zone that says where the drone may pass, or plan the parts one by one.",
                -total,
                "m",
                scene.lonlat(pieces[int(np.argmax(lengths))]),
            )
