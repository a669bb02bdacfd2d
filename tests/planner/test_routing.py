"""Patrols of many places: the tours asked for, against every possible tour and with all limits checked by hand."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import SettingError
from planner.routing import Drone, Visits, round_trip, shorten, visit

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).resolve().parents[3] / "shared"))
INSTANCES = SHARED / "bench" / "routing" / "instances"


def times_between(seed: int, count: int) -> np.ndarray:
    at = np.random.default_rng(seed).uniform(0, 100, (count, 2))
    return np.asarray(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)))


def check(
    answer: Visits, travel: np.ndarray, drones: list[Drone], stay: np.ndarray, windows: np.ndarray | None
) -> None:
    """Flies each tour step by step: what it says holds, and no limit is passed."""
    seen: list[int] = []
    for tour in answer.tours:
        who = drones[tour.drone]
        assert tour.leave_s >= who.from_s - 1e-6
        clock, here = tour.leave_s, who.start
        for place, arrive in zip(tour.places, tour.arrive_s, strict=True):
            clock += travel[here, place]
            assert arrive >= clock - 1e-6
            if windows is not None:
                assert windows[place, 0] - 1e-6 <= arrive <= windows[place, 1] + 1e-6
            clock, here = arrive + stay[place], place
        assert tour.back_s == pytest.approx(clock + travel[here, who.end])
        assert tour.duration_s <= who.limit_s + 1e-6
        assert tour.back_s <= who.until_s + 1e-6
        seen += tour.places
    assert len(seen) == len(set(seen))
    assert len({tour.drone for tour in answer.tours}) == len(answer.tours)


def best_prize(
    travel: np.ndarray, prizes: np.ndarray, drone: Drone, stay: np.ndarray, windows: np.ndarray | None
) -> float:
    """The most that one drone can bring: every order of every set of places tried, leaving at every useful time."""
    places = [p for p in range(len(prizes)) if p not in (drone.start, drone.end)]
    best = 0.0
    for count in range(1, len(places) + 1):
        for order in itertools.permutations(places, count):
            prize = float(prizes[list(order)].sum())
            if prize > best and feasible(travel, order, drone, stay, windows):
                best = prize
    return best


def feasible(
    travel: np.ndarray, order: tuple[int, ...], drone: Drone, stay: np.ndarray, windows: np.ndarray | None
) -> bool:
    leaves = [drone.from_s]
    if windows is not None:  # leaving later helps only to be at some place exactly when its window opens
        reach, here = 0.0, drone.start
        for place in order:
            reach += travel[here, place]
            leaves.append(max(drone.from_s, float(windows[place, 0]) - reach))
            reach, here = reach + stay[place], place
    return any(flies(travel, order, drone, (leave, stay, windows)) for leave in leaves)


def flies(
    travel: np.ndarray, order: tuple[int, ...], drone: Drone, when: tuple[float, np.ndarray, np.ndarray | None]
) -> bool:
    leave, stay, windows = when
    clock, here = leave, drone.start
    for place in order:
        clock += travel[here, place]
        if windows is not None:
            clock = max(clock, float(windows[place, 0]))
            if clock > windows[place, 1]:
                return False
        clock, here = clock + stay[place], place
    clock += travel[here, drone.end]
    return clock - leave <= drone.limit_s and clock <= drone.until_s


@pytest.mark.parametrize("seed", range(6))
def test_one_drone_brings_the_most_there_is(seed: int) -> None:
    """A pilot would leave prizes behind that one battery reaches."""
    travel = times_between(seed, 8)
    prizes = np.random.default_rng(seed + 50).integers(1, 20, 8).astype(float)
    drone, stay = Drone(0, 7, 180.0), np.full(8, 3.0)
    answer = visit(travel, prizes, [drone], stay_s=stay, time_limit_s=0.2, seed=seed)
    check(answer, travel, [drone], stay, None)
    assert answer.prize == best_prize(travel, prizes, drone, stay, None)


@pytest.mark.parametrize("seed", range(6))
def test_windows_are_kept_and_the_most_is_brought(seed: int) -> None:
    """A patrol would come to a school before or after its hours, or needlessly skip one."""
    chance = np.random.default_rng(seed + 99)
    travel, prizes = times_between(seed, 7), chance.integers(1, 20, 7).astype(float)
    opens = chance.uniform(0, 150, 7)
    windows = np.stack([opens, opens + 60], axis=1)
    drone, stay = Drone(0, 0, 200.0, from_s=10.0, until_s=260.0), np.full(7, 5.0)
    answer = visit(travel, prizes, [drone], stay_s=stay, windows_s=windows, time_limit_s=0.2, seed=seed)
    check(answer, travel, [drone], stay, windows)
    assert answer.prize == best_prize(travel, prizes, drone, stay, windows)


def test_two_drones_bring_the_most_there_is() -> None:
    """Two drones would both fly where one is enough, and leave the other side of the district unseen."""
    travel, prizes = times_between(3, 9), np.array([0, 5, 9, 2, 7, 4, 8, 3, 6.0])
    drones, stay = [Drone(0, 0, 110.0), Drone(1, 1, 110.0)], np.zeros(9)
    answer = visit(travel, prizes, drones, time_limit_s=0.4)
    check(answer, travel, drones, stay, None)
    best = 0.0
    wanted = range(2, 9)
    reach = [
        [s for s in subsets(wanted) if any(flies(travel, o, d, (0.0, stay, None)) for o in itertools.permutations(s))]
        for d in drones
    ]
    for one in reach[0]:
        for two in reach[1]:
            if not set(one) & set(two):
                best = max(best, float(prizes[[*one, *two]].sum()))
    assert answer.prize == best


def subsets(places: range) -> list[tuple[int, ...]]:
    return [s for count in range(len(places) + 1) for s in itertools.combinations(places, count)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 25), st.integers(1, 3), st.booleans(), st.booleans())
def test_limits_hold_whatever_is_asked(seed: int, count: int, number: int, wind: bool, hours: bool) -> None:
    """A tour longer than the battery, or a place visited twice, would be flown."""
    chance = np.random.default_rng(seed)
    travel = times_between(seed, count)
    if wind:
        travel = travel * chance.uniform(0.8, 1.3, (count, count))
        np.fill_diagonal(travel, 0.0)
    opens = chance.uniform(0, 300, count)
    windows = np.stack([opens, opens + 100], axis=1) if hours else None
    stay = chance.uniform(0, 10, count)
    drones = [Drone(k % count, (k + 1) % count, float(chance.uniform(100, 400))) for k in range(number)]
    prizes = chance.uniform(0, 10, count)
    answer = visit(travel, prizes, drones, stay_s=stay, windows_s=windows, time_limit_s=0.05, seed=seed)
    check(answer, travel, drones, stay, windows)
    seen = {place for tour in answer.tours for place in tour.places}
    assert answer.prize == pytest.approx(float(prizes[list(seen)].sum()))
    assert seen.isdisjoint(answer.left)


def test_same_seed_same_tours() -> None:
    """A plan could not be made again from what its record says."""
    travel, prizes = times_between(1, 40), np.arange(40.0)
    answers = [visit(travel, prizes, [Drone(0, 0, 250.0)] * 2, time_limit_s=0.1, seed=7) for _ in range(2)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("name", "count", "best"), [("p6.3.n", 3, 1170), ("p5.4.q", 4, 860), ("p5.3.t", 3, 1260)])
def test_published_instances_are_solved_to_the_best_known(name: str, count: int, best: int) -> None:
    """Patrols of some sixty places would bring less than is known to be possible (Chao, Golden and Wasil, 1996)."""
    file = INSTANCES / f"{name}.txt"
    if not file.exists():
        pytest.skip(f"{file} is not there (QYRAN_SHARED)")
    lines = file.read_text().split("\n")
    rows = np.array([[float(word) for word in line.split()] for line in lines[3:] if line.strip()])
    travel = np.hypot(*(rows[:, None, :2] - rows[None, :, :2]).transpose(2, 0, 1))
    drones = [Drone(0, len(rows) - 1, float(lines[2].split()[1]))] * count
    answer = visit(travel, rows[:, 2], drones, time_limit_s=1.0)
    check(answer, travel, drones, np.zeros(len(rows)), None)
    assert answer.prize == best


@pytest.mark.parametrize("seed", range(5))
def test_round_trip_is_the_shortest(seed: int) -> None:
    """Every lap of a shift would be longer than it must be."""
    travel = times_between(seed, 8)
    order, seconds = round_trip(travel, time_limit_s=0.05)
    best = min(
        sum(travel[a, b] for a, b in itertools.pairwise([0, *rest, 0])) for rest in itertools.permutations(range(1, 8))
    )
    assert sorted(order) == list(range(8))
    assert seconds == pytest.approx(best)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.booleans())
def test_shorten_never_makes_a_way_longer_or_loses_a_place(seed: int, count: int, symmetric: bool) -> None:
    """A polished tour would skip a place, or pass its limit."""
    travel = times_between(seed, count)
    if not symmetric:
        travel = travel * np.random.default_rng(seed).uniform(0.5, 1.5, (count, count))
    way = np.arange(count)
    after = shorten(travel, way, symmetric)
    assert sorted(after) == list(range(count))
    assert (after[0], after[-1]) == (way[0], way[-1])
    assert travel[after[:-1], after[1:]].sum() <= travel[way[:-1], way[1:]].sum() + 1e-9


@pytest.mark.parametrize(
    ("travel", "prizes", "drones"),
    [
        (np.zeros((2, 3)), np.zeros(2), [Drone(0, 0, 1.0)]),
        (np.full((2, 2), np.nan), np.zeros(2), [Drone(0, 0, 1.0)]),
        (np.zeros((2, 2)), np.array([1.0, -1.0]), [Drone(0, 0, 1.0)]),
        (np.zeros((2, 2)), np.zeros(2), []),
        (np.zeros((2, 2)), np.zeros(2), [Drone(0, 2, 1.0)]),
    ],
)
def test_senseless_input_is_refused(travel: np.ndarray, prizes: np.ndarray, drones: list[Drone]) -> None:
    """A wrong matrix would come back as a plan."""
    with pytest.raises(SettingError):
        visit(travel, prizes, drones)
