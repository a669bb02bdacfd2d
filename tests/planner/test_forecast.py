"""What a sortie takes."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from planner.energy import power_w
from planner.forecast import forecast, forecast_local
from planner.geodesy import LocalFrame
from planner.motion import SPOOL_UP_S, return_time_s, takeoff_time_s
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
    assert found.leg_end_s[0] == pytest.approx(takeoff_time_s(60, QUAD))
    assert list(found.leg_end_s) == sorted(found.leg_end_s)
    assert found.leg_end_s[-1] + return_time_s(60, 0, QUAD) == pytest.approx(found.duration_s)
    assert len(found.leg_end_s) == len(found.return_wh) == len(found.used_wh) == 4


def test_energy_is_power_times_time():
    """Hand calculation: 200 W in the air, 13 % of it before that, and 3 kg lifted 60 m."""
    steady = VehicleProfile(hover_w=200, cruise_w=200, battery_wh=80)
    found = cost((0, 0), (300, 0), (0, 0), profile=steady)
    lift = 3 * 9.80665 * 60
    in_air = 200 * (found.duration_s - SPOOL_UP_S) + 26 * SPOOL_UP_S
    assert found.energy_wh == pytest.approx((in_air + lift) / 3600, rel=1e-6)
    assert found.battery_used == pytest.approx(found.energy_wh / 80)


def test_the_way_home_grows_with_distance():
    """Without this the check of the return from the farthest point would pass anything."""
    found = cost((0, 0), (500, 0), (1000, 0), (0, 0))
    assert found.return_wh[2] > found.return_wh[1] > found.return_wh[0]
    assert found.return_wh[0] == pytest.approx(found.return_wh[-1])
    low = cost((0, 0), (500, 0), height=10, profile=VehicleProfile(return_altitude_m=10))
    high = cost((0, 0), (500, 0), height=10, profile=VehicleProfile(return_altitude_m=80))
    climb_s, descent_s, lift_j = 70 / 2.5 + 3.8, (80 - 10) / 1.5 + 1.5, 3 * 9.80665 * 70
    more_wh = (355 * (climb_s + descent_s) + lift_j) / 3600
    assert high.return_wh[1] - low.return_wh[1] == pytest.approx(more_wh, rel=0.05)


def test_wind_costs():
    """Without this a plan for a stormy day would promise the range of a calm one."""
    calm, breeze = cost((0, 0), (900, 0), (0, 0)), cost((0, 0), (900, 0), (0, 0), wind=8)
    assert breeze.energy_wh > 1.3 * calm.energy_wh
    powers = power_w(np.array([0.0, 5.0, 10.0, 20.0]), VehicleProfile(hover_w=200, cruise_w=240))
    assert powers[:3].tolist() == pytest.approx([200, 205, 240])
    assert powers[3] == pytest.approx(240 + 240 * 0.2 * 7)


def test_a_known_wind_is_flown_in_its_direction():
    """Without this a plan on a day with a westerly would not know which way is the slow one."""
    west = forecast(route((0, 0), (800, 0)), Launch("post", HOME), QUAD, wind_mps=6, wind_from_deg=270)
    east = forecast(route((0, 0), (800, 0)), Launch("post", HOME), QUAD, wind_mps=6, wind_from_deg=90)
    assert east.leg_end_s[1] > west.leg_end_s[1] + 60
    assert west.duration_s - west.leg_end_s[1] > east.duration_s - east.leg_end_s[1] + 60
    assert west.used_wh[1] < east.used_wh[1]


ENERGY = json.loads((Path(__file__).parent / "data/motion.json").read_text())["flights"]


@pytest.mark.parametrize("flight", ENERGY, ids=lambda flight: flight["name"])
def test_a_flight_takes_the_energy_that_ardupilot_took(flight):
    """Without this a battery would be empty before the forecast says so; measured on SITL, in its wind."""
    points = np.array(flight["points_m"])
    east, north = flight.get("wind_mps", (0.0, 0.0))
    found = forecast_local(
        points[:, :2],
        points[:, 2],
        np.broadcast_to(np.array(flight["speeds_mps"], dtype=float), (len(points),)),
        np.array(flight.get("hold_s", [0.0] * len(points)), dtype=float),
        QUAD,
        wind_mps=math.hypot(east, north),
        wind_from_deg=math.degrees(math.atan2(-east, -north)),
    )
    assert found.energy_wh == pytest.approx(flight["energy_wh"], rel=0.10)
    assert found.duration_s == pytest.approx(flight["whole_s"], rel=0.02)
