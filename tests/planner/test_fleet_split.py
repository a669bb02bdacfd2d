"""Work shared among drones: nothing lost, nothing twice, and nobody waits for the last."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from planner.errors import SettingError
from planner.fleet import split_lanes, split_places, stop_and_go
from planner.paths import FreeSpace
from planner.sweep import covered_share, outside_m, sweep

AREA = Polygon([(0, 0), (1200, 0), (1200, 500), (600, 500), (600, 1000), (0, 1000)])
SECONDS = stop_and_go(10.0, 3.0)


def lanes_of(points: np.ndarray, is_lane: np.ndarray) -> shapely.Geometry:
    return shapely.union_all([shapely.LineString(points[i : i + 2]) for i in np.flatnonzero(is_lane)])


@pytest.mark.parametrize(
    "launches",
    [
        [(10, 10), (1190, 10)],
        [(10, 10), (1190, 10), (10, 990)],
        [(10, 10)] * 4,
        [(10, 10), (1190, 10), (10, 990), (590, 400), (1190, 490), (500, 10), (10, 500)],
    ],
)
def test_a_sweep_is_shared_evenly_and_whole(launches: list[tuple[float, float]]) -> None:
    """A strip between two drones' shares would be unseen, or one drone would still fly when the others are home."""
    whole, free = sweep(AREA, swath_m=40, time_limit_s=0.2), FreeSpace(AREA)
    answer = split_lanes(whole.points, whole.is_lane, launches, seconds=SECONDS, way=free.path)
    seconds = []
    for share, launch in zip(answer.shares, launches, strict=True):
        assert share.points[0] == pytest.approx(launch)
        assert share.points[-1] == pytest.approx(launch)
        assert outside_m(AREA, share.points) == 0
        metres = np.hypot(*np.diff(share.points, axis=0).T)
        seconds.append(sum(2 * (m / 3) ** 0.5 if m < 100 / 3 else m / 10 + 10 / 3 for m in metres))
        assert share.seconds == pytest.approx(seconds[-1])
    assert max(seconds) / np.mean(seconds) <= 1.05
    before = lanes_of(whole.points, whole.is_lane)
    after = shapely.union_all([lanes_of(share.points, share.is_lane) for share in answer.shares])
    assert before.difference(after.buffer(1e-6)).length == pytest.approx(0, abs=1e-3)
    assert sum(np.hypot(*np.diff(s.points, axis=0).T)[s.is_lane].sum() for s in answer.shares) == pytest.approx(
        np.hypot(*np.diff(whole.points, axis=0).T)[whole.is_lane].sum()
    )
    seen = shapely.union_all([lanes_of(s.points, s.is_lane) for s in answer.shares]).buffer(20)
    assert seen.intersection(AREA).area / AREA.area >= 0.995
    assert covered_share(AREA, whole.points, 40) >= 0.995


def test_launches_near_their_shares() -> None:
    """Drones would cross over to each other's end of a long area."""
    points = np.array([(x, y) for x in range(0, 4000, 50) for y in ((0, 300) if x % 100 else (300, 0))], dtype=float)
    is_lane = np.arange(len(points) - 1) % 2 == 0
    answer = split_lanes(points, is_lane, [(4000, 0), (0, 0)], seconds=SECONDS)
    assert answer.shares[1].begin == 0.0
    assert answer.shares[0].end == len(is_lane)


def test_a_launch_too_far_off_gets_nothing() -> None:
    """A drone would fly an hour to help for a minute."""
    points, is_lane = np.array([(0.0, 0.0), (500.0, 0.0)]), np.array([True])
    answer = split_lanes(points, is_lane, [(0, 0), (90_000, 0)], seconds=SECONDS)
    assert len(answer.shares[1].points) == 0
    assert answer.shares[0].is_lane.any()


def test_shares_are_balanced_by_what_the_forecast_says() -> None:
    """Shares would be even by the rough estimate and uneven by the forecast."""
    points = np.array([(x, y) for x in range(0, 4000, 50) for y in ((0, 300) if x % 100 else (300, 0))], dtype=float)
    is_lane = np.arange(len(points) - 1) % 2 == 0

    def seconds(way: np.ndarray, looks: np.ndarray) -> float:
        east = 1.5 if len(way) > 10 and way[len(way) // 2, 0] > 2000 else 1.0  # head wind in the east, on long ways
        return SECONDS(way, looks) * east + (120.0 if len(way) > 10 else 0.0)

    answer = split_lanes(points, is_lane, [(0, 0), (4000, 0)], seconds=seconds)
    assert answer.imbalance <= 0.05


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 4))
def test_every_place_is_in_one_share(seed: int, count: int, drones: int) -> None:
    """A place would be seen by two drones, or by none."""
    at = np.random.default_rng(seed).uniform(0, 1000, (count + drones, 2))
    travel = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    shares = split_places(travel, range(drones), stay_s=np.full(count + drones, 7.0), time_limit_s=0.1, seed=seed)
    assert sorted(p for share in shares for p in share.places) == list(range(drones, count + drones))
    for share in shares:
        way = [share.launch, *share.places, share.launch]
        assert share.seconds == pytest.approx(
            sum(travel[a, b] for a, b in itertools.pairwise(way)) + 7 * len(share.places)
        )


@pytest.mark.parametrize("seed", range(3))
def test_the_longest_share_of_places_is_the_least_possible(seed: int) -> None:
    """A unit's last drone would come home later than it must: every way to share 7 places is tried."""
    at = np.random.default_rng(seed).uniform(0, 1000, (9, 2))
    travel = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    best = np.inf
    shortest: dict[tuple[int, tuple[int, ...]], float] = {}
    for mask in range(2**7):
        parts = [tuple(p for p in range(2, 9) if bool(mask >> (p - 2) & 1) == flag) for flag in (True, False)]
        for launch, part in enumerate(parts):
            shortest[launch, part] = min(
                sum(travel[a, b] for a, b in itertools.pairwise([launch, *order, launch]))
                for order in itertools.permutations(part)
            )
        best = min(best, max(shortest[0, parts[0]], shortest[1, parts[1]]))
    shares = split_places(travel, [0, 1], time_limit_s=0.5)
    assert max(share.seconds for share in shares) == pytest.approx(best, rel=1e-6)


def test_many_places_are_shared_evenly() -> None:
    """One of four drones would fly long after the others are home."""
    at = np.random.default_rng(1).uniform(0, 3000, (84, 2))
    travel = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) / 10
    seconds = [share.seconds for share in split_places(travel, range(4), time_limit_s=0.5)]
    assert max(seconds) / np.mean(seconds) <= 1.05


def test_senseless_input_is_refused() -> None:
    """A way without lanes or a launch that is nowhere would be shared."""
    with pytest.raises(SettingError):
        split_lanes(np.zeros((1, 2)), np.zeros(0, dtype=bool), [(0, 0)], seconds=SECONDS)
    with pytest.raises(SettingError):
        split_lanes(np.zeros((2, 2)), np.ones(1, dtype=bool), [], seconds=SECONDS)
    with pytest.raises(SettingError):
        split_places(np.zeros((3, 3)), [3])
