"""Relay: every shift is flown again second by second, apart from the code that planned it."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import SettingError
from planner.fleet import Schedule, relay


def fly(schedule: Schedule, on_station: float, transit: float, charge: float, chargers: int | None) -> float:
    """Checks that drones, batteries and chargers are never used twice at once; the longest time a post is left."""
    drones: dict[int, float] = defaultdict(lambda: -1e9)
    batteries: dict[int, float] = defaultdict(lambda: -1e9)
    charging: list[tuple[float, float]] = []
    held: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for turn in sorted(schedule.turns, key=lambda one: one.takeoff_s):
        assert turn.takeoff_s >= drones[turn.drone] - 1e-6
        assert turn.takeoff_s >= batteries[turn.battery] - 1e-6
        assert turn.arrive_s - turn.takeoff_s == pytest.approx(transit)
        assert 0 <= turn.leave_s - turn.arrive_s <= on_station + 1e-6
        assert turn.land_s - turn.leave_s == pytest.approx(transit)
        assert turn.charged_s - turn.land_s >= charge - 1e-6
        drones[turn.drone], batteries[turn.battery] = turn.land_s + 60.0, turn.charged_s
        charging.append((turn.charged_s - charge, turn.charged_s))
        held[turn.post].append((turn.arrive_s, turn.leave_s))
    assert set(drones) <= set(range(schedule.drones))
    assert set(batteries) <= set(range(schedule.batteries))
    if chargers is not None:
        for begin, _ in charging:
            assert sum(b <= begin + 1e-9 < e - 1e-9 for b, e in charging) <= chargers
    worst = 0.0
    assert set(held) == set(range(schedule.posts))
    for spans in held.values():
        until = 0.0
        for arrive, leave in sorted(spans):
            worst, until = max(worst, arrive - until), max(until, leave)
        worst = max(worst, schedule.shift_s - until)
    return worst


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.floats(60, 2000), st.floats(0, 900), st.floats(0, 5000)),
    st.floats(100, 20_000),
    st.one_of(st.none(), st.integers(3, 9)),
    st.one_of(st.none(), st.integers(3, 6)),
    st.tuples(st.one_of(st.none(), st.integers(1, 4)), st.integers(1, 3)),
)
def test_every_shift_can_be_flown_and_its_gaps_are_those_told(
    times: tuple[float, float, float],
    shift: float,
    batteries: int | None,
    drones: int | None,
    place: tuple[int | None, int],
) -> None:
    """A post would be left for longer than the plan says, or a battery flown that is not charged."""
    (stay, transit, charge), (chargers, posts) = times, place
    plan = relay(stay, transit, charge, batteries, shift, drones=drones, chargers=chargers, posts=posts)
    assert fly(plan, stay, transit, charge, chargers) == pytest.approx(plan.worst_gap_s, abs=1e-6)
    assert plan.holds == (plan.worst_gap_s <= 8 + 1e-6)


def test_hand_calculation() -> None:
    """A unit would be told to buy the wrong number of drones.

    15 min on station, 2 min each way, 1 min on the ground: a drone is away 20 of each 15 min: 2 drones. A battery is
    away 19 min and charged 60: 79 min, 6 turns of 15 min (5 would be 75): 6 batteries. 8 h: 32 turns.
    """
    plan = relay(900, 120, 3600, None, 8 * 3600)
    assert (plan.drones, plan.batteries, len(plan.turns), plan.worst_gap_s) == (2, 6, 32, 0.0)
    assert (plan.drones_needed, plan.batteries_needed) == (2, 6)


def test_one_drone_short_tells_by_how_much() -> None:
    """A commander would not know how long the post is empty: 2 min home, 1 min on the ground, 2 min out."""
    plan = relay(900, 120, 3600, None, 8 * 3600, drones=1)
    assert not plan.holds
    assert plan.worst_gap_s == pytest.approx(300)
    assert plan.missing_s == pytest.approx(292)
    assert plan.drones_needed == 2


def test_too_few_batteries_tells_by_how_much() -> None:
    """5 batteries are 75 min of cover in each 79 min: 4 min are missing in every cycle, and 8 s are allowed."""
    plan = relay(900, 120, 3600, 5, 8 * 3600)
    assert plan.worst_gap_s == pytest.approx(240)
    assert plan.missing_s == pytest.approx(232)
    assert plan.batteries_needed == 6


@pytest.mark.parametrize("terms", [(900, 120, 3600, 4 * 3600), (600, 300, 2400, 10_000), (1200, 30, 4000, 20_000)])
def test_the_least_is_the_least(terms: tuple[float, float, float, float]) -> None:
    """One drone or battery fewer would do as well, and be paid for."""
    stay, transit, charge, shift = terms
    plan = relay(stay, transit, charge, None, shift)
    assert plan.holds
    assert plan.drones_needed is not None
    assert plan.batteries_needed is not None
    if plan.drones_needed > 1:
        assert not relay(stay, transit, charge, 50, shift, drones=plan.drones_needed - 1).holds
    assert not relay(stay, transit, charge, plan.batteries_needed - 1, shift, drones=plan.drones_needed).holds


def test_a_handover_longer_than_the_goal_cannot_be_mended_by_more_drones() -> None:
    """The plan would say that more drones help where only another way to change does."""
    plan = relay(900, 120, 3600, None, 8 * 3600, handover_s=12)
    assert plan.drones_needed is None
    assert plan.missing_s == pytest.approx(4)


def test_senseless_numbers_are_refused() -> None:
    """A relay of no length would be planned."""
    for bad in ((0, 1, 1, 1, 10), (10, -1, 1, 1, 10), (10, 1, 1, 0, 10), (float("nan"), 1, 1, 1, 10)):
        with pytest.raises(SettingError):
            relay(*bad)
