"""Two missions side by side: what was planned, and what a file or a vehicle has, within the autopilot's rounding."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import zip_longest

from missions.commands import has_place, name_of
from missions.items import Command, Fence, FenceCircle, FencePolygon, Frame, Mission, MissionItem, RallyPoint
from missions.storage import as_stored, single
from missions.wire import place_of, to_e7
from planner.geodesy import distance_m
from planner.quantities import LonLat
from planner.vehicles import VehicleKind

ALTITUDE_M = 0.0101
"""Altitudes are stored in whole centimetres; single precision adds a little."""

RADIUS_M = 0.0011
"""A fence circle's radius within a millimetre of whole metres is stored as whole metres."""

_ALIGNED_MOST = 3000
"""Longer missions of different length are compared place by place, without looking for what was put in between."""


class Part(Enum):
    """What a difference is in."""

    MISSION = "mission"
    FENCE = "fence"
    RALLY = "rally points"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference in words; ``index`` counts items, fence shapes or rally points from 0, None for all of them."""

    part: Part
    index: int | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Voice:
    """How sentences call what the other mission was to be."""

    wanted: str = "planned"
    counted: str = "planned were"
    missing: str = "is missing"
    surplus: str = "was not planned"
    there: str = "there"


def differences(
    planned: Mission,
    read_back: Mission,
    kind: VehicleKind = VehicleKind.COPTER,
    voice: Voice = Voice(),
) -> tuple[Difference, ...]:
    """What is not as planned, item by item; empty where an autopilot would fly both the same.

    Both are compared as a vehicle of that kind with ArduPilot stores them (``as_stored``): what it cannot keep makes no
    difference. Home (item 0) is the vehicle's own and is not compared.
    """
    return (
        *_item_differences(planned.items[1:], read_back.items[1:], kind, voice),
        *_fence_differences(planned.fence, read_back.fence, voice),
        *_rally_differences(planned.rally, read_back.rally, voice),
    )


def identity(mission: Mission, kind: VehicleKind = VehicleKind.COPTER) -> str:
    """Twelve hexadecimal digits that are the same for a plan, its files and the vehicle that holds it.

    Of what a vehicle of that kind with ArduPilot stores of items (home left out), fence and rally points, by SHA-256.
    """
    digest = hashlib.sha256()
    for part in (_item_rows(mission.items[1:], kind), _fence_rows(mission.fence), _rally_rows(mission.rally)):
        for row in part:
            digest.update(f"{row}\n".encode())
        digest.update(b"--\n")
    return digest.hexdigest()[:12]


def _item_rows(items: Sequence[MissionItem], kind: VehicleKind) -> Iterator[str]:
    for item in (as_stored(item, kind) for item in items):
        frame = item.frame if has_place(item.command) else 0
        numbers = " ".join(_digits(value) for value in (*item.params, item.z))
        yield f"{int(item.command)} {int(frame)} {item.x} {item.y} {numbers}"


def _fence_rows(fence: Fence) -> Iterator[str]:
    if fence.return_point is not None:
        yield f"return {_e7(fence.return_point)}"
    for polygon in fence.polygons:
        yield f"polygon {polygon.inclusion} {[_e7(vertex) for vertex in polygon.vertices]}"
    for circle in fence.circles:
        yield f"circle {circle.inclusion} {_e7(circle.centre)} {_digits(_stored_radius(circle))}"


def _rally_rows(points: Sequence[RallyPoint]) -> Iterator[str]:
    for point in points:
        yield f"rally {_e7(point.position)} {math.trunc(point.altitude_home_m)}"


def _digits(value: float) -> str:
    """A number in single precision, written the same for both zeros."""
    return f"{single(value) + 0.0:.9g}"


def _e7(place: LonLat) -> tuple[int, int]:
    return to_e7(place.lat), to_e7(place.lon)


def _stored_radius(circle: FenceCircle) -> float:
    """As ``AC_PolyFence_loader::write_fence`` keeps it."""
    radius = single(circle.radius_m)
    return float(math.trunc(radius)) if radius - math.trunc(radius) < 0.001 else radius


def _item_differences(
    planned: Sequence[MissionItem], found: Sequence[MissionItem], kind: VehicleKind, voice: Voice
) -> Iterator[Difference]:
    """Numbers in the sentences are those of the planned mission, home being 0."""
    if len(planned) != len(found):
        yield Difference(
            Part.MISSION, None, f"There are {len(found)} items after home; {voice.counted} {len(planned)}."
        )
    for mine, theirs in _aligned(planned, found, kind):
        if mine is not None and theirs is not None:
            yield from _item_difference(mine, planned[mine], found[theirs], kind, voice)
        elif mine is not None:
            yield _of_item(mine, planned[mine], voice.missing)
        elif theirs is not None:
            yield _of_item(theirs, found[theirs], voice.surplus)


def _aligned(
    planned: Sequence[MissionItem], found: Sequence[MissionItem], kind: VehicleKind
) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of indices; None where one has nothing to set against the other."""
    if len(planned) == len(found) or max(len(planned), len(found)) > _ALIGNED_MOST:
        yield from zip_longest(range(len(planned)), range(len(found)))
        return
    matcher = SequenceMatcher(None, list(_item_rows(planned, kind)), list(_item_rows(found, kind)), autojunk=False)
    for _tag, first, last, other_first, other_last in matcher.get_opcodes():
        yield from zip_longest(range(first, last), range(other_first, other_last))


