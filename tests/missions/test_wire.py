"""Fence and rally points as mission items."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mission_strategies import FENCES, RALLIES

from missions.items import Command, Fence, FencePolygon, Frame, MissionItem, RallyPoint
from missions.wire import fence_from_items, fence_items, from_e7, rally_from_items, rally_items, to_e7
from planner.errors import FileFormatError
from planner.quantities import LonLat


@given(st.integers(-1_800_000_000, 1_800_000_000))
def test_degrees_keep_their_count(count: int) -> None:
    """A waypoint does not creep by a centimetre each time it is read and written."""
    assert to_e7(from_e7(count)) == count


@given(FENCES)
def test_a_fence_survives_the_wire(fence: Fence) -> None:
    """What the vehicle gives back is the fence that was drawn, polygon by polygon."""
    assert fence_from_items(fence_items(fence)) == fence


@given(RALLIES)
def test_rally_points_survive_the_wire(points: tuple[RallyPoint, ...]) -> None:
    """Safe points are where the pilot put them."""
    assert rally_from_items(rally_items(points)) == points


SQUARE = fence_items(
    Fence((FencePolygon((LonLat(76, 43), LonLat(77, 43), LonLat(77, 44), LonLat(76, 44)), inclusion=True),))
)
CIRCLE = MissionItem(Command.NAV_FENCE_CIRCLE_EXCLUSION, Frame.GLOBAL, (10.0, 0, 0, 0))
RETURN = MissionItem(Command.NAV_FENCE_RETURN_POINT, Frame.GLOBAL)


@pytest.mark.parametrize(
    ("items", "words", "about"),
    [
        (SQUARE[:3], "ends after 3", "fence item 2"),
        ((*SQUARE[:2], CIRCLE), "breaks off after 2", "fence item 2"),
        ((replace(SQUARE[0], params=(2.0, 0, 0, 0)),), "three vertices or more, not 2", "fence item 0"),
        ((replace(SQUARE[0], params=(3.5, 0, 0, 0)),), "not 3.5", "fence item 0"),
        ((replace(SQUARE[0], params=(float("nan"), 0, 0, 0)),), "not nan", "fence item 0"),
        ((replace(CIRCLE, params=(0.0, 0, 0, 0)),), "above zero", "fence item 0"),
        ((CIRCLE, replace(CIRCLE, params=(float("inf"), 0, 0, 0))), "above zero", "fence item 1"),
        ((RETURN, RETURN), "the second", "fence item 1"),
        ((MissionItem(16, Frame.GLOBAL),), "no part of a fence", "fence item 0"),
        ((replace(CIRCLE, frame=1),), "Frame 1", "fence item 0"),
        ((replace(CIRCLE, x=900_000_001),), "no place on the globe", "fence item 0"),
    ],
)
def test_a_broken_fence_names_the_item(items: tuple[MissionItem, ...], words: str, about: str) -> None:
    """A fence that is not whole is never taken for a smaller one."""
    with pytest.raises(FileFormatError, match=words) as caught:
        fence_from_items(items)
    assert caught.value.about == about


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (MissionItem(16, Frame.GLOBAL_RELATIVE_ALT), "no rally point"),
        (MissionItem(Command.NAV_RALLY_POINT, Frame.GLOBAL), "above home"),
        (MissionItem(Command.NAV_RALLY_POINT, 3, y=-1_800_000_001), "no place"),
    ],
)
def test_a_broken_rally_list_names_the_item(item: MissionItem, words: str) -> None:
    """An altitude above sea level is never taken for one above home."""
    with pytest.raises(FileFormatError, match=words):
        rally_from_items([item])
