"""The proof of return holds against plain code that flies every way home metre by metre."""

import itertools
import math
import random

import numpy as np
import pytest
import shapely

from planner.forecast import homeward_wh
from planner.returning import (
    Barrier,
    Refuge,
    clearance_m,
    crosses,
    cut,
    needed_wh,
    returns_of,
    stopping_m,
)
from planner.vehicles import VehicleProfile

ROUTES = 1000
PROFILE = VehicleProfile()


def box_of(rng, reach):
    """A turned rectangle, and its four corners in order."""
    east, north = rng.uniform(-reach, reach), rng.uniform(-reach, reach)
    width, depth, turn = rng.uniform(1, 120), rng.uniform(1, 120), rng.uniform(0, math.pi)
    corners = []
    for across, along in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = across * width / 2, along * depth / 2
        corners.append(
            (east + x * math.cos(turn) - y * math.sin(turn), north + x * math.sin(turn) + y * math.cos(turn))
        )
    return corners


def inside(corners, point):
    """Whether a point lies in a convex polygon that is drawn anticlockwise, by the signs of four cross products."""
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) < 0:
            return False
    return True


def autopilot_choice(place, home, rallies, profile):
    """AP_Rally's choice, read off its own lines: the nearest rally point, unless too far, unless home is nearer."""
    nearest = None
    for rally in rallies:
        if nearest is None or math.dist(place, rally[:2]) < math.dist(place, nearest[:2]):
            nearest = rally
    if nearest is None:
        return (*home, 0.0)
    if profile.rally_limit_m > 0 and math.dist(place, nearest[:2]) > profile.rally_limit_m:
        return (*home, 0.0)
    if profile.rally_include_home and math.dist(place, home) <= math.dist(place, nearest[:2]):
        return (*home, 0.0)
    return nearest


def return_top(height, away, asked, profile):
    """ModeRTL's return height, read off its own lines."""
    least = max(0.3, height + profile.return_climb_m)
    top = max(asked, profile.return_altitude_m, least)
    if profile.return_cone_slope >= 0.5:
        top = min(top, max(away * profile.return_cone_slope, least))
    return top


def passes(corners, start, end):
    """Whether a straight line goes through a convex polygon drawn anticlockwise: clipped by each side in turn."""
    first, last = 0.0, 1.0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        before = (bx - ax) * (start[1] - ay) - (by - ay) * (start[0] - ax)
        after = (bx - ax) * (end[1] - ay) - (by - ay) * (end[0] - ax)
        if before < 0 and after < 0:
            return False
        if before < 0:
            first = max(first, before / (before - after))
        elif after < 0:
            last = min(last, before / (before - after))
    return first <= last


def oracle_crosses(flight, barrier, step=2.0):
    """Whether some straight way home passes through the box, tried from a place every two metres of the route."""
    way, heights, home, rallies, profile = flight
    corners, floor, ceiling = barrier
    for leg in range(len(way) - 1):
        a, b, length = way[leg], way[leg + 1], math.dist(way[leg], way[leg + 1])
        tries = max(1, math.ceil(length / step))
        for number in range(tries + 1):
            share = number / tries
            place = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
            height = heights[leg] + share * (heights[leg + 1] - heights[leg])
            goal = autopilot_choice(place, home, rallies, profile)
            top = return_top(height, math.dist(place, goal[:2]), goal[2], profile)
            if floor <= top and ceiling >= height and inside(corners, place):
                return True
            if floor <= top and ceiling >= 0 and inside(corners, goal[:2]):
                return True
            if floor <= top <= ceiling and passes(corners, place, goal[:2]):
                return True
    return False


def scenario(seed):
    """A random route with home, rally points and one barrier, sometimes near the way home and sometimes not."""
    rng = random.Random(seed)
    reach = rng.choice((80.0, 250.0, 900.0))
    count = rng.randint(2, 6)
    way = [(rng.uniform(-reach, reach), rng.uniform(-reach, reach)) for _ in range(count)]
    level = rng.uniform(5, 100)
    heights = [level + (rng.uniform(-4, 40) if rng.random() < 0.3 else 0.0) for _ in way]
    rallies = [
        (rng.uniform(-reach, reach), rng.uniform(-reach, reach), float(rng.choice((0, 15, 60))))
        for _ in range(rng.choice((0, 0, 1, 3)))
    ]
    home = (rng.uniform(-reach, reach), rng.uniform(-reach, reach))
    floor = rng.choice((-math.inf, -math.inf, rng.uniform(0, 100)))
    ceiling = floor + rng.uniform(5, 60) if rng.random() < 0.4 and math.isfinite(floor) else math.inf
    profile = VehicleProfile(
        return_altitude_m=rng.choice((15.0, 40.0, 80.0)),
        rally_limit_m=rng.choice((0.0, 300.0, 100.0)),
        rally_include_home=rng.random() < 0.7,
        return_cone_slope=rng.choice((0.0, 3.0)),
        return_climb_m=rng.choice((0.0, 0.0, 10.0)),
    )
    return way, heights, home, rallies, (box_of(rng, reach), floor, ceiling), profile


def ways_of(flight):
    way, heights, home, rallies, profile = flight
    places = (Refuge(home, is_home=True), *(Refuge(rally[:2], rally[2]) for rally in rallies))
    pieces = cut(np.array(way), np.array(heights), np.full(len(way), 10.0), profile)
    return returns_of(pieces, places, profile)


