"""Missions of every kind that a file or a vehicle may hold, for hypothesis."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from missions.commands import GLOBE, NAMES, has_place, may_be_nan
from missions.items import Fence, FenceCircle, FencePolygon, Frame, Mission, MissionItem, RallyPoint
from missions.wire import from_e7
from planner.quantities import LonLat

E7_PLACES = st.builds(
    lambda lon, lat: LonLat(from_e7(lon), from_e7(lat)),
    st.integers(-1_800_000_000, 1_800_000_000),
    st.integers(-900_000_000, 900_000_000),
)
SINGLES = st.floats(width=32, allow_nan=False, allow_infinity=False)
HEIGHTS = st.floats(-400, 9000, width=32) | st.integers(0, 20_000).map(lambda cm: cm / 100)


NOT_IN_MISSIONS = {177, *range(5000, 5005), 5100}
"""Jumps need a place to go to; a list of fence or rally items alone is read as what it is."""


@st.composite
def items(draw: st.DrawFn, singles: st.SearchStrategy[float] = SINGLES) -> MissionItem:
    """One item that MAVLink can carry and files can hold."""
    command = draw(
        st.sampled_from(sorted(set(NAMES) - NOT_IN_MISSIONS))
        | st.integers(1, 65_535).filter(lambda c: c not in NOT_IN_MISSIONS)
    )
    if has_place(command):
        frame = draw(st.sampled_from([int(frame) for frame in Frame]))
    else:
        frame = draw(st.sampled_from([int(Frame.MISSION), int(Frame.GLOBAL), int(Frame.GLOBAL_RELATIVE_ALT), 1]))
    params = tuple(
        draw(singles | st.just(math.nan)) if may_be_nan(command, index) else draw(singles) for index in range(4)
    )
    if has_place(command) or frame in GLOBE:
        x, y = draw(st.integers(-900_000_000, 900_000_000)), draw(st.integers(-1_800_000_000, 1_800_000_000))
    else:
        x, y = draw(st.integers(-(2**31) + 1, 2**31 - 1)), draw(st.integers(-(2**31) + 1, 2**31 - 1))
    if command in (202, 203, 205, 1000, 42702, 42703):
        x, y = draw(st.integers(0, 255)), draw(st.integers(0, 255))
    return MissionItem(command, frame, params, x, y, draw(HEIGHTS), draw(st.booleans()))  # type: ignore[arg-type]


HOMES = st.builds(
    lambda place, z: MissionItem(16, 0, x=round(place.lat * 1e7), y=round(place.lon * 1e7), z=z), E7_PLACES, HEIGHTS
)
POLYGONS = st.builds(FencePolygon, st.lists(E7_PLACES, min_size=3, max_size=9).map(tuple), st.booleans())
CIRCLES = st.builds(FenceCircle, E7_PLACES, st.floats(0.5, 1e5, width=32), st.booleans())
FENCES = st.builds(
    Fence,
    st.lists(POLYGONS, max_size=4).map(tuple),
    st.lists(CIRCLES, max_size=3).map(tuple),
    st.none() | E7_PLACES,
)
RALLIES = st.lists(st.builds(RallyPoint, E7_PLACES, st.floats(0, 1000, width=32)), max_size=5).map(tuple)


@st.composite
def missions(draw: st.DrawFn) -> Mission:
    """A mission with home, items with jumps to real items, fence and rally points."""
    rest = draw(st.lists(items(), max_size=12))
    for index in draw(st.lists(st.integers(0, len(rest)), max_size=2)):
        target = draw(st.integers(1, max(1, len(rest))))
        rest.insert(index, MissionItem(177, 2, (float(target), 3.0, 0.0, 0.0)))
    return Mission((draw(HOMES), *rest), draw(FENCES), draw(RALLIES))


def plain(mission: Mission) -> tuple[object, ...]:
    """A mission in which NaN equals NaN."""
    rows = [
        (
            *(int(item.command), int(item.frame), item.x, item.y, item.z, item.autocontinue),
            *(str(value) if math.isnan(value) else value for value in item.params),
        )
        for item in mission.items
    ]
    return rows, mission.fence, mission.rally