def _of_item(index: int, item: MissionItem, sentence: str) -> Difference:
    return Difference(Part.MISSION, index + 1, f"Item {index + 1} ({name_of(item)}) {sentence}.")


def _item_difference(
    index: int, planned: MissionItem, found: MissionItem, kind: VehicleKind, voice: Voice
) -> Iterator[Difference]:
    one, other = as_stored(planned, kind), as_stored(found, kind)
    if one.command != other.command:
        yield _of_item(index, planned, f"is a {name_of(found)} {voice.there}")
        return
    if has_place(one.command):
        if (one.x, one.y) != (other.x, other.y):
            away = distance_m(place_of(one), place_of(other))
            yield _of_item(index, planned, f"lies {away:.2f} m away from its place")
        if one.frame != other.frame:
            sentence = f"has its altitude {_reference(other.frame)}, {voice.wanted} {_reference(one.frame)}"
            yield _of_item(index, planned, sentence)
        if not _same(one.z, other.z) and not abs(planned.z - found.z) <= ALTITUDE_M:
            yield _of_item(index, planned, f"is at {found.z:.2f} m, {voice.wanted} {planned.z:.2f} m")
    else:
        for number, (mine, theirs) in enumerate(
            zip((one.x, one.y, one.z), (other.x, other.y, other.z), strict=True), 5
        ):
            if not _same(mine, theirs):
                yield _of_item(index, planned, f"has {theirs:g} as parameter {number}, {voice.wanted} {mine:g}")
    for number, (mine, theirs) in enumerate(zip(one.params, other.params, strict=True), 1):
        if not _same(mine, theirs):
            yield _of_item(index, planned, _parameter(one.command, number, (mine, theirs), voice))


_MEANINGS = {
    (int(Command.NAV_WAYPOINT), 1): ("holds for", "s"),
    (int(Command.NAV_LOITER_TIME), 1): ("stays for", "s"),
    (int(Command.NAV_LOITER_TURNS), 1): ("makes", "turns"),
    (int(Command.NAV_DELAY), 1): ("waits", "s"),
    (int(Command.CONDITION_DELAY), 1): ("waits", "s"),
    (int(Command.DO_CHANGE_SPEED), 2): ("sets", "m/s"),
    (int(Command.DO_SET_CAM_TRIGG_DIST), 1): ("triggers every", "m"),
    (int(Command.DO_JUMP), 1): ("jumps to item", ""),
    (int(Command.DO_JUMP), 2): ("jumps", "times"),
}