def test_no_way_home_through_a_zone_is_passed_on_a_thousand_random_routes():
    """A false pass here would send a drone that lost its link through a place where it must not be."""
    dangerous = flagged = alarms = 0
    for seed in range(ROUTES):
        way, heights, home, rallies, (corners, floor, ceiling), profile = scenario(seed)
        flight = way, heights, home, rallies, profile
        found = bool(crosses(ways_of(flight), Barrier(shapely.Polygon(corners), floor, ceiling)).any())
        true = oracle_crosses(flight, (corners, floor, ceiling))
        assert found or not true, f"route {seed}: the oracle crosses, the proof passes"
        dangerous, flagged, alarms = dangerous + true, flagged + found, alarms + (found and not true)
    assert 200 < dangerous < 800, "the routes are of both kinds"
    assert alarms <= 0.1 * ROUTES, f"{alarms} of {flagged} warnings are false: nobody would heed them"


@pytest.mark.parametrize("wind", [0.0, 6.0])
def test_no_place_short_of_energy_is_passed(wind):
    """A false pass here would let a drone come down with its battery empty, between two waypoints."""
    for seed in range(30):
        way, heights, home, rallies, _, profile = scenario(seed)
        heights = [heights[0]] * len(way)
        ways = ways_of((way, heights, home, rallies, profile))
        used = np.linspace(0, 40, len(way))
        told = float(needed_wh(ways, used, profile, wind_mps=wind).max())
        places, spent, goals = [], [], []
        for leg in range(len(way) - 1):
            for share in np.linspace(0, 1, 24):
                place = tuple(way[leg][axis] + share * (way[leg + 1][axis] - way[leg][axis]) for axis in (0, 1))
                places.append(place)
                spent.append(used[leg] + share * (used[leg + 1] - used[leg]))
                goals.append(autopilot_choice(place, home, rallies, profile))
        goals = np.array(goals)
        tops = np.maximum(np.maximum(goals[:, 2], profile.return_altitude_m), heights[0] + profile.return_climb_m)
        back = homeward_wh(
            np.full(len(places), heights[0]), goals[:, :2] - np.array(places), profile, wind_mps=wind, tops=tops
        )
        true = float((np.array(spent) + back).max())
        assert told >= true - 1e-6, f"route {seed}: {true:.3f} Wh are needed, {told:.3f} told"
        assert told <= true * 1.02 + 1.5, f"route {seed}: {told:.2f} Wh told for {true:.2f}"


def test_a_mast_between_two_places_of_the_route_is_seen():
    """Places every ten metres would leave gaps a wire could stand in; whole pieces leave none."""
    ways = ways_of(([(-500.0, 300.0), (500.0, 300.0)], [60.0, 60.0], (0.0, 0.0), [], PROFILE))
    mast = Barrier(shapely.Point(37.123, 150.0).buffer(0.05))
    assert crosses(ways, mast).sum() >= 1


def test_the_way_sets_out_from_where_the_drone_comes_to_rest():
    """A drone at 10 m/s flies on for 21 m before it turns home: its way home begins there."""
    assert stopping_m(10.0, PROFILE) == pytest.approx(1.25 + 100 / 5)
    assert stopping_m(1.0, PROFILE) == pytest.approx(1.0)
    way = [(0.0, 100.0), (200.0, 100.0)]
    behind = Barrier(shapely.box(110.5, 20, 112, 99))
    ways = ways_of((way, [40.0, 40.0], (120.0, 0.0), [], PROFILE))
    assert not crosses(ways, Barrier(shapely.box(210, 0, 220, 90))).any()
    assert crosses(ways, behind).any()
    assert ways.pieces.rests[0] == pytest.approx((10 + 21.25, 100))
    assert ways.pieces.rests[-1] == pytest.approx((200, 100))


def test_ground_below_every_way_is_looked_at():
    """A hill between the route and home would stop the drone, though route and home lie clear of it."""

    def hill(shapes):
        return np.where(shapely.intersects(shapely.Point(0, 50).buffer(5), shapes), 35.0, 0.0)

    ways = ways_of(([(-30.0, 100.0), (30.0, 100.0)], [40.0, 40.0], (0.0, 0.0), [], PROFILE))
    room = clearance_m(ways, hill)
    assert room.min() == pytest.approx(5.0)
    away = ways_of(([(100.0, 0.0), (130.0, 0.0)], [40.0, 40.0], (0.0, 0.0), [], PROFILE))
    assert clearance_m(away, hill).min() == pytest.approx(40.0)


def test_no_place_short_of_energy_is_passed_over_hills():
    """Heights that are told apart in steps only would hide what the climb to the return altitude costs."""
    for seed in range(12):
        rng = random.Random(5000 + seed)
        way = [(rng.uniform(-900, 900), rng.uniform(-900, 900)) for _ in range(6)]
        heights = [rng.uniform(-60, 160) for _ in way]
        profile = VehicleProfile(return_altitude_m=rng.choice((30.0, 120.0)), return_cone_slope=0.0)
        ways, used = ways_of((way, heights, (0.0, 0.0), [], profile)), np.linspace(0, 40, len(way))
        told = float(needed_wh(ways, used, profile, wind_mps=4.0).max())
        share = np.linspace(0, 1, 24)
        places = np.concatenate([np.array(a) + share[:, None] * (np.array(b) - a) for a, b in itertools.pairwise(way)])
        levels = np.concatenate([a + share * (b - a) for a, b in itertools.pairwise(heights)])
        spent = np.concatenate([a + share * (b - a) for a, b in itertools.pairwise(used)])
        tops = np.maximum(profile.return_altitude_m, levels)
        true = float((spent + homeward_wh(levels, -places, profile, wind_mps=4.0, tops=tops)).max())
        assert told >= true - 1e-6, f"route {seed}: {true:.3f} Wh are needed, {told:.3f} told"
        assert told <= true * 1.05 + 2.5, f"route {seed}: {told:.2f} Wh told for {true:.2f}"
