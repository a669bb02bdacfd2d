"""Ways in free space."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from planner.errors import GeometryError, PlanError
from planner.paths import FreeSpace

ROOM = box(0, 0, 100, 100).difference(box(40, 20, 60, 80))


def outside_m(space: shapely.Geometry, way: np.ndarray) -> float:
    return float(shapely.LineString(way).difference(space.buffer(1e-6)).length)


def test_what_sees_each_other_is_joined_by_a_straight_line() -> None:
    way = FreeSpace(ROOM).path((10, 10), (90, 10))
    assert way.tolist() == [[10, 10], [90, 10]]


def test_a_way_around_a_block_touches_its_corners_and_is_as_long_as_by_hand() -> None:
    """From the middle of one side to the other: up 30 m over 30 m, 20 m along, and down again."""
    space = FreeSpace(ROOM)
    way = space.path((10, 50), (90, 50))
    assert len(way) == 4
    assert space.distance((10, 50), (90, 50)) == pytest.approx(2 * math.hypot(30, 30) + 20, abs=0.05)
    assert outside_m(ROOM, way) == 0.0


def test_fewer_corners_win_when_corners_cost() -> None:
    """A block round above and square below: over the top is shorter, but bends all the time; below it bends twice."""
    turn = np.linspace(0, np.pi, 13)
    top = np.stack([50 * np.cos(turn), 50 * np.sin(turn)], axis=1)
    block = Polygon([*top.tolist(), (-50, -60), (50, -60)])
    space = FreeSpace(box(-200, -200, 200, 200).difference(block))
    short, calm = space.path((-60, 0), (60, 0)), space.path((-60, 0), (60, 0), corner_m=100.0)
    assert short[:, 1].max() > 45
    assert len(short) > 6
    assert calm[:, 1].min() == pytest.approx(-60, abs=0.05)
    assert len(calm) == 4


@pytest.mark.parametrize("gap_m", [10.0, 0.05, 0.015, 0.001])
def test_a_drone_finds_its_way_through_a_neck_of_any_width(gap_m: float) -> None:
    rooms = shapely.union_all([box(0, 0, 50, 50), box(49, 20, 81, 20 + gap_m), box(80, 0, 130, 50)])
    way = FreeSpace(rooms).path((10, 10), (120, 40))
    assert outside_m(rooms, way) == 0.0


def test_holes_that_touch_are_no_gate() -> None:
    wall = shapely.union_all([Polygon([(0, 50), (50, 40), (50, 60)]), Polygon([(50, 40), (50, 60), (95, 50)])])
    space = box(0, 0, 100, 100).difference(wall)
    way = FreeSpace(space).path((20, 20), (20, 80))
    assert way[:, 0].max() > 95.0
    assert outside_m(space, way) == 0.0


def test_a_start_outside_is_refused_with_its_place() -> None:
    with pytest.raises(PlanError, match=r"start \(50\.0, 50\.0\) m lies 10\.0 m outside"):
        FreeSpace(ROOM).path((50, 50), (10, 10))


def test_parts_without_a_way_between_are_refused() -> None:
    with pytest.raises(PlanError, match="different parts"):
        FreeSpace(MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])).path((5, 5), (25, 5))


def test_an_unusable_outline_is_refused() -> None:
    with pytest.raises(GeometryError, match="Self-intersection"):
        FreeSpace(Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))


def test_ends_on_the_border_are_kept_as_given() -> None:
    way = FreeSpace(ROOM).path((0, 50), (100, 100))
    assert way[0].tolist() == [0, 50]
    assert way[-1].tolist() == [100, 100]
    assert outside_m(ROOM, way) == 0.0


def _blocks(seed: int) -> Polygon:
    rng = np.random.default_rng(seed)
    space: shapely.Geometry = box(0, 0, 200, 200)
    for x, y, size, turn in rng.uniform((5, 5, 4, 0), (180, 180, 30, 90), (12, 4)):
        block = box(x, y, x + size, y + size)
        space = space.difference(shapely.affinity.rotate(block, turn))
    parts = [part for part in getattr(space, "geoms", [space]) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_ways_stay_inside_and_no_detour_is_shorter(seed: int) -> None:
    """Containment, symmetry and the triangle inequality, whatever stands in the way."""
    space = _blocks(seed)
    shapely.prepare(space)
    rng = np.random.default_rng(seed)
    spots = [tuple(p) for p in rng.uniform(0, 200, (60, 2)).tolist() if shapely.contains_xy(space, *p)][:3]
    free = FreeSpace(space)
    one, two, three = spots
    assert outside_m(space, free.path(one, two)) == 0.0
    assert free.distance(one, two) == pytest.approx(free.distance(two, one), abs=1e-6)
    assert free.distance(one, two) >= math.dist(one, two) - 1e-9
    assert free.distance(one, two) <= free.distance(one, three) + free.distance(three, two) + 0.1


def test_two_thousand_vertices_and_twenty_holes_are_no_burden() -> None:
    turn = np.linspace(0, 2 * np.pi, 1600, endpoint=False)
    radius = 1000 + 60 * np.sin(37 * turn) + 20 * np.sin(111 * turn)
    space: shapely.Geometry = Polygon(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1))
    for k in range(20):
        space = space.difference(
            shapely.Point(700 * math.cos(k * 0.3), 700 * math.sin(k * 0.3)).buffer(40, quad_segs=5)
        )
    assert isinstance(space, Polygon)
    free = FreeSpace(space)
    for angle in np.linspace(0, 6, 20):
        way = free.path((850 * math.cos(angle), 850 * math.sin(angle)), (-850.0, 5.0))
        assert outside_m(space, way) == 0.0
