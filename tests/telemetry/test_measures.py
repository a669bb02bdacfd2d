"""Figures of a track against hand calculations."""

from __future__ import annotations

import numpy as np
import pytest

from missions.items import Fence, FenceCircle, FencePolygon
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.track import Track
from telemetry.measures import distance_flown_m, from_place_m, max_outside_m

FRAME = LocalFrame(LonLat(76.9286, 43.2567))


def track_of(*points: tuple[float, float]) -> Track:
    lonlat = FRAME.points_to_lonlat(np.array(points, dtype=float).reshape(-1, 2))
    rest = np.zeros(len(lonlat))
    return Track(rest, lonlat[:, 0], lonlat[:, 1], rest, rest, rest, rest, rest, rest)


def place(x: float, y: float) -> LonLat:
    return FRAME.point_to_lonlat((x, y))


SQUARE = FencePolygon((place(0, 0), place(100, 0), place(100, 100), place(0, 100)), inclusion=True)
HOLE = FencePolygon((place(40, 40), place(60, 40), place(60, 60), place(40, 60)), inclusion=False)


@pytest.mark.parametrize(
    ("points", "outside"),
    [
        (((10, 10), (90, 10)), 0.0),
        (((10, 10), (113, 10)), 13.0),
        (((10, 50), (45, 50)), 5.0),
        (((10, 50), (90, 50)), 10.0),
        (((-30, 50), (-30, 60)), 30.0),
    ],
)
def test_how_far_outside_the_fence(points: tuple[tuple[float, float], ...], outside: float) -> None:
    """Without it a flight that left its border would be reported as clean; the way between two positions counts too."""
    assert max_outside_m(track_of(*points), Fence((SQUARE, HOLE))) == pytest.approx(outside, abs=0.06)


def test_circles_and_several_inclusions_count_as_one_space() -> None:
    """Without it a drone that goes from one allowed area to the next one beside it would be called outside."""
    second = FencePolygon((place(100, 0), place(200, 0), place(200, 100), place(100, 100)), inclusion=True)
    circle = FenceCircle(place(150, 50), 10.0, inclusion=False)
    track = track_of((10, 50), (20, 50), (145, 50))
    assert max_outside_m(track, Fence((SQUARE, second))) == pytest.approx(0.0, abs=0.01)
    assert max_outside_m(track, Fence((SQUARE, second), (circle,))) == pytest.approx(5.0, abs=0.1)


def test_no_fence_or_no_track_is_unknown() -> None:
    """Without it “0 m outside” would be said of flights that nobody measured."""
    assert max_outside_m(track_of((0, 0)), Fence()) is None
    assert max_outside_m(track_of(), Fence((SQUARE,))) is None


def test_distance_does_not_grow_while_it_stands() -> None:
    """Without it a drone that waits ten minutes with a noisy receiver would have flown hundreds of metres."""
    noise = np.random.default_rng(1).uniform(-0.01, 0.01, (3000, 2))
    assert distance_flown_m(track_of(*map(tuple, noise))) == 0.0
    assert distance_flown_m(track_of((0, 0), (300, 0), (300, 400))) == pytest.approx(700.0, abs=0.01)
    assert from_place_m(track_of((0, 0), (3, 4)), *FRAME.origin) == pytest.approx(5.0, abs=0.001)
