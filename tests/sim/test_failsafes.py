"""What the vehicle does by itself when something goes wrong."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from sim_stations import RETURN, Station, place, takeoff, waypoint

from sim import Simulator

GUIDED, AUTO, RTL, LAND, BRAKE = 4, 3, 6, 9, 17
FAR = waypoint(400, 0, 30)


@pytest.fixture
def quick(fleet: Callable[..., Simulator], stations: Callable[..., Station]) -> Station:
    """A vehicle at thirty times real time, so that a ground station can act in flight."""
    return stations(fleet(speedup=30).addresses[0].address)


def polygon(command: int, *corners: tuple[float, float]):
    return [(command, 0, (float(len(corners)), 0.0, 0.0, 0.0), *place(n, e), 0.0) for n, e in corners]


@pytest.mark.parametrize(("action", "mode"), [(1, RTL), (2, LAND), (4, BRAKE)])
def test_a_fence_that_is_breached_acts(station: Station, action: int, mode: int) -> None:
    """A drone would fly out of the area it may be in, and nothing would happen."""
    assert station.upload(polygon(5001, (-40, -40), (-40, 40), (90, 40), (90, -40)), 1) == 0
    for name, value in (("FENCE_ENABLE", 1), ("FENCE_TYPE", 4), ("FENCE_ACTION", action)):
        station.set(name, value)
    station.stream(5)
    station.start_mission([takeoff(20), FAR, RETURN])
    seen = station.watch(lambda seen, _: seen.modes[-1] == mode)
    assert "Polygon fence breached" in seen.texts
    assert 88 < max(north for _, north, *_ in seen.track) < 112


def test_exclusion_ceiling_and_circle(quick: Station) -> None:
    """A school yard to keep out of, or the height limit, would be no limit."""
    station = quick
    station.upload(polygon(5002, (60, -20), (60, 20), (80, 20), (80, -20)), 1)
    station.set("FENCE_ENABLE", 1)
    station.set("FENCE_ALT_MAX", 40)
    station.set("FENCE_ACTION", 0)
    station.start_mission([takeoff(20), waypoint(120, 0, 20), waypoint(120, 0, 60), waypoint(300, 0, 20), RETURN])
    seen = station.watch()
    breaches = [text for text in seen.texts if "breached" in text]
    assert breaches[:3] == ["Polygon fence breached", "Max Alt fence breached", "Circle fence breached"]
    assert "Fence breach cleared" in seen.texts


def test_a_fence_round_somewhere_else_keeps_it_on_the_ground(station: Station) -> None:
    """A patrol would start outside its own fence and turn back at once."""
    station.upload(polygon(5001, (500, 500), (500, 600), (600, 600), (600, 500)), 1)
    station.set("FENCE_ENABLE", 1)
    station.mode(GUIDED)
    station.text("EKF3 IMU0 is using GPS")
    assert station.command(400, 1) == 4
    station.text("Arm: Vehicle breaching Polygon fence")


def test_a_lost_ground_station_brings_it_home(
    fleet: Callable[..., Simulator], stations: Callable[..., Station]
) -> None:
    """A drone whose pilot's computer died would fly on until its battery is empty."""
    simulator = fleet(speedup=0.0, parameters={"FS_GCS_ENABLE": 1})
    address = simulator.addresses[0].address
    pilot = stations(address)
    pilot.beat()
    pilot.start_mission([takeoff(20), waypoint(2000, 0, 20), RETURN])
    watcher = stations(address, 99)
    watcher.stream(4)
    pilot.close()
    seen = watcher.watch()
    assert "GCS Failsafe" in seen.texts and seen.modes[-1] == RTL
    assert max(north for _, north, *_ in seen.track) < 400.0


def test_a_ground_station_that_speaks_is_not_lost_at_any_speed(station: Station) -> None:
    """A fast simulation would take a healthy ground station for lost, and fly home."""
    station.set("FS_GCS_ENABLE", 1)
    station.beat()
    station.start_mission([takeoff(20), waypoint(300, 0, 20), RETURN])
    seen = station.watch()
    assert not [text for text in seen.texts if "GCS" in text]
    assert seen.reached[-1] == 3


def test_a_low_battery_brings_it_down(station: Station) -> None:
    """A drone would fall out of the sky instead of coming home with its reserve."""
    station.set("BATT_LOW_MAH", 16700)
    station.set("BATT_FS_LOW_ACT", 2)
    station.set("BATT_CRT_MAH", 16400)
    station.set("BATT_FS_CRT_ACT", 1)
    station.stream(4)
    station.set("ARMING_CHECK", 0)
    station.start_mission([takeoff(20), waypoint(3000, 0, 20), RETURN])
    seen = station.watch()
    assert next(t for t in seen.texts if t.startswith("Battery 1 is")).startswith("Battery 1 is low")
    assert RTL in seen.modes and seen.modes[-1] == LAND
    assert any("Battery 1 is critical" in text for text in seen.texts)


def test_it_returns_to_the_nearer_rally_point(station: Station) -> None:
    """Safe places set for a patrol would never be used."""
    rally = (5100, 3, (0.0, 0.0, 0.0, 0.0), *place(200, 60), 35.0)
    assert station.upload([rally], 2) == 0
    station.stream(5)
    station.start_mission([takeoff(20), waypoint(200, 0, 20), RETURN])
    seen = station.watch()
    _, north, east, _ = seen.track[-1]
    assert math.dist((north, east), (200, 60)) < 1.0
    assert max(up for *_, up in seen.track) == pytest.approx(35.0, abs=0.5)
