"""What is to be swept, and how."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import MultiPolygon, Polygon

from planner.paths import FreeSpace
from planner.sweep.motion import Motion

ENOUGH = 0.995
"""Share of the area that a sweep sees at least."""

SURELY = 0.00005
"""So much more of it: places are rounded to 1e-7 of a degree when they become waypoints."""

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be swept, where flying is allowed, and how; ``angle`` is that of all lanes, radians, None for free."""

    area: Polygon | MultiPolygon
    space: FreeSpace
    swath_m: float
    motion: Motion
    start: Point | None
    end: Point | None
    angle: float | None

    @property
    def coarse_m(self) -> float:
        """Detail that does not matter for choosing cells and roads."""
        return self.swath_m / 12


def parts(area: Polygon | MultiPolygon) -> list[Polygon]:
    """The polygons of an area."""
    return [part for part in getattr(area, "geoms", [area]) if part.geom_type == "Polygon" and not part.is_empty]
