"""The areas lie where the drone may fly."""

from __future__ import annotations

from collections.abc import Iterator

import shapely
from shapely.geometry.base import BaseGeometry

from planner.checks.scene import Scene
from planner.plan import Finding, Severity
from planner.site import Area

LEAST_SHARE = 0.001
"""Less than a thousandth is drawing, not meaning."""


class AreaInside:
    """A warning where part of an area lies outside the keep-in zone; told where a zone covers part of it."""

    name = "area"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Each area."""
        barred = shapely.union_all([shape for _, shape in scene.barring])
        for area in scene.patrol.site.areas:
            shape = scene.frame.to_local(area.shape)
            outside = shape.difference(scene.keep_in)
            yield from self._told(scene, area, outside, Severity.WARNING, "outside the keep-in zone")
            shut = shape.intersection(barred)
            yield from self._told(scene, area, shut, Severity.INFO, "in zones that may not be entered")

    def _told(self, scene: Scene, area: Area, part: BaseGeometry, severity: Severity, where: str) -> Iterator[Finding]:
        share = part.area / scene.frame.to_local(area.shape).area
        if share > LEAST_SHARE:
            yield Finding(
                self.name,
                severity,
                f"{share:.1%} of the area {area.label!r} lie {where}.",
                "Redraw the area or the zone, if that is not meant.",
                -share * 100,
                "%",
                scene.lonlat(part),
            )
