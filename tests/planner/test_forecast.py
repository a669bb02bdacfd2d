"""What a sortie takes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.forecast import (
    ARMING_S,
    JERK_RISE_S,
    forecast,
    landing_s,
    leg_times,
    power_w,
    rest_to_rest_s,
    vertical_s,
)
from planner.geodesy import LocalFrame
from planner.plan import Route, Waypoint
from planner.quantities import Altitude, LonLat
from planner.site import Launch
from planner.vehicles import VehicleProfile

QUAD = VehicleProfile()
HOME = LonLat(76.9452, 43.2381)
FRAME = LocalFrame(HOME)


def route(*points, height=60.0, speed=10.0, hold=0.0):
    places = [FRAME.point_to_lonlat(point) for point in points]
    return Route(tuple(Waypoint(place, Altitude.agl(height), speed, hold_s=hold) for place in places))


def cost(*points, wind=0.0, profile=QUAD, **options):
    return forecast(route(*points, **options), Launch("post", HOME), profile, wind_mps=wind)


def test_a_long_leg_takes_its_length_and_two_ramps():
    """Hand calculation: 10 m/s in 10/2.5 + 2.5/1 = 6.5 s, over which 32.5 m are flown; 1000 m = 2·6.5 s + 935/10 s."""
    assert rest_to_rest_s(1000, 10, QUAD) == pytest.approx(2 * 6.5 + 93.5 + JERK_RISE_S)


def test_a_short_leg_never_reaches_its_speed():
    """Hand calculation: jerk limited, 16 m = 2·j·(t/4)³ with j = 1 m/s³, so t = 8 s."""
    assert rest_to_rest_s(16, 10, QUAD) == pytest.approx(8 + JERK_RISE_S)


def test_climbing_and_landing_by_hand():
    """Hand calculation: 50 m at 2.5 m/s and 1 m/s²: 22.5 s; landing 50 m: 5 + 40/1.5 + 10/0.5 + 2 s."""
    assert vertical_s(50, 2.5, QUAD) == pytest.approx(22.5)
    assert vertical_s(1, 2.5, QUAD) == pytest.approx(2.0)
    assert landing_s(50, QUAD) == pytest.approx(5 + 40 / 1.5 + 20 + 2)


def test_a_waypoint_on_a_straight_line_costs_nothing():
    """Without this a lane cut by a camera command would be forecast as two."""
    one, two = cost((0, 0), (600, 0), (0, 0)), cost((0, 0), (300, 0), (600, 0), (0, 0))
    assert two.duration_s == pytest.approx(one.duration_s, abs=0.2)
    assert two.distance_m == pytest.approx(1200, abs=0.01)


def test_a_corner_costs_less_than_a_stop():
    """Without this the forecast of many short lanes would be far too long, as ArduCopter cuts corners."""
    corner = cost((0, 0), (300, 0), (300, 300))
    stop = cost((0, 0), (300, 0), (300, 300), hold=0.001)
    assert 1.0 < stop.duration_s - corner.duration_s < 6.5


def test_staying_and_speed_are_counted():
    """Without this a patrol with stays would run out of battery."""
    assert cost((0, 0), (300, 0), (0, 0), hold=10).duration_s - cost((0, 0), (300, 0), (0, 0)).duration_s > 29.9
    assert cost((0, 0), (900, 0), (0, 0), speed=5).duration_s > 1.8 * 900 / 5


def test_times_start_at_arming_and_rise():
    """Without this the map's clock and the alarm for lateness would be wrong."""
    found = cost((0, 0), (200, 0), (200, 50), (0, 0))
    assert found.leg_end_s[0] == pytest.approx(ARMING_S + vertical_s(60, QUAD.climb_mps, QUAD))
    assert list(found.leg_end_s) == sorted(found.leg_end_s)
    assert found.leg_end_s[-1] + landing_s(60, QUAD) == pytest.approx(found.duration_s)
    assert len(found.leg_end_s) == len(found.return_wh) == len(found.used_wh) == 4


def test_energy_is_power_times_time():
    """Hand calculation: a hover of 260 W without wind, and 3 kg lifted 60 m at half the work lost."""
    found = cost((0, 0), (300, 0), (0, 0))
    lift = 3 * 9.80665 * 60 / 0.5
    assert found.energy_wh == pytest.approx((260 * found.duration_s + lift) / 3600, rel=1e-6)
    assert found.battery_used == pytest.approx(found.energy_wh / 99.9)


def test_the_way_home_grows_with_distance():
    """Without this the check of the return from the farthest point would pass anything."""
    found = cost((0, 0), (500, 0), (1000, 0), (0, 0))
    assert found.return_wh[2] > found.return_wh[1] > found.return_wh[0]
    assert found.return_wh[0] == pytest.approx(found.return_wh[-1])
    low = cost((0, 0), (500, 0), height=10)
    high = cost((0, 0), (500, 0), height=10, profile=VehicleProfile(return_altitude_m=80))
    assert high.return_wh[1] > low.return_wh[1]


def test_wind_costs():
    """Without this a plan for a stormy day would promise the range of a calm one."""
    calm, breeze = cost((0, 0), (900, 0), (0, 0)), cost((0, 0), (900, 0), (0, 0), wind=8)
    assert breeze.energy_wh > 1.3 * calm.energy_wh
    powers = power_w(np.array([0.0, 5.0, 10.0, 20.0]), VehicleProfile(hover_w=200, cruise_w=240))
    assert powers[:3].tolist() == pytest.approx([200, 220, 240])
    assert powers[3] == pytest.approx(240 + 240 * 0.2 * 7)


ways = st.lists(st.tuples(st.floats(-800, 800), st.floats(-800, 800)), min_size=2, max_size=12)


@settings(max_examples=80, deadline=None)
@given(ways, st.floats(1, 20), st.booleans())
def test_no_way_is_faster_than_its_speed_or_slower_than_stopping(points, speed, stays):
    """Without this some odd corner would make time run backwards."""
    at = np.array(points)
    count = len(at)
    lengths = np.hypot(*np.diff(at, axis=0).T)
    holds = np.full(count, 3.0 if stays else 0.0)
    times = leg_times(at, np.full(count, 60.0), np.full(count, speed), holds, QUAD)
    assert times[0] == 0
    assert (np.diff(times) >= 0).all()
    stopping = sum(rest_to_rest_s(float(length), speed, QUAD) for length in lengths) + holds[:-1].sum()
    assert times[-1] <= stopping + 1e-6
    cut = QUAD.waypoint_radius_m * count
    assert times[-1] >= (lengths.sum() - 2 * cut) / speed - 1e-6 or math.isclose(speed, 0)
