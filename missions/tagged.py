"""Mission items, fence and rally points as rows of text inside files that are made for other things (KML, GPX).

A row is that of a QGC WPL 110 list. Where the file has the place itself too, the place counts: a person may have moved
it on a map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from missions.commands import has_place
from missions.items import Fence, FenceCircle, FencePolygon, Mission, MissionItem, RallyPoint
from missions.plan_items import UNKNOWN_HOME
from missions.reading import MOST_ITEMS, parse_number
from missions.waypoints_file import format_rows, parse_row
from missions.wire import from_e7, to_e7
from planner.errors import FileFormatError
from planner.quantities import LonLat

ITEM, FENCE, RALLY, WAY = "qyran:item", "qyran:fence", "qyran:rally", "qyran:way"


def is_on_map(item: MissionItem) -> bool:
    """Whether an item has a place to show; (0, 0) means "as it is"."""
    return has_place(item.command) and (item.x, item.y) != (0, 0)


def rows_of(items: Sequence[MissionItem], source: str) -> tuple[str, ...]:
    """A row for each item. Raises ``FileFormatError`` for a number that the rows cannot hold."""
    return tuple(row.replace("\t", " ") for row in format_rows(items, source))


@dataclass
class Collected:
    """What was found so far in a file that Qyran wrote."""

    items: list[MissionItem] = field(default_factory=list)
    polygons: list[FencePolygon] = field(default_factory=list)
    circles: list[FenceCircle] = field(default_factory=list)
    return_point: LonLat | None = None
    rally: list[RallyPoint] = field(default_factory=list)
    is_any: bool = False

    def add_item(self, row: str, place: LonLat | None, z: float | None, about: str) -> None:
        """The next item; raises ``FileFormatError``."""
        if len(self.items) == MOST_ITEMS:
            raise FileFormatError(f"There are more than {MOST_ITEMS} items.", about=about)
        item = parse_row(row, None, about)
        if place is not None:
            item = replace(item, x=to_e7(place.lat), y=to_e7(place.lon), z=item.z if z is None else z)
        self.items.append(item)
        self.is_any = True

    def add_fence(self, words: str, places: Sequence[LonLat], about: str) -> None:
        """A part of the fence: "return", "inside" or "outside", with a radius in metres for a circle."""
        kind, _, radius = words.partition(" ")
        rounded = tuple(LonLat(from_e7(to_e7(place.lon)), from_e7(to_e7(place.lat))) for place in places)
        metres = parse_number(radius.strip()) if radius else None
        self.is_any = True
        if kind == "return" and len(rounded) == 1 and self.return_point is None:
            self.return_point = rounded[0]
        elif kind in _SIDES and metres is not None and 0 < metres < 1e9 and len(rounded) == 1:
            self.circles.append(FenceCircle(rounded[0], metres, _SIDES[kind]))
        elif kind in _SIDES and not radius and len(rounded) >= 3:
            self.polygons.append(FencePolygon(rounded, _SIDES[kind]))
        else:
            raise FileFormatError(f"“{words[:40]}” is no part of a fence with such a shape.", about=about)

    def add_rally(self, altitude: str, place: LonLat | None, about: str) -> None:
        """A rally point at an altitude in metres above home."""
        metres = parse_number(altitude.strip())
        if place is None or metres is None or not abs(metres) < 1e9:
            raise FileFormatError("A rally point needs a place and an altitude above home.", about=about)
        rounded = LonLat(from_e7(to_e7(place.lon)), from_e7(to_e7(place.lat)))
        self.rally.append(RallyPoint(rounded, metres))
        self.is_any = True

    def mission(self) -> Mission | None:
        """All of it; None where nothing was found. A file of fence or rally points alone has no items."""
        if not self.is_any:
            return None
        items = tuple(self.items)
        if items and items[0].command != UNKNOWN_HOME.command:
            items = (UNKNOWN_HOME, *items)
        return Mission(items, Fence(tuple(self.polygons), tuple(self.circles), self.return_point), tuple(self.rally))


_SIDES = {"inside": True, "outside": False}


def fence_words(fence: Fence) -> Iterator[tuple[str, str, tuple[LonLat, ...]]]:
    """The parts of a fence: what each is called, its words, its places."""
    if fence.return_point is not None:
        yield "fence return point", "return", (fence.return_point,)
    for polygon in fence.polygons:
        side = "inside" if polygon.inclusion else "outside"
        yield f"fence: stay {side}", side, polygon.vertices
    for circle in fence.circles:
        side = "inside" if circle.inclusion else "outside"
        yield f"fence: stay {side} {circle.radius_m:g} m", f"{side} {circle.radius_m!r}", (circle.centre,)
