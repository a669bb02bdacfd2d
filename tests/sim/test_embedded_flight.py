"""What a flight on the embedded simulator looks like to a ground station."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from sim_stations import HOME, RETURN, Station, do, place, takeoff, waypoint

from sim import Simulator

AUTO, GUIDED, LOITER, RTL, LAND, BRAKE, ALT_HOLD = 3, 4, 5, 6, 9, 17, 2


def test_a_mission_is_flown_to_its_end(station: Station) -> None:
    """A patrol would not be flown as planned: wrong order, wrong places, or it does not come home."""
    lane = [waypoint(40, 40, 30), waypoint(140, 40, 30), waypoint(140, 80, 30), waypoint(40, 80, 30)]
    station.stream(5)
    station.start_mission([takeoff(30), do(178, 1, 8), *lane, RETURN])
    seen = station.watch()
    assert [t for t in seen.texts if t.startswith("Mission:")][-7:] == [
        "Mission: 1 Takeoff",
        "Mission: 2 ChangeSpeed",
        "Mission: 3 WP",
        "Mission: 4 WP",
        "Mission: 5 WP",
        "Mission: 6 WP",
        "Mission: 7 RTL",
    ]
    assert seen.reached == [2, 3, 4, 5, 6, 7]
    for item in lane:
        spot = (item[3], item[4])
        assert min(math.dist(place(n, e), spot) for _, n, e, _ in seen.track) * 0.0111 < 4.0
    assert max(up for *_, up in seen.track) == pytest.approx(30.0, abs=0.5)
    _, north, east, up = seen.track[-1]
    assert math.hypot(north, east) < 0.5 and abs(up) < 0.1
    assert "Disarming motors" in seen.texts


def test_the_camera_takes_pictures_only_where_the_mission_says(station: Station) -> None:
    """Coverage would be reckoned from pictures that were never taken, or taken between the lanes."""
    station.stream(10)
    mission = [
        takeoff(20),
        waypoint(20, 0, 20),
        do(206, 10.0, 0, 1),
        waypoint(120, 0, 20),
        do(206, 0),
        waypoint(120, 60, 20),
        RETURN,
    ]
    station.start_mission(mission)
    norths: list[tuple[float, float]] = []

    def note(seen, message) -> bool:
        if message.get_type() == "CAMERA_FEEDBACK":
            norths.append(((message.lat - place(0, 0)[0]) * 0.011131884502145034, message.alt_rel))
        return message.get_type() == "STATUSTEXT" and message.text == "Disarming motors"

    seen = station.watch(note)
    assert seen.images == list(range(1, len(seen.images) + 1))
    assert len(seen.images) == 10 and norths[0][0] == pytest.approx(20, abs=2.5)
    gaps = [b[0] - a[0] for a, b in pairwise(norths)]
    assert all(gap == pytest.approx(10.0, abs=0.15) for gap in gaps), gaps
    assert all(height == pytest.approx(20, abs=0.3) for _, height in norths)


def test_jumps_delays_turns_and_landing(station: Station) -> None:
    """Missions with more than waypoints would fly otherwise here than on the vehicle."""
    mission = [
        takeoff(15),
        waypoint(30, 0, 15, delay=4),
        waypoint(30, 30, 15),
        do(177, 2, 1),
        (18, 3, (1.0, 0.0, 15.0, 0.0), *place(60, 30), 15.0),
        do(93, 5, -1, -1, -1),
        (19, 3, (3.0, 0.0, 0.0, 0.0), *place(10, 10), 15.0),
        (21, 3, (0.0, 0.0, 0.0, 0.0), *place(5, 20), 0.0),
    ]
    station.stream(5)
    station.start_mission(mission)
    seen = station.watch()
    assert "Mission: 4 Jump 1/1" in seen.texts and "Delaying 5 sec" in seen.texts
    assert seen.reached == [1, 2, 3, 2, 3, 5, 6, 7]
    _, north, east, up = seen.track[-1]
    assert math.dist((north, east), (5, 20)) < 0.5 and abs(up) < 0.1


def test_guided_goes_where_it_is_told(fleet: Callable[..., Simulator], stations: Callable[..., Station]) -> None:
    """Sending a drone to an incident by hand would not work."""
    station = stations(fleet(speedup=20).addresses[0].address)
    station.stream(5)
    station.mode(GUIDED)
    station.arm()
    assert station.command(22, 0, 0, 0, 0, 0, 0, 12) == 0
    station.watch(lambda seen, _: bool(seen.track) and seen.track[-1][3] > 11.8)
    lat, lon = place(40, -30)
    station.mav.set_position_target_global_int_send(
        0, station.target, 1, 6, 0b110111111000, lat, lon, 20.0, 0, 0, 0, 0, 0, 0, 0, 0
    )

    def near(north: float, east: float, up: float, within: float = 0.5):
        return lambda seen, _: math.dist(seen.track[-1][1:], (north, east, up)) < within

    station.watch(near(40, -30, 20))
    assert station.command_int(192, 6, (-1, 1, 0, 0), (*place(0, 0), 15.0)) == 0
    station.watch(near(0, 0, 15))
    station.mav.mission_item_send(station.target, 1, 0, 3, 16, 2, 0, 0, 0, 0, 0, place(20, 0)[0] / 1e7, 76.945, 10)
    station.watch(near(20, 0, 10, within=1.5))
    station.mav.set_position_target_local_ned_send(
        0, station.target, 1, 1, 0b110111000111, 0, 0, 0, 0, 3.0, 0, 0, 0, 0, 0, 0
    )
    station.watch(lambda seen, _: seen.track[-1][2] > 5.0)
    assert station.command(400, 0) == 4, "it must not be disarmed in the air"
    assert station.mode(BRAKE) == 0
    assert station.mode(LAND) == 0
    station.watch()


def test_modes_and_what_they_refuse(station: Station) -> None:
    """A pilot would see a mode on the screen that the vehicle is not in."""
    assert station.mode(AUTO) == 0, "on the ground any mode may be chosen"
    assert station.command(400, 1) == 4
    assert "AUTO mode not armable" in station.text("not armable")
    assert station.mode(99) == 4
    station.mode(GUIDED)
    station.arm()
    assert station.mode(21) == 4
    station.text("Mode change to SMARTRTL failed")
    assert station.mode(AUTO) == 4
    station.text("Mode change to AUTO failed")
    assert station.command(400, 0) == 0


def test_arming_says_what_is_missing(fleet: Callable[..., Simulator], stations: Callable[..., Station]) -> None:
    """A pilot would stand before a drone that does not start and not know why."""
    station = stations(fleet(speedup=1.0).addresses[0].address)
    station.mode(GUIDED)
    assert station.command(400, 1) == 4
    station.text("Arm: GPS 1: Bad fix")
    station.text("Arm: Need Position Estimate")
    assert station.command(400, 1, 21196) == 0, "forced arming passes all checks over"
    assert station.command(400, 0, 21196) == 0


def test_it_disarms_by_itself_when_nothing_happens(station: Station) -> None:
    """A drone that was armed and forgotten would stand with its motors ready."""
    station.stream(5)
    station.mode(GUIDED)
    station.arm()
    start = station.wait("ATTITUDE").time_boot_ms
    station.text("Disarming motors", 30)
    assert station.wait("ATTITUDE").time_boot_ms - start == pytest.approx(10_000, abs=1500)


def test_wind_leans_pushes_and_costs(fleet: Callable[..., Simulator], stations: Callable[..., Station]) -> None:
    """Wind would change nothing, and plans for windy days would never be tried."""
    calm = fleet(seed=3)
    windy = fleet(seed=3, wind_mps=9.0, wind_from_deg=270.0, gust_mps=1.5)
    leans, drawn, drift = [], [], []
    for simulator in (calm, windy):
        station = stations(simulator.addresses[0].address)
        station.stream(5)
        station.start_mission([takeoff(25), waypoint(40, 0, 25, delay=30), RETURN])
        rolls: list[float] = []

        def note(seen, message, rolls=rolls) -> bool:
            if message.get_type() == "ATTITUDE":
                rolls.append(math.hypot(message.roll, message.pitch))
            return message.get_type() == "STATUSTEXT" and message.text == "Disarming motors"

        seen = station.watch(note)
        leans.append(math.degrees(sorted(rolls)[len(rolls) // 2]))
        drawn.append(simulator.vehicles[0].battery.consumed_mah)
        drift.append(max(abs(east) for _, _, east, up in seen.track if up > 5))
    assert leans[0] < 1.0 and 15.0 < leans[1] < 30.0
    assert drawn[1] > drawn[0] * 1.02
    assert drift[0] < 0.2 < drift[1] < 6.0


def test_home_is_item_zero_and_moves_with_arming(station: Station) -> None:
    """A mission read back would have another home than the vehicle flies to."""
    station.upload([HOME, takeoff(10)])
    station.mode(GUIDED)
    station.arm()
    home = station.download()[0]
    assert (home.x, home.y) == pytest.approx((432_380_000, 769_450_000), abs=2)
    assert home.z == pytest.approx(820.0, abs=0.02) and home.frame == 0
