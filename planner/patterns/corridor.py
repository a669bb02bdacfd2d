"""The corridor: a road, a river or a border line, with what lies beside it, in passes along it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.cameras import Camera
from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.paths import polygonal
from planner.patterns.pattern import Laned, Place, Points, Thing, Wanted, alternating, nearest_end_first
from planner.site import Site

SIDES = ("both", "left", "right")

SIMPLER_M = 0.3
"""Corners of a drawn line that matter less than this are none: each is a waypoint, and a turn."""

MITRE = 2.0


@dataclass(frozen=True, slots=True)
class Corridor(Laned):
    """Fly along lines and see a band beside them.

    ``width_m``: of the whole band, where a drawn corridor does not say its own. ``side``: the band lies on both sides
    of the line, or wholly to its left or right as it was drawn; the line is then never crossed. ``passes`` None: as
    many as the width needs.
    """

    width_m: float = 40.0
    passes: int | None = None
    side: str = "both"

    word: ClassVar[str] = "corridor"
    kinds: ClassVar[tuple[str, ...]] = ("corridor",)

    def __post_init__(self) -> None:
        Laned.__post_init__(self)
        self.refuse_not_positive("width_m")
        self.refuse_less_than_one("passes")
        self.refuse_other("side", SIDES)

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each line, with the band to be seen."""
        found = []
        for corridor in site.corridors:
            width_m = corridor.width_m or self.width_m
            for line in shapely.get_parts(frame.to_local(corridor.line)):
                simple = shapely.simplify(line, SIMPLER_M)
                found.append(Thing(corridor.label, simple, _band(simple, width_m, self.side), width_m))
        return tuple(found)

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """Passes side by side from one edge of the band to the other, to and fro, from the end that is nearer."""
        near, far = self._reach(thing.width_m)
        count = self.passes or max(1, math.ceil((far - near) / self.spacing_m(camera) - 1e-6))
        offsets = near + (np.arange(count) + 0.5) * (far - near) / count
        rows = [row for row in (_beside(thing.shape, float(offset)) for offset in offsets) if row is not None]
        if not rows:
            raise PlanError(
                f"The corridor {thing.label!r} winds too tightly for passes {abs(offsets[0]):.0f} m beside it.",
                mend="Draw it smoother, or make it narrower.",
            )
        if min(math.dist(rows[-1][end], at) for end in (0, -1)) < min(math.dist(rows[0][end], at) for end in (0, -1)):
            rows.reverse()
        if nearest_end_first(rows[0], at) is not rows[0]:
            rows = [row[::-1] for row in rows]
        return tuple(Wanted(row) for row in alternating(rows))

    def _reach(self, width_m: float) -> tuple[float, float]:
        """The band's edges, metres to the left of the line."""
        return {"both": (-width_m / 2, width_m / 2), "left": (0.0, width_m), "right": (-width_m, 0.0)}[self.side]


def _band(line: BaseGeometry, width_m: float, side: str) -> shapely.Polygon | shapely.MultiPolygon:
    """What lies beside a line, on one side or half of the width on both; its ends are cut square."""
    if side == "both":
        return polygonal(line.buffer(width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=MITRE))
    reach_m = width_m if side == "left" else -width_m
    one_sided = line.buffer(reach_m, cap_style="flat", join_style="mitre", mitre_limit=MITRE, single_sided=True)
    return polygonal(one_sided)


def _beside(line: BaseGeometry, offset_m: float) -> Points | None:
    """The line moved sideways (positive: to its left), in its own direction; None where nothing is left of it."""
    if abs(offset_m) < 1e-9:
        return shapely.get_coordinates(line)
    moved = shapely.offset_curve(line, offset_m, join_style="mitre", mitre_limit=MITRE)
    parts = [shapely.get_coordinates(part) for part in shapely.get_parts(moved) if part.length > 0]
    if not parts:
        return None
    start, end = shapely.get_coordinates(line)[[0, -1]]
    turned = math.dist(parts[0][0], start) + math.dist(parts[-1][-1], end) > math.dist(parts[0][0], end) + math.dist(
        parts[-1][-1], start
    )
    row = np.concatenate(parts)
    return row[::-1] if turned else row
