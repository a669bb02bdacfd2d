"""What a pilot asks of a drone in the air, on the embedded simulator and on ArduPilot SITL: the same words, the same
answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from missions.items import Mission
from planner.errors import CommandRefusedError, NotConfirmedError, SettingError
from planner.geodesy import distance_m
from planner.quantities import Altitude, LonLat
from sim import Simulator, SimulatorSettings
from telemetry import Confirmation, Vehicle, commands, load, prepare, simulator_confirmation
from telemetry.clock import utc_now
from telemetry.link import wait_for

HOME = LonLat(76.9286, 43.2567)
INSTANCE = 130

Connected = Callable[[], "contextmanager[Vehicle]"]


@contextmanager
def embedded() -> Iterator[Vehicle]:
    settings = SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=20.0)
    with Simulator(settings) as one, Vehicle.connect(one.addresses[0].address, system_id=1) as vehicle:
        assert wait_for(lambda: bool(vehicle.state.can_arm) and vehicle.state.home is not None, 10)
        yield vehicle


@contextmanager
def sitl() -> Iterator[Vehicle]:
    from sim.sitl import Sitl, SitlSettings

    settings = SitlSettings(home=HOME, home_amsl_m=800.0, instance=INSTANCE, speedup=20.0)
    with Sitl(settings) as program:
        program.wait_ready()
        with Vehicle.connect(program.address, system_id=1) as vehicle:
            assert wait_for(lambda: bool(vehicle.state.can_arm) and vehicle.state.home is not None, 30)
            yield vehicle


@pytest.fixture(params=[embedded, pytest.param(sitl, marks=pytest.mark.sitl)], ids=["embedded", "sitl"])
def vehicle(request: pytest.FixtureRequest) -> Iterator[Vehicle]:
    if request.param is sitl:
        request.getfixturevalue("sitl_program")
    with request.param() as one:
        yield one


def test_every_command_of_a_pilot_is_taken_and_seen(vehicle: Vehicle, mission: Mission) -> None:
    """A pilot could not start, stop, send or bring back a drone by Qyran, or would be told so of one that did not."""
    word = simulator_confirmation(vehicle)
    load(vehicle, mission)
    prepare(vehicle, mission, word)

    with pytest.raises(CommandRefusedError, match="stands disarmed"):
        commands.goto(vehicle, HOME, Altitude.home(20))
    with pytest.raises(CommandRefusedError, match="not armable"):
        commands.set_mode(vehicle, "RTL")
        commands.arm(vehicle, word)

    commands.set_mode(vehicle, "guided")
    assert commands.arm(vehicle, word).is_seen
    assert vehicle.state.armed
    assert commands.disarm(vehicle).is_seen
    assert vehicle.state.armed is False

    done = commands.take_off(vehicle, Altitude.home(15), word)
    assert vehicle.state.altitude_home.metres == pytest.approx(15, abs=1.2), done
    with pytest.raises(CommandRefusedError, match="in the air already"):
        commands.take_off(vehicle, Altitude.home(30), word)
    with pytest.raises(CommandRefusedError, match="refused to disarm"):
        commands.disarm(vehicle)

    there = LonLat(HOME.lon, HOME.lat + 100 / 111_100)
    done = commands.goto(vehicle, there, Altitude.home(25))
    assert "m away" in done.sentence
    assert vehicle.seen(lambda state: distance_m(state.position, there) < 90, 30)
    assert commands.change_speed(vehicle, 3.0).is_seen
    assert vehicle.state.speed_mps == pytest.approx(3.0, abs=0.5)
    assert vehicle.seen(lambda state: state.altitude_home.metres > 24, 60)
    commands.change_height(vehicle, Altitude.home(18))
    assert vehicle.seen(lambda state: state.altitude_home.metres < 19, 30)
    assert distance_m(vehicle.state.target, there) < 1
    with pytest.raises(CommandRefusedError, match="outside its fence"):
        commands.goto(vehicle, LonLat(HOME.lon + 0.01, HOME.lat), Altitude.home(25))

    commands.start_mission(vehicle, word)
    assert vehicle.state.mode == "AUTO"
    assert "at item 5" in commands.skip_to(vehicle, 5).sentence
    assert vehicle.state.mission_current == 5
    assert commands.pause(vehicle).sentence == "It is in BRAKE."
    assert vehicle.seen(lambda state: state.speed_mps < 0.3, 15)
    assert not commands.resume(vehicle).sentence.endswith("BRAKE.")
    assert vehicle.state.mission_current == 5
    skipped = commands.skip_to(vehicle, 3)
    assert vehicle.state.mission_current == 3, skipped
    with pytest.raises(SettingError, match="no item 99; its last is 8"):
        commands.skip_to(vehicle, 99)
    commands.return_home(vehicle)
    assert vehicle.state.mode == "RTL"
    commands.land(vehicle)
    assert vehicle.seen(lambda state: state.armed is False, 120)
    with pytest.raises(CommandRefusedError, match="stands disarmed"):
        commands.return_home(vehicle)


@pytest.mark.long
def test_answers_that_are_lost_are_no_refusals(lossy_way) -> None:
    """On a poor radio a drone that took off would be reported as one that does not answer."""
    settings = SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=10.0)
    with (
        Simulator(settings) as one,
        lossy_way(int(one.addresses[0].address.rpartition(":")[2]), 0.35, seed=9) as way,
        Vehicle.connect(way.address, system_id=1) as vehicle,
    ):
        assert wait_for(lambda: bool(vehicle.state.can_arm) and vehicle.state.home is not None, 15)
        word = simulator_confirmation(vehicle)
        for _ in range(2):
            commands.set_mode(vehicle, "GUIDED")
            commands.arm(vehicle, word)
            commands.disarm(vehicle)
        commands.take_off(vehicle, Altitude.home(10), word)
        commands.goto(vehicle, LonLat(HOME.lon, HOME.lat + 0.0005), Altitude.home(12))
        commands.return_home(vehicle)
        assert vehicle.state.mode == "RTL"


def test_nothing_leaves_the_ground_without_a_word(mission: Mission) -> None:
    """A drone would take off by a slip: armed on the ground, and somebody says “resume”."""
    with embedded() as vehicle:
        load(vehicle, mission)
        old = Confirmation("A. Serikov", 1, "take off", utc_now() - timedelta(seconds=61))
        other = Confirmation("A. Serikov", 2, "take off", datetime.now(UTC))
        for word in (old, other):
            with pytest.raises(NotConfirmedError):
                commands.take_off(vehicle, Altitude.home(15), word)
            with pytest.raises(NotConfirmedError):
                commands.arm(vehicle, word)
        assert vehicle.state.armed is False
        commands.set_mode(vehicle, "GUIDED")
        commands.arm(vehicle, simulator_confirmation(vehicle))
        with pytest.raises(NotConfirmedError, match="in AUTO it takes off"):
            commands.resume(vehicle)
        with pytest.raises(NotConfirmedError):
            commands.set_mode(vehicle, "AUTO")
        assert vehicle.state.mode == "GUIDED"


@pytest.mark.parametrize("height", [Altitude.home(0), Altitude.home(-5), Altitude.home(5000), Altitude.agl(20)])
def test_a_slip_of_the_finger_is_no_height(height: Altitude) -> None:
    """A drone would be sent up to 5000 m, or into the ground, by a digit too many."""
    with embedded() as vehicle, pytest.raises(SettingError):
        commands.take_off(vehicle, height, simulator_confirmation(vehicle))
