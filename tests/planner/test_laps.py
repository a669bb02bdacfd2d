"""Laps: gaps and entropy counted again from the visits, by other means."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from planner.errors import PlanError, SettingError
from planner.laps import Laps, Rhythm, laps


def times_between(seed: int, count: int) -> np.ndarray:
    at = np.random.default_rng(seed).uniform(0, 1000, (count, 2))
    return np.asarray(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) / 10)


def visits_of(answer: Laps, place: int) -> list[float]:
    return sorted(at for lap in answer.drones for p, at in zip(lap.places, lap.arrive_s, strict=True) if p == place)


def worst_gap(answer: Laps, place: int, until: float) -> float:
    last, worst = answer.settled_s, 0.0
    for at in [*visits_of(answer, place), until]:
        if answer.settled_s <= at <= until:
            worst, last = max(worst, at - last), at
    return worst


@pytest.mark.parametrize("drones", [1, 2, 3])
def test_fixed_laps_are_evenly_spaced(drones: int) -> None:
    """Some places would wait two rounds while others are seen twice in one."""
    answer = laps(times_between(0, 14), drones=drones, shift_s=7200, stay_s=np.full(14, 5.0), time_limit_s=0.2)
    share = answer.round_s / drones
    for place in range(14):
        gaps = np.diff(visits_of(answer, place))
        assert gaps == pytest.approx(np.full(len(gaps), share))
        assert (
            answer.places[place].worst_gap_s == pytest.approx(share, rel=1e-6) or place in answer.drones[0].places[:1]
        )
    assert answer.idle_s <= 0.52 * share
    assert answer.worst_gap_s <= 1.05 * share


@pytest.mark.parametrize("rhythm", list(Rhythm))
@pytest.mark.parametrize("drones", [1, 2, 3])
def test_drones_fly_no_faster_than_they_can(rhythm: Rhythm, drones: int) -> None:
    """A shift would be promised that no drone can fly."""
    travel, stay = times_between(1, 12), np.full(12, 4.0)
    answer = laps(travel, drones=drones, shift_s=3600, rhythm=rhythm, stay_s=stay, time_limit_s=0.2)
    assert len(answer.drones) == drones
    for lap in answer.drones:
        for i in range(1, len(lap.places)):
            a, b = lap.places[i - 1], lap.places[i]
            assert lap.arrive_s[i] - lap.arrive_s[i - 1] >= travel[a, b] + stay[a] - 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_unpredictable_laps_hold_the_bound_and_cannot_be_told_ahead(seed: int) -> None:
    """Whoever watches one place could tell when the next drone comes, or a place would be forgotten."""
    answer = laps(
        times_between(2, 20), drones=2, shift_s=20_000, rhythm=Rhythm.UNPREDICTABLE, seed=seed, time_limit_s=0.2
    )
    share = answer.round_s / 2
    entropies = []
    for place in range(20):
        assert worst_gap(answer, place, 20_000) == pytest.approx(answer.places[place].worst_gap_s)
        times = [at for at in visits_of(answer, place) if at >= answer.settled_s]
        bins = Counter(int(gap / (share / 8)) for gap in np.diff(times) if gap > 0.5)
        total = sum(bins.values())
        entropies.append(-sum(n / total * math.log2(n / total) for n in bins.values()))
        assert answer.places[place].entropy_bits == pytest.approx(entropies[-1])
    assert answer.missing_s == 0.0
    assert answer.worst_gap_s <= 3 * share
    assert np.mean(entropies) >= 2.0
    assert answer.idle_s <= 0.7 * share


def test_another_seed_gives_other_laps_and_the_same_seed_the_same() -> None:
    """Tomorrow's patrol would fly as today's; or a record could not be made again."""
    one, two, same = (
        laps(times_between(2, 9), drones=2, shift_s=3000, rhythm=Rhythm.UNPREDICTABLE, seed=seed, time_limit_s=0.1)
        for seed in (1, 2, 1)
    )
    assert one == same
    assert one.drones != two.drones


def test_a_bound_nobody_can_keep_is_refused() -> None:
    """A commander would be promised visits every minute on a round of an hour."""
    with pytest.raises(PlanError, match="a round takes"):
        laps(times_between(2, 9), drones=1, shift_s=3000, longest_gap_s=5, time_limit_s=0.1)
    with pytest.raises(SettingError):
        laps(times_between(2, 9), drones=0, shift_s=3000)
