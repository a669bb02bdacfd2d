"""Changing a drawing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from planner.errors import GeometryError
from planner.quantities import LonLat
from planner.site import Area, Launch, SafePoint, Site, Zone, ZoneKind
from qyran.tui.editing.corners import (
    Corner,
    Draft,
    Of,
    begin,
    close,
    corners_of,
    extend,
    insert,
    move,
    place_launch,
    remove,
    remove_thing,
)
from qyran.tui.editing.faults import faults_of
from qyran.tui.editing.history import History

OUTLINE = [(76.90, 43.20), (76.92, 43.20), (76.92, 43.22), (76.90, 43.22)]
HOLE = [(76.905, 43.205), (76.910, 43.205), (76.910, 43.210)]
FAR = [(76.95, 43.20), (76.96, 43.20), (76.96, 43.21)]
SITE = Site(
    areas=(Area("a", MultiPolygon([(OUTLINE, [HOLE]), (FAR, [])])),),
    zones=(Zone("z", ZoneKind.KEEP_OUT, Polygon(FAR)),),
    launches=(Launch("home", LonLat(76.89, 43.19)),),
    safe_points=(SafePoint("safe", LonLat(76.88, 43.19)),),
)
DRAFT = Draft(SITE)
PLACE = LonLat(76.911, 43.199)


def corners(draft: Draft) -> list[Corner]:
    return [corner for corner in corners_of(draft)[0] if not corner.between]


def test_every_corner_and_middle_can_be_taken_hold_of():
    """A corner that is not listed could not be moved."""
    found, places = corners_of(DRAFT)
    assert len(found) == len(places)
    assert sum(not one.between for one in found) == 4 + 3 + 3 + 3 + 2
    assert sum(one.between for one in found) == 4 + 3 + 3 + 3
    middle = found.index(Corner(Of.AREA, "a", 0, 0, 3, between=True))
    assert np.allclose(places[middle], (76.90, 43.21))


@given(st.integers(0, 14), st.floats(76.8, 77.0), st.floats(43.1, 43.3))
def test_moving_a_corner_moves_it_and_nothing_else(number, lon, lat):
    """An edit would change something else on the map, or the drawing before it."""
    corner = corners(DRAFT)[number]
    moved = move(DRAFT, corner, LonLat(lon, lat))
    _, before = corners_of(DRAFT)
    names, after = corners_of(moved)
    changed = {name for name, one, other in zip(names, before, after, strict=True) if not np.array_equal(one, other)}
    assert {name for name in changed if not name.between} <= {corner}
    assert np.allclose(after[names.index(corner)], (lon, lat), atol=0)
    assert DRAFT.site is SITE


def test_pulling_a_middle_makes_a_corner_there():
    """A side could not be bent."""
    side = Corner(Of.AREA, "a", 0, 1, 2, between=True)
    changed, new = insert(DRAFT, side, PLACE)
    assert new == Corner(Of.AREA, "a", 0, 1, 3)
    names, places = corners_of(changed)
    assert tuple(places[names.index(new)]) == PLACE
    assert len(corners(changed)) == len(corners(DRAFT)) + 1
    assert changed.site == move(DRAFT, side, PLACE).site


def test_an_outline_keeps_three_corners():
    """Deleting once too often would leave something that is no polygon."""
    with pytest.raises(GeometryError, match="needs 3 corners"):
        remove(DRAFT, Corner(Of.AREA, "a", 1, 0, 0))


def test_a_hole_goes_with_its_third_last_corner():
    """A hole could never be got rid of."""
    changed = remove(DRAFT, Corner(Of.AREA, "a", 0, 1, 0))
    assert len(changed.site.areas[0].shape.geoms[0].interiors) == 0
    assert changed.site == remove_thing(DRAFT, Corner(Of.AREA, "a", 0, 1, 2)).site


@pytest.mark.parametrize(
    ("corner", "left"),
    [
        (Corner(Of.AREA, "a"), (0, 1, 1, 1)),
        (Corner(Of.ZONE, "z"), (1, 0, 1, 1)),
        (Corner(Of.LAUNCH, "home"), (1, 1, 0, 1)),
        (Corner(Of.SAFE_POINT, "safe"), (1, 1, 1, 0)),
    ],
)
def test_a_whole_thing_can_be_removed(corner, left):
    """What was drawn by mistake would stay."""
    site = remove_thing(DRAFT, corner).site
    assert (len(site.areas), len(site.zones), len(site.launches), len(site.safe_points)) == left


def test_an_outline_is_drawn_corner_by_corner():
    """Nothing new could be drawn."""
    draft = begin(Draft(Site(areas=())), None)
    for place in OUTLINE[:2]:
        draft = extend(draft, LonLat(*place))
    assert extend(draft, LonLat(*OUTLINE[1])) is draft
    with pytest.raises(GeometryError, match="this one has 2"):
        close(draft)
    draft, name = close(extend(draft, LonLat(*OUTLINE[2])))
    assert draft.sketch is None
    assert [area.id for area in draft.site.areas] == [name] == ["area-1"]
    zoned, second = close(drawing(FAR, draft, ZoneKind.KEEP_OUT))
    assert second == "keep_out-1"
    assert zoned.site.zones[0].kind is ZoneKind.KEEP_OUT


def drawing(places: list[tuple[float, float]], draft: Draft, zone: ZoneKind | None) -> Draft:
    draft = begin(draft, zone)
    for place in places:
        draft = extend(draft, LonLat(*place))
    return draft


def test_ids_stay_unique():
    """The project's file could not be read again: two features of one name."""
    site = Site(areas=(Area("area-1", Polygon(OUTLINE)),), launches=(Launch("area-2", PLACE),))
    _, name = close(drawing(FAR, Draft(site), None))
    assert name == "area-3"


def test_the_launch_moves_or_is_made():
    """There would be no place to start from."""
    assert place_launch(DRAFT, PLACE).site.launches == (Launch("home", PLACE),)
    assert place_launch(Draft(Site(areas=())), PLACE).site.launches == (Launch("launch-1", PLACE),)


def test_a_crossing_is_named_with_its_place():
    """A bow-tie would look like any other area until the plan fails."""
    bow = Polygon([OUTLINE[0], OUTLINE[2], OUTLINE[1], OUTLINE[3]])
    (fault,) = faults_of(Site(areas=(Area("bow", bow, "Park"),)))
    assert fault.sentence == "Park crosses itself"
    assert fault.place == pytest.approx((76.91, 43.21))
    assert faults_of(SITE) == ()


@given(st.lists(st.sampled_from(["do", "undo", "redo"]), max_size=60))
def test_steps_back_and_forth_end_where_they_should(steps):
    """Undo would lose work. Model: a list of values and a place in it."""
    history, values, at, counter = History(0), [0], 0, 0
    for step in steps:
        if step == "do":
            counter += 1
            history.do(counter)
            values, at = [*values[: at + 1], counter], at + 1
        elif step == "undo":
            assert history.undo() is (at > 0)
            at = max(at - 1, 0)
        else:
            assert history.redo() is (at + 1 < len(values))
            at = min(at + 1, len(values) - 1)
        assert history.now == values[at]
        assert history.can_undo is (at > 0)
        assert history.can_redo is (at + 1 < len(values))
