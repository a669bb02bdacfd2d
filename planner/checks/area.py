"""What is to be watched lies where the drone may fly."""

from __future__ import annotations

from collections.abc import Iterator

import shapely
from shapely.geometry.base import BaseGeometry

from planner.checks.scene import Scene
from planner.patterns.pattern import Thing
from planner.plan import Finding, Severity

LEAST_SHARE = 0.001
"""Less than a thousandth is drawing, not meaning."""


class AreaInside:
    """A warning where part of an area, band or outline lies outside the keep-in zone; told where a zone covers it."""

    name = "area"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Each thing that is drawn for the pattern and has a band to be seen."""
        barred = shapely.union_all([shape for _, shape in scene.barring])
        patrol = scene.patrol
        for thing in patrol.pattern.things(patrol.site, scene.frame, patrol.camera):
            if thing.band is None:
                continue
            outside = thing.band.difference(scene.keep_in)
            yield from self._told(scene, thing, outside, Severity.WARNING, "outside the keep-in zone")
            shut = thing.band.intersection(barred)
            yield from self._told(scene, thing, shut, Severity.INFO, "in zones that may not be entered")

    def _told(
        self, scene: Scene, thing: Thing, part: BaseGeometry, severity: Severity, where: str
    ) -> Iterator[Finding]:
        assert thing.band is not None
        share = part.area / thing.band.area
        if share > LEAST_SHARE:
            yield Finding(
                self.name,
                severity,
                f"{share:.1%} of the {scene.patrol.pattern.kinds[0]} {thing.label!r} lie {where}.",
                "Redraw it or the zone, if that is not meant.",
                -share * 100,
                "%",
                scene.lonlat(part),
            )
