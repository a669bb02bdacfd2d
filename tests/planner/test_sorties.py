"""A sweep cut into batteries."""

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import PlanError
from planner.forecast import forecast_local
from planner.geodesy import LocalFrame
from planner.paths import FreeSpace
from planner.patrol import Limits, Patrol, Sweep
from planner.quantities import LonLat
from planner.site import Area, Site
from planner.sorties import Chain, cut_into_sorties, items_of, joined
from planner.vehicles import VehicleProfile

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
SIDE = 1000.0
BOX = shapely.box(0, 0, SIDE, SIDE)
FREE = FreeSpace(BOX)


def patrol(battery_wh=99.9, items=650, reserve=0.25):
    site = Site((Area("a", FRAME.to_lonlat(BOX)),))
    vehicle = VehicleProfile(battery_wh=battery_wh, mission_items=items)
    return Patrol("p", site, Sweep(), vehicle, limits=Limits(battery_reserve=reserve))


def lanes(count=10, gap=90.0):
    points = []
    for number in range(count):
        ends = [(50.0, 50 + gap * number), (SIDE - 50, 50 + gap * number)]
        points += ends if number % 2 == 0 else ends[::-1]
    return Chain(np.array(points), np.array([leg % 2 == 0 for leg in range(2 * count - 1)]))


def looked(chains):
    """What the camera saw from, as lines."""
    lines = [
        shapely.LineString([a, b])
        for chain in chains
        for a, b, look in zip(chain.points, chain.points[1:], chain.looks, strict=False)
        if look
    ]
    return shapely.union_all(lines)


def energy(chain, order, at):
    count = len(chain.points)
    heights, speeds = np.full(count, order.pattern.altitude.metres), np.full(count, order.pattern.speed_mps)
    return forecast_local(chain.points - at, heights, speeds, np.zeros(count), order.vehicle, wind_mps=0).energy_wh


def test_one_battery_takes_all_when_it_can():
    """Without this a small patrol would be flown in pieces."""
    found = list(cut_into_sorties(lanes(2), FREE, (0.0, 0.0), patrol(), FRAME))
    assert len(found) == 1
    assert found[0].points[0].tolist() == found[0].points[-1].tolist() == [0, 0]
    assert looked(found).length == pytest.approx(1800)


def test_each_sortie_starts_where_the_last_one_stopped():
    """Without this a strip would go unseen, or be seen twice on expensive battery."""
    order = patrol()
    found = list(cut_into_sorties(lanes(), FREE, (500.0, 0.0), order, FRAME))
    assert len(found) > 1
    assert looked([lanes()]).difference(looked(found).buffer(0.01)).length == pytest.approx(0, abs=1e-3)
    assert sum(looked([chain]).length for chain in found) == pytest.approx(9000, abs=0.1)
    for one, two in itertools.pairwise(found):
        stop = one.points[np.flatnonzero(one.looks)[-1] + 1]
        start = two.points[np.flatnonzero(two.looks)[0]]
        assert math.dist(stop, start) < 91


def test_a_patrol_takes_as_few_batteries_as_it_can_and_shares_the_work_among_them():
    """Without this a patrol would take more batteries than it needs, or the last crew would fly out for one lane."""
    order = patrol()
    found = list(cut_into_sorties(lanes(), FREE, (500.0, 0.0), order, FRAME))
    used = [energy(chain, order, (500.0, 0.0)) / 99.9 for chain in found]
    assert max(used) <= 0.75
    assert len(found) == math.ceil(sum(used) / 0.75) == 3
    assert max(used) < 1.05 * sum(used) / len(used)


def test_a_place_too_far_for_one_battery_is_named_with_what_is_missing():
    """Without this the crew would not know whether to launch nearer or take another drone."""
    with pytest.raises(PlanError, match=r"43\.2\d+, 76\.9\d+.* Wh are missing \(\d+%") as caught:
        list(cut_into_sorties(lanes(), FREE, (0.0, 0.0), patrol(battery_wh=22), FRAME))
    assert "Launch nearer" in str(caught.value)


def test_more_items_than_the_vehicle_holds_make_more_sorties():
    """Without this a mission would be refused at upload."""
    order = patrol(battery_wh=2000, items=30)
    found = list(cut_into_sorties(lanes(), FREE, (0.0, 0.0), order, FRAME))
    assert len(found) > 1
    assert max(items_of(chain.looks) for chain in found) <= 30
    assert looked(found).length == pytest.approx(9000)
    with pytest.raises(PlanError, match="more items than the vehicle's 8"):
        list(cut_into_sorties(lanes(), FREE, (0.0, 0.0), patrol(battery_wh=2000, items=8), FRAME))


def test_progress_is_told_between_sorties():
    """Without this a long plan would look like a hung program."""
    told = []
    found = list(
        cut_into_sorties(
            lanes(), FREE, (0.0, 0.0), patrol(), FRAME, between=lambda number, share: told.append((number, share))
        )
    )
    assert [number for number, _ in told] == list(range(1, len(found) + 1))
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_ways_around_a_lake_are_flown_out_and_home():
    """Without this a sortie would cross the hole that its lanes avoid."""
    ring = BOX.difference(shapely.box(300, 300, 700, 700))
    chain = Chain(np.array([[300.0, 900.0], [700.0, 900.0]]), np.array([True]))
    (found,) = cut_into_sorties(chain, FreeSpace(ring), (500.0, 100.0), patrol(), FRAME)
    assert ring.buffer(1e-3).covers(shapely.LineString(found.points))


def test_points_that_repeat_are_left_out():
    """Without this a vehicle would be sent to where it already is, and stop there."""
    one = Chain(np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 0.0]]), np.array([False, True]))
    two = Chain(np.array([[5.0, 0.0], [5.0, 0.001], [9.0, 0.0]]), np.array([True, False]))
    found = joined([one, two])
    assert found.points.tolist() == [[0, 0], [5, 0], [9, 0]]
    assert found.looks.tolist() == [True, False]


@settings(max_examples=12, deadline=None)
@given(
    count=st.integers(1, 5),
    battery=st.floats(30, 150),
    reserve=st.floats(0, 0.5),
    at=st.tuples(st.floats(0, SIDE), st.floats(0, SIDE)),
)
def test_nothing_is_left_out_whatever_the_battery(count, battery, reserve, at):
    """Without this some battery size would skip a lane, or loop without end."""
    order = patrol(battery_wh=battery, reserve=reserve)
    try:
        found = list(cut_into_sorties(lanes(count), FREE, at, order, FRAME))
    except PlanError as error:
        assert "missing" in error.sentence
        return
    assert sum(looked([chain]).length for chain in found) == pytest.approx(900 * count, abs=0.5)
    for chain in found:
        assert energy(chain, order, at) <= battery * (1 - reserve)
        assert chain.points[0] == pytest.approx(at)
        assert chain.points[-1] == pytest.approx(at)
