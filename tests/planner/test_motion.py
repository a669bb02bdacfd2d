"""When waypoints are reached: against flights on ArduPilot, by hand calculation, and what must always hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import SettingError
from planner.motion import fly_through, land_time_s, return_time_s, return_times_s, takeoff_time_s
from planner.vehicles import VehicleProfile

QUAD = VehicleProfile()
SLIPPERY = replace(QUAD, drag_per_s=1e-6, drag_per_m=1e-6)
"""One without drag."""


@dataclass(frozen=True)
class Flown:
    """A flight on SITL as ``data/motion.json`` tells it."""

    name: str
    points: np.ndarray
    speeds: np.ndarray
    holds: np.ndarray
    wind: tuple[float, float]
    takeoff_s: float
    reached_s: np.ndarray
    return_s: float
    whole_s: float

    @classmethod
    def of(cls, flight: dict) -> Flown:
        points = np.array(flight["points_m"], dtype=float)
        points = np.concatenate([[[0.0, 0.0, points[0, 2]]], points])
        speeds = np.broadcast_to(np.array(flight["speeds_mps"], dtype=float), (len(points) - 1,))
        holds = np.array([0.0, *flight.get("hold_s", [0.0] * len(speeds))])
        times = flight["takeoff_s"], np.array(flight["reached_s"]), flight["return_s"], flight["whole_s"]
        return cls(flight["name"], points, speeds, holds, tuple(flight.get("wind_mps", (0.0, 0.0))), *times)

    def predicted(self) -> tuple[np.ndarray, float]:
        """When each waypoint is reached after the take-off, and the whole flight from arming to disarming."""
        reached = fly_through(self.points, self.speeds, self.holds, QUAD, wind_mps=self.wind)
        back = return_times_s(self.points[-1:, 2], -self.points[-1:, :2], QUAD, wind_mps=self.wind)
        whole = takeoff_time_s(float(self.points[0, 2]), QUAD) + reached[-1] + self.holds[-1] + back[0]
        return reached[1:], float(whole)


FLOWN = [Flown.of(flight) for flight in json.loads((Path(__file__).parent / "data/motion.json").read_text())["flights"]]


@pytest.mark.parametrize("flown", FLOWN, ids=lambda flown: flown.name)
def test_a_whole_mission_takes_what_ardupilot_took(flown: Flown) -> None:
    """The pilot would be told a landing time, and a battery, that are wrong by more than one part in fifty."""
    assert flown.predicted()[1] == pytest.approx(flown.whole_s, rel=0.02)


@pytest.mark.parametrize("flown", FLOWN, ids=lambda flown: flown.name)
def test_each_leg_takes_what_ardupilot_took(flown: Flown) -> None:
    """Errors that cancel out over a mission would still show the drone at the wrong place on the way."""
    legs, took = np.diff(flown.predicted()[0], prepend=0.0), np.diff(flown.reached_s, prepend=0.0)
    worst = np.argmax(np.abs(legs - took) / np.maximum(1.0, 0.1 * took))
    assert legs[worst] == pytest.approx(took[worst], rel=0.10, abs=1.0), f"leg {worst}"


def test_taking_off_and_coming_home_take_what_ardupilot_took() -> None:
    """A short mission is mostly take-off and landing; an error there would hide in the long ones."""
    for flown in FLOWN:
        assert takeoff_time_s(float(flown.points[0, 2]), QUAD) == pytest.approx(flown.takeoff_s, abs=0.3)
        back = return_times_s(flown.points[-1:, 2], -flown.points[-1:, :2], QUAD, wind_mps=flown.wind)
        assert back[0] == pytest.approx(flown.return_s, rel=0.02, abs=1.0), flown.name


def test_the_measured_flights_are_what_the_requirement_asks_for() -> None:
    """Flights could be dropped until the rest agree."""
    assert len(FLOWN) >= 12
    assert max(np.hypot(*flown.wind) for flown in FLOWN) > 6
    assert {len(flown.points) > 40 for flown in FLOWN} == {True, False}


def line(*ways: float, height: float = 40.0) -> np.ndarray:
    """Points due east, so many metres apart."""
    along = np.concatenate([[0.0], np.cumsum(ways)])
    return np.column_stack([along, np.zeros_like(along), np.full_like(along, height)])


def test_a_long_leg_by_hand() -> None:
    """Hand calculation: to 10 m/s at 2.5 m/s², built up at 1 m/s³ and 0.3 s for jerk: 10/2.5 + 2.5 + 0.3 = 6.8 s, 34 m.

    So 1000 m take 2·6.8 s + 932/10 s, and what the vehicle falls behind at the start, measured as 0.4 to 0.7 s.
    """
    reached = fly_through(line(1000), np.array([10.0]), np.zeros(2), SLIPPERY)
    assert 0.1 < reached[1] - (2 * 6.8 + 93.2) < 0.8


def test_a_climb_is_held_back_by_its_height_not_its_length() -> None:
    """Hand calculation: 100 m up and 50 m along at 2.5 m/s up is 40 s and no less, though 10 m/s are asked for."""
    points = np.array([[0, 0, 20], [50, 0, 120]], dtype=float)
    climb = fly_through(points, np.array([10.0]), np.zeros(2), QUAD)[1]
    sink = fly_through(points[::-1], np.array([10.0]), np.zeros(2), QUAD)[1]
    assert 40 < climb < 46
    assert 100 / 1.5 < sink < 100 / 1.5 + 5


def test_wind_that_cannot_be_leant_against_is_flown_slower() -> None:
    """A return against the storm would be promised in the time of a calm day (SITL's quad makes 10.4 m/s, no more)."""
    leg, speed, holds = line(1000), np.array([10.0]), np.zeros(2)
    calm, against, behind = (fly_through(leg, speed, holds, QUAD, wind_mps=(w, 0.0))[1] for w in (0.0, -6.0, 6.0))
    assert against > 1000 / (10.4 - 6.0)
    assert abs(behind - calm) < 1.0


def test_a_waypoint_on_a_straight_line_costs_nothing() -> None:
    """A lane that a camera command cuts in two would be forecast as two."""
    one = fly_through(line(600), np.array([8.0]), np.zeros(2), QUAD)
    two = fly_through(line(250, 350), np.array([8.0, 8.0]), np.zeros(3), QUAD)
    assert two[-1] == pytest.approx(one[-1], abs=0.1)


def test_a_stay_stops_and_counts_after_it_is_reached() -> None:
    """The camera would be promised pictures of a place while the drone still is on its way."""
    points, speeds = line(200, 200), np.array([8.0, 8.0])
    stop = fly_through(points, speeds, np.array([0, 0.001, 0]), QUAD)
    stay = fly_through(points, speeds, np.array([0, 30, 0]), QUAD)
    assert stay[1] == pytest.approx(stop[1])
    assert stay[2] - stop[2] == pytest.approx(30, abs=0.01)
    assert stop[2] > fly_through(points, speeds, np.zeros(3), QUAD)[2] + 3


def test_places_twice_are_reached_at_once() -> None:
    """A doubled waypoint would make the forecast divide by zero."""
    points = line(100, 0, 0, 100)
    reached = fly_through(points, np.full(4, 8.0), np.zeros(5), QUAD)
    assert reached[1] == reached[2] == reached[3]
    assert reached[4] == pytest.approx(2 * reached[1], abs=0.01)
    assert fly_through(line(0, 0), np.full(2, 8.0), np.array([1.0, 2.0, 0.0]), QUAD).tolist() == [0, 1, 3]


def test_a_speed_told_in_flight_is_reached_later() -> None:
    """Transit and lanes differ in speed; the autopilot hears of it in the corner, and a short leg never slows down."""
    points, holds = line(300, 300), np.zeros(3)
    slow = fly_through(points, np.array([5.0, 5.0]), holds, QUAD)
    fast = fly_through(points, np.array([5.0, 10.0]), holds, QUAD)
    slower = fly_through(points, np.array([10.0, 5.0]), holds, QUAD)
    assert 300 / 10 < fast[2] - fast[1] < slow[2] - slow[1] - 20
    assert 300 / 10 < slower[1] < slow[1] - 20
    assert 300 / 5 - 10 < slower[2] - slower[1] < 300 / 5 + 5


def test_a_low_return_climbs_first() -> None:
    """The drone would be expected home before it has climbed to its return altitude."""
    high = replace(QUAD, return_altitude_m=80.0)
    assert return_time_s(20, 200, high) > return_time_s(80, 200, high) + 60 / 2.5
    assert return_time_s(20, 5, high) == pytest.approx(return_time_s(20, 5, QUAD)), "near home it climbs no higher"
    assert return_time_s(30, 0, QUAD) < return_time_s(30, 100, QUAD) < return_time_s(30, 100, QUAD, against_mps=5)
    heights, ways = np.array([20.0, 60.0]), np.array([[-50.0, 0.0], [300.0, 400.0]])
    both = return_times_s(heights, ways, high)
    assert both.tolist() == pytest.approx([return_time_s(20, 50, high), return_time_s(60, 500, high)])


def test_landing_and_taking_off_by_hand() -> None:
    """Hand calculation: from 60 m 50/1.5 + 10/0.5 s and 1.5 s for changes; up to 100 m 40 s and 3.05 s (measured)."""
    assert land_time_s(60, QUAD) == pytest.approx(50 / 1.5 + 20 + 1.5 + 2.1, abs=0.3)
    assert land_time_s(110, QUAD) - land_time_s(60, QUAD) == pytest.approx(50 / 1.5)
    assert takeoff_time_s(100, QUAD) == pytest.approx(3.28 + 40 + 3.05, abs=0.1)
    with pytest.raises(SettingError, match="must go up"):
        takeoff_time_s(0, QUAD)


coordinates = st.integers(-300, 300).map(float)
ways = st.lists(st.tuples(coordinates, coordinates, st.integers(20, 80).map(float)), min_size=2, max_size=8)


@settings(max_examples=60, deadline=None)
@given(ways, st.lists(st.sampled_from([3.0, 6.0, 10.0, 14.0]), min_size=7, max_size=7), st.booleans())
def test_time_never_runs_back_and_nothing_is_faster_than_asked_for(
    points: list[tuple[float, float, float]], asked: list[float], stays: bool
) -> None:
    """Some odd corner would put a waypoint before the one before it."""
    at, speeds = np.array(points), np.array(asked[: len(points) - 1])
    holds = np.full(len(at), 2.0 if stays else 0.0)
    reached = fly_through(at, speeds, holds, QUAD)
    assert reached[0] == 0
    assert (np.diff(reached) >= -1e-9).all()
    lengths = np.maximum(np.linalg.norm(np.diff(at, axis=0), axis=1) - 2 * QUAD.waypoint_radius_m - 1, 0)
    assert reached[-1] >= (lengths / np.maximum(speeds, np.roll(speeds, 1))).sum() - 1e-6


@settings(max_examples=30, deadline=None)
@given(ways, st.floats(0, 360))
def test_still_air_knows_no_direction(points: list[tuple[float, float, float]], degrees: float) -> None:
    """The same patrol turned about would take another time."""
    at, angle = np.array(points), np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    speeds, holds = np.full(len(at) - 1, 8.0), np.zeros(len(at))
    straight, turned = (fly_through(way, speeds, holds, QUAD) for way in (at, at @ turn.T))
    assert turned == pytest.approx(straight, abs=0.1)


def test_what_was_asked_before_does_not_change_an_answer() -> None:
    """Plans would not be the same bytes twice: turns that come again are remembered."""
    one, two = FLOWN[0], FLOWN[2]
    fresh = fly_through(one.points, one.speeds, one.holds, QUAD)
    fly_through(two.points, two.speeds, two.holds, QUAD)
    assert (fly_through(one.points, one.speeds, one.holds, QUAD) == fresh).all()
    alone = replace(QUAD, attitude_lag_s=0.15 + 1e-12)
    assert fly_through(one.points, one.speeds, one.holds, alone) == pytest.approx(fresh, abs=1e-6)