def _parameter(command: int, number: int, values: tuple[float, float], voice: Voice) -> str:
    """A parameter's difference by its meaning, where that is known."""
    planned, found = values
    verb, unit = _MEANINGS.get((command, number), ("", ""))
    if not verb:
        return f"has {found:g} as parameter {number}, {voice.wanted} {planned:g}"
    return f"{verb} {found:g} {unit}".rstrip() + f", {voice.wanted} {planned:g} {unit}".rstrip()


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _reference(frame: int) -> str:
    names = {
        int(Frame.GLOBAL): "above sea level",
        int(Frame.GLOBAL_RELATIVE_ALT): "above home",
        int(Frame.GLOBAL_TERRAIN_ALT): "above ground",
    }
    return names.get(frame, f"in frame {frame}")


def _fence_differences(planned: Fence, found: Fence, voice: Voice) -> Iterator[Difference]:
    for what, count, wanted in (
        ("polygons", len(found.polygons), len(planned.polygons)),
        ("circles", len(found.circles), len(planned.circles)),
    ):
        if count != wanted:
            yield Difference(Part.FENCE, None, f"The fence has {count} {what}; {voice.counted} {wanted}.")
    for index, (one, other) in enumerate(zip(planned.polygons, found.polygons, strict=False)):
        if sentence := _polygon_difference(one, other, voice):
            yield Difference(Part.FENCE, index, f"Fence polygon {index} {sentence}.")
    for index, (circle, there) in enumerate(zip(planned.circles, found.circles, strict=False), len(planned.polygons)):
        if sentence := _circle_difference(circle, there, voice):
            yield Difference(Part.FENCE, index, f"Fence circle {index - len(planned.polygons)} {sentence}.")
    back, there_back = planned.return_point, found.return_point
    if (back is None) != (there_back is None) or (back and there_back and _e7(back) != _e7(there_back)):
        yield Difference(Part.FENCE, None, "The fence's return point is another one.")


def _polygon_difference(planned: FencePolygon, found: FencePolygon, voice: Voice) -> str | None:
    if planned.inclusion != found.inclusion:
        return f"keeps the vehicle {_side(found.inclusion)}, {voice.wanted} {_side(planned.inclusion)}"
    if len(planned.vertices) != len(found.vertices):
        return f"has {len(found.vertices)} vertices, {voice.wanted} {len(planned.vertices)}"
    for number, (one, other) in enumerate(zip(planned.vertices, found.vertices, strict=True)):
        if _e7(one) != _e7(other):
            return f"has vertex {number} {distance_m(one, other):.2f} m away from its place"
    return None


def _circle_difference(planned: FenceCircle, found: FenceCircle, voice: Voice) -> str | None:
    if planned.inclusion != found.inclusion:
        return f"keeps the vehicle {_side(found.inclusion)}, {voice.wanted} {_side(planned.inclusion)}"
    if _e7(planned.centre) != _e7(found.centre):
        return f"lies {distance_m(planned.centre, found.centre):.2f} m away from its place"
    if abs(planned.radius_m - found.radius_m) > RADIUS_M + single(planned.radius_m) * 1e-6:
        return f"has a radius of {found.radius_m:g} m, {voice.wanted} {planned.radius_m:g} m"
    return None


def _side(inclusion: bool) -> str:
    return "inside" if inclusion else "outside"


def _rally_differences(
    planned: Sequence[RallyPoint], found: Sequence[RallyPoint], voice: Voice
) -> Iterator[Difference]:
    if len(planned) != len(found):
        yield Difference(Part.RALLY, None, f"There are {len(found)} rally points; {voice.counted} {len(planned)}.")
    for index, (one, other) in enumerate(zip(planned, found, strict=False)):
        if _e7(one.position) != _e7(other.position):
            away = distance_m(one.position, other.position)
            yield Difference(Part.RALLY, index, f"Rally point {index} lies {away:.2f} m away from its place.")
        if math.trunc(one.altitude_home_m) != math.trunc(other.altitude_home_m):
            sentence = f"is at {other.altitude_home_m:g} m above home, {voice.wanted} {one.altitude_home_m:g} m"
            yield Difference(Part.RALLY, index, f"Rally point {index} {sentence}.")
