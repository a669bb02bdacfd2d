"""The fence and the rally points of a vehicle, in its own metric frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntFlag

from sim.frame import LocalMetric
from sim.parameters import Parameters
from sim.storage import Item, MissionResult, Refused, check_place

RETURN_POINT, POLYGON_IN, POLYGON_OUT, CIRCLE_IN, CIRCLE_OUT, RALLY_POINT = 5000, 5001, 5002, 5003, 5004, 5100
MAX_FENCE_ITEMS = 70
MAX_RALLY_POINTS = 46
Point = tuple[float, float]


class FenceType(IntFlag):
    """Bits of ``FENCE_TYPE`` and of what was breached."""

    NONE = 0
    ALT_MAX = 1
    CIRCLE = 2
    POLYGON = 4
    ALT_MIN = 8


def store_fence_item(command: int, frame: int, p1: float, x: int, y: int) -> Item:
    """A fence item as it is read back. Raises ``Refused``."""
    if frame not in (0, 5, 3, 6, 10, 11):
        raise Refused(MissionResult.UNSUPPORTED_FRAME)
    if command in (POLYGON_IN, POLYGON_OUT):
        if not 0 <= p1 <= 255:
            raise Refused(MissionResult.INVALID_PARAM1)
        p1 = float(int(p1))
    elif command in (CIRCLE_IN, CIRCLE_OUT):
        if not math.isfinite(p1):
            raise Refused(MissionResult.INVALID_PARAM1)
    elif command == RETURN_POINT:
        p1 = 0.0
    else:
        raise Refused(MissionResult.UNSUPPORTED)
    return Item(command, 0, p1, 0.0, 0.0, 0.0, x, y, 0.0)


def store_rally_item(command: int, frame: int, x: int, y: int, z: float) -> Item:
    """A rally point as it is read back: whole metres of height. Raises ``Refused``."""
    if command != RALLY_POINT:
        raise Refused(MissionResult.UNSUPPORTED)
    check_place(x, y)
    if not -32_768 <= z <= 32_767:
        raise Refused(MissionResult.INVALID_PARAM7)
    kept = {0: 0, 5: 0, 3: 3, 6: 3, 10: 10, 11: 10}.get(frame)
    if kept is None:
        raise Refused(MissionResult.UNSUPPORTED_FRAME)
    return Item(command, kept, 0.0, 0.0, 0.0, 0.0, x, y, float(int(z)))


@dataclass(slots=True)
class _Shapes:
    keep_in: list[list[Point]] = field(default_factory=list)
    keep_out: list[list[Point]] = field(default_factory=list)
    circles_in: list[tuple[Point, float]] = field(default_factory=list)
    circles_out: list[tuple[Point, float]] = field(default_factory=list)


def _shapes(items: list[Item], frame: LocalMetric) -> _Shapes:
    """Polygons and circles of whole, valid items. Raises ``Refused`` where a polygon is not whole."""
    shapes, index = _Shapes(), 0
    while index < len(items):
        item = items[index]
        count = int(item.p1) if item.command in (POLYGON_IN, POLYGON_OUT) else 1
        part = items[index : index + count]
        if item.command in (POLYGON_IN, POLYGON_OUT):
            whole = len(part) == count >= 3 and all(v.command == item.command and v.p1 == item.p1 for v in part)
            if not whole:
                raise Refused(MissionResult.ERROR)
            ring = [frame.to_local(v.x, v.y) for v in part]
            (shapes.keep_in if item.command == POLYGON_IN else shapes.keep_out).append(ring)
        elif item.command in (CIRCLE_IN, CIRCLE_OUT):
            circles = shapes.circles_in if item.command == CIRCLE_IN else shapes.circles_out
            circles.append((frame.to_local(item.x, item.y), item.p1))
        index += max(count, 1)
    return shapes


class Fence:
    """What the vehicle may not leave or enter, and whether it did."""

    def __init__(self, parameters: Parameters, frame: LocalMetric) -> None:
        self._parameters, self._frame = parameters, frame
        self.items: list[Item] = []
        self._shapes = _Shapes()
        self.breaches = FenceType.NONE
        self.breach_count = 0
        self.breach_time_ms = 0

    def replace(self, items: list[Item]) -> None:
        """Take a whole new fence, or leave the old one and raise ``Refused``."""
        self._shapes = _shapes(items, self._frame)
        self.items = list(items)

    @property
    def enabled(self) -> FenceType:
        """The kinds that are on and have something to check."""
        if not self._parameters["FENCE_ENABLE"]:
            return FenceType.NONE
        kinds = FenceType(int(self._parameters["FENCE_TYPE"]) & 15)
        return kinds if self.items else kinds & ~FenceType.POLYGON

    def outside(self, place: tuple[float, float], above_home: float, home: tuple[float, float]) -> FenceType:
        """Which kinds a place (metres north, east of the origin) breaches; nothing where they are off."""
        enabled, broken = self.enabled, FenceType.NONE
        if not enabled:
            return broken
        if FenceType.ALT_MAX in enabled and above_home >= self._parameters["FENCE_ALT_MAX"]:
            broken |= FenceType.ALT_MAX
        if FenceType.ALT_MIN in enabled and above_home <= self._parameters["FENCE_ALT_MIN"]:
            broken |= FenceType.ALT_MIN
        if FenceType.CIRCLE in enabled and math.dist(place, home) >= self._parameters["FENCE_RADIUS"]:
            broken |= FenceType.CIRCLE
        if FenceType.POLYGON in enabled and self.breaks_polygon(place):
            broken |= FenceType.POLYGON
        return broken

    def breaks_polygon(self, place: Point) -> bool:
        """Whether a place lies outside an inclusion or inside an exclusion (all inclusions, unless FENCE_OPTIONS
        says their union is meant)."""
        shapes = self._shapes
        if any(_inside(place, ring) for ring in shapes.keep_out):
            return True
        if any(math.dist(place, centre) < radius for centre, radius in shapes.circles_out):
            return True
        within = [_inside(place, ring) for ring in shapes.keep_in]
        within += [math.dist(place, centre) <= radius for centre, radius in shapes.circles_in]
        if not within:
            return False
        union = int(self._parameters["FENCE_OPTIONS"]) & 2
        return not any(within) if union else not all(within)


def _inside(place: Point, ring: list[Point]) -> bool:
    """Even-odd rule."""
    x, y = place
    inside = False
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def names(broken: FenceType) -> str:
    """What ArduPilot calls the breached kinds: "Max Alt, Polygon fence"."""
    words = {
        FenceType.ALT_MAX: "Max Alt",
        FenceType.CIRCLE: "Circle",
        FenceType.ALT_MIN: "Min Alt",
        FenceType.POLYGON: "Polygon",
    }
    found = [word for kind, word in words.items() if kind in broken]
    head = " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)
    return f"{head} fence" if len(found) < 2 else f"{head} fences"
