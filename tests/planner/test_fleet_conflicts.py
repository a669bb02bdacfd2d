"""Plans kept apart: conflicts against fine sampling and injected crossings, and what separates them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import SettingError
from planner.fleet import Apart, Layers, TimedPath, find_conflicts, separate
from planner.fleet.separate import near_shares

APART = Apart(across_m=30.0, in_height_m=10.0)


def flight(begin: float, *points: tuple[float, float, float], speed: float = 10.0) -> TimedPath:
    at = np.array(points, dtype=float)
    legs = np.linalg.norm(np.diff(at, axis=0), axis=1)
    return TimedPath(begin + np.concatenate([[0], np.cumsum(legs / speed)]), at)


def wandering(chance: np.random.Generator, legs: int = 12, size: float = 300.0) -> TimedPath:
    points = chance.uniform([0, 0, 20], [size, size, 60], (legs + 1, 3))
    return TimedPath(chance.uniform(0, 60) + np.cumsum(chance.uniform(2, 40, legs + 1)), points)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_conflicts_are_those_that_fine_sampling_sees(seed: int) -> None:
    """Two drones would be sent through the same place at the same time."""
    chance = np.random.default_rng(seed)
    plans = [wandering(chance) for _ in range(4)]
    found = find_conflicts(plans, APART)
    for first, second in itertools.combinations(range(4), 2):
        one, two = plans[first], plans[second]
        begin, end = max(one.t_s[0], two.t_s[0]), min(one.t_s[-1], two.t_s[-1])
        here = [c for c in found if (c.first, c.second) == (first, second)]
        if end <= begin:
            assert not here
            continue
        times = np.linspace(begin, end, 20_001)
        gap = one.at(times) - two.at(times)
        across, height = np.hypot(gap[:, 0], gap[:, 1]), np.abs(gap[:, 2])
        inside = np.zeros(len(times), dtype=bool)
        for c in here:
            inside |= (times >= c.begin_s) & (times <= c.end_s)
            assert c.across_m < 30
            assert c.in_height_m <= 10 + 1e-6
            during = (times >= c.begin_s) & (times <= c.end_s)
            assert c.across_m <= across[during].min(initial=np.inf) + 1e-6
        clear = (across < 30 - 1e-3) & (height < 10 - 1e-3)
        assert inside[clear].all()
        assert not inside[(across > 30 + 1e-3) | (height > 10 + 1e-3)].any()


def test_a_pass_shorter_than_any_sampling_is_found() -> None:
    """A fast crossing between two samples would be missed: exact, not sampled."""
    one = flight(0, (-1000, 0, 50), (1000, 0, 50), speed=50)
    two = flight(0, (0, -1000, 50), (0, 1000, 50), speed=50)
    found = find_conflicts([one, two], Apart(0.02, 1.0))
    assert len(found) == 1
    assert found[0].closest_s == pytest.approx(20.0)
    assert found[0].end_s - found[0].begin_s == pytest.approx(2 * 0.02 / (50 * 2**0.5), rel=1e-3)


def test_plans_that_just_keep_apart_are_no_conflict() -> None:
    """Two lanes exactly as far apart as asked for would be reported."""
    one, two = flight(0, (0, 0, 50), (500, 0, 50)), flight(0, (0, 30, 50), (500, 30, 50))
    above = flight(0, (0, 0, 60), (500, 0, 60))
    assert find_conflicts([one, two], APART) == ()
    assert find_conflicts([one, above], APART) == ()
    assert len(find_conflicts([one, flight(0, (0, 29.9, 50), (500, 29.9, 50))], APART)) == 1


def test_all_of_an_injected_set_are_found_and_nothing_else() -> None:
    """Of fifty sorties over a district one meeting in the air would slip through."""
    chance = np.random.default_rng(4)
    plans = [
        flight(0, *[(1000.0 * k + x, y, 50.0) for y in range(0, 600, 40) for x in ((0, 500) if y % 80 else (500, 0))])
        for k in range(50)
    ]
    assert find_conflicts(plans, APART) == ()
    wanted = set()
    for k in range(1, 50, 3):
        target = float(chance.uniform(plans[k].t_s[1], plans[k].t_s[-2]))
        meet = plans[k].at(np.array([target]))[0]
        way = np.array([0.0, 0.0, 1.0])  # comes from straight above, goes on straight down
        plans[k - 1] = TimedPath(np.array([target - 3, target + 3]), np.array([meet + 60 * way, meet - 40 * way]))
        wanted.add((k - 1, k))
    assert {(c.first, c.second) for c in find_conflicts(plans, APART)} == wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_near_stretches_hold_all_near_points(seed: int) -> None:
    """A delay would be called free although two drones still meet."""
    chance = np.random.default_rng(seed)
    one, two = chance.uniform(-50, 50, (2, 1, 2, 2))
    if seed % 5 == 0:
        two[0, 1] = two[0, 0]  # a climb on the spot
    low, high = near_shares(one, two, 20.0)
    for share in np.linspace(0, 1, 201):
        at = one[0, 0] + share * (one[0, 1] - one[0, 0])
        axis = two[0, 1] - two[0, 0]
        u = np.clip(np.dot(at - two[0, 0], axis) / max(np.dot(axis, axis), 1e-12), 0, 1)
        away = np.hypot(*(two[0, 0] + u * axis - at))
        if away < 20 - 1e-6:
            assert low[0] - 1e-9 <= share <= high[0] + 1e-9
        elif away > 20 + 1e-6:
            assert not low[0] < share < high[0]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 3))
def test_separated_plans_have_no_conflict(seed: int, layers: int) -> None:
    """Plans called apart would still meet."""
    chance = np.random.default_rng(seed)
    plans = [wandering(chance) for _ in range(6)]
    answer = separate(plans, APART, layers=Layers(layers), longest_delay_s=1e6)
    assert answer.left == ()
    assert find_conflicts(answer.plans, APART) == ()
    assert answer.delays_s[0] == answer.raises_m[0] == 0
    for plan, moved, delay, up in zip(plans, answer.plans, answer.delays_s, answer.raises_m, strict=True):
        assert delay >= 0
        assert moved.t_s[0] == pytest.approx(plan.t_s[0] + delay)
        assert moved.points[1:-1] == pytest.approx(plan.points[1:-1] + np.array([0, 0, up]))


def test_the_least_delay_that_helps_is_taken() -> None:
    """A sortie would wait for minutes where seconds are enough."""
    one = flight(0, (-300, 0, 50), (300, 0, 50))
    two = flight(0, (0, -300, 50), (0, 300, 50))
    answer = separate([one, two], APART)
    # Crossing at right angles at 10 m/s: 30 m apart at the closest needs 3 · √2 s; whole stretches count: at most 6 s.
    assert 3 * 2**0.5 <= answer.delays_s[1] <= 6.0 + 1e-6
    assert answer.left == ()


def test_where_they_must_cross_a_layer_is_taken() -> None:
    """Two drones that hold the same place would wait for each other for ever."""
    one = TimedPath(np.array([0.0, 20, 1000, 1020]), np.array([(0, 0, 0), (0, 0, 50), (0, 0, 50), (0, 0, 0.0)]))
    two = TimedPath(np.array([100.0, 120, 200, 220]), np.array([(90, 0, 0), (90, 0, 50), (-90, 0, 50), (-90, 0, 0.0)]))
    answer = separate([one, two], APART, layers=Layers(2, step_m=15), longest_delay_s=600)
    assert answer.raises_m == (0.0, 15.0)
    assert answer.delays_s[1] == 0.0
    stuck = separate([one, two], APART, longest_delay_s=600)
    assert stuck.delays_s[1] == 0.0
    assert len(stuck.left) == 1


def test_senseless_paths_are_refused() -> None:
    """A plan whose clock goes backwards would be checked as if it were whole."""
    with pytest.raises(SettingError):
        TimedPath(np.array([0.0, 0.0]), np.zeros((2, 3)))
    with pytest.raises(SettingError):
        TimedPath(np.array([0.0, 1.0]), np.full((2, 3), np.nan))
    with pytest.raises(SettingError):
        Apart(0, 1)
