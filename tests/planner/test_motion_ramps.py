"""Changes of speed and corners, against their own definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.motion.air import Air
from planner.motion.course import lay_out
from planner.motion.limits import Build, along
from planner.motion.ramps import ramps_from_rest, ramps_in_flight
from planner.vehicles import VehicleProfile

QUAD = VehicleProfile()
BUILD = Build.of(QUAD)

positive = st.floats(0.05, 30)


@given(positive, st.floats(0.01, 500), st.floats(0.3, 5))
def test_a_ramp_keeps_its_limits_and_is_the_sum_of_its_jerk(speed: float, way: float, acceleration: float) -> None:
    """The target would jump, or ask for more than the vehicle may do."""
    ramp = ramps_from_rest(np.array([speed]), np.array([way]), np.array([acceleration]), BUILD)
    assert ramp.speed[0] <= speed * (1 + 1e-6)
    assert ramp.way[0] <= way * (1 + 1e-6)
    time = np.linspace(0, ramp.duration[0], 4001)[None, :]
    place, velocity, push = (part[0] for part in ramp.at(time))
    step = time[0, 1]
    assert push.max() <= acceleration * (1 + 1e-6)
    assert np.abs(np.diff(push) / step).max() <= BUILD.jerk * (1 + 1e-3)
    assert np.trapezoid(push, dx=step) == pytest.approx(velocity[-1], rel=1e-3)
    assert np.trapezoid(velocity, dx=step) == pytest.approx(place[-1], rel=1e-3)
    assert (place[-1], velocity[-1]) == pytest.approx((ramp.way[0], ramp.speed[0]), rel=1e-6)


@given(positive, st.floats(0.3, 5))
def test_a_change_in_flight_is_the_change_asked_for(delta: float, acceleration: float) -> None:
    """A drone told to slow down would be forecast at another speed."""
    ramp = ramps_in_flight(np.array([delta]), np.array([acceleration]), BUILD)
    assert ramp.speed[0] == pytest.approx(delta, rel=1e-6)
    assert (ramp.jerk * (ramp.rise + ramp.hold))[0] <= acceleration * (1 + 1e-6)


def test_what_has_to_reach_its_speed_does_so_as_fast_as_it_may() -> None:
    """Hand calculation: 2 m/s with jerk 1 m/s³ that rises in 0.3 s: swell u with u(u + 0.3) = 2, so u = 1.272 s."""
    ramp = ramps_from_rest(np.array([2.0]), np.array([1e6]), np.array([2.5]), BUILD)
    assert ramp.duration[0] == pytest.approx(2 * (1.272 + 0.3), abs=0.002)
    assert ramp.speed[0] == pytest.approx(2.0)


def test_along_a_slope_the_tightest_limit_counts() -> None:
    """A steep leg would climb faster than the motors can lift."""
    units = np.array([[1, 0, 0], [0, 0, 1], [0, 0, -1], [0.6, 0, 0.8], [0.8, 0, -0.6]], dtype=float)
    found = along(units, np.full(5, 10.0), 2.5, 1.5)
    assert found.tolist() == pytest.approx([10, 2.5, 1.5, 2.5 / 0.8, 1.5 / 0.6])


def test_corners_are_cut_within_the_radius() -> None:
    """Hand calculation: a reversal may not be cut sideways at all, a gentle bend all the way."""
    straight = np.array([[200.0, 0, 0], [200.0, 0, 0]])
    bend = np.array([[200.0, 0, 0], [200.0, 20.0, 0]])
    square = np.array([[200.0, 0, 0], [0, 200.0, 0]])
    passes = np.array([True])
    cuts = [float(lay_out(steps, np.full(2, 10.0), passes, QUAD).cuts_s[0]) for steps in (straight, bend, square)]
    whole = lay_out(straight, np.full(2, 10.0), passes, QUAD).starts.duration[0]
    assert cuts[0] == pytest.approx(whole, rel=1e-3)
    assert cuts[2] < cuts[1] <= whole
    half = np.array([[cuts[2] / 2]])
    way, speed, push = (part[0, 0] for part in lay_out(square, np.full(2, 10.0), passes, QUAD).starts.at(half))
    assert np.hypot(way, way) <= QUAD.waypoint_radius_m * 1.01 or np.hypot(push, push) <= 5.05
    assert np.hypot(speed, speed) <= 10


def test_the_air_is_as_it_was_measured() -> None:
    """SITL's quad flew at 10.39 m/s and no faster, and at 3.85 m/s against 6.53 m/s of wind."""
    east = np.array([1 + 0j])
    assert Air.of(QUAD, (0.0, 0.0)).reachable(east, np.array([15.0]))[0] == pytest.approx(10.4, abs=0.05)
    assert Air.of(QUAD, (-6.53, 0.0)).reachable(east, np.array([10.0]))[0] == pytest.approx(3.85, abs=0.05)
    assert Air.of(QUAD, (6.53, 0.0)).reachable(east, np.array([10.0]))[0] == 10.0
