"""The perimeter: around an outline, at a distance outside or inside of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import shapely

from planner.cameras import Camera
from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Laned, Place, Thing, Wanted, nearest_corner_first
from planner.site import Site

SIDES = ("outside", "inside")
DIRECTIONS = ("clockwise", "counterclockwise", "both")

SIMPLER_M = 0.5
"""A ring may have fewer corners where they change it by less than this; it then stands that much further off."""

OUTLINE_M = 0.5
"""Half the width of the band along the outline that counts as the outline itself, for the share that is seen."""


@dataclass(frozen=True, slots=True)
class Perimeter(Laned):
    """Fly rings along outlines: the drawn perimeters, or the areas' outlines where no perimeter is drawn.

    ``distance_m``: how far the ring keeps off the outline, to the ``side``. ``rounds`` are flown in a ``direction``;
    "both" changes it with every round, so that each place is seen from either side and nobody learns where it goes.
    """

    distance_m: float = 10.0
    side: str = "outside"
    direction: str = "clockwise"
    rounds: int = 1

    word: ClassVar[str] = "perimeter"
    kinds: ClassVar[tuple[str, ...]] = ("perimeter", "area")

    def __post_init__(self) -> None:
        Laned.__post_init__(self)
        self.refuse_not_positive("distance_m")
        self.refuse_less_than_one("rounds")
        self.refuse_other("side", SIDES)
        self.refuse_other("direction", DIRECTIONS)

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each outline; what is to be seen is the outline itself."""
        found = []
        for outline in site.perimeters or site.areas:
            for part in shapely.get_parts(frame.to_local(outline.shape)):
                whole = shapely.Polygon(part.exterior)
                found.append(Thing(outline.label, whole, whole.exterior.buffer(OUTLINE_M, cap_style="flat")))
        return tuple(found)

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """A ring for each outline, begun at the corner nearest to the drone; inside there may be several."""
        outwards = 1.0 if self.side == "outside" else -1.0
        moved = thing.shape.buffer(outwards * (self.distance_m + SIMPLER_M), quad_segs=4)
        rings = [part.exterior for part in shapely.get_parts(moved) if not part.is_empty]
        if not rings:
            raise PlanError(
                f"Inside {thing.label!r} there is no ring {self.distance_m:g} m from its outline.",
                mend="Make distance_m smaller, or fly outside.",
            )
        found = []
        for ring in rings:
            simple = shapely.simplify(ring, SIMPLER_M)
            corners = nearest_corner_first(shapely.get_coordinates(simple), at)
            if simple.is_ccw != (self.direction == "counterclockwise"):
                corners = corners[::-1]
            turns = [number % 2 == 1 and self.direction == "both" for number in range(self.rounds)]
            if self.direction == "both" and self.rounds == 1:
                turns = [False, True]
            found += [Wanted(corners[::-1] if turn else corners) for turn in turns]
        return tuple(found)
