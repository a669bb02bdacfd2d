"""A drone that loses its ground station in AUTO comes home within seconds; one that would not is not let up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pymavlink import mavutil

from missions.items import Mission
from planner.quantities import LonLat
from telemetry import Needs, Vehicle, commands, load, mend, preflight_checks, prepare, simulator_confirmation
from telemetry.link import wait_for

HOME = LonLat(76.9286, 43.2567)
INSTANCE = 133
SPEEDUP = 5.0
"""Its time-outs shrink with it: 5 s of its own are one of ours, enough for a busy machine's heartbeats."""


@pytest.mark.sitl
@pytest.mark.timeout(200)
def test_without_heartbeats_it_leaves_auto_within_seven_seconds(
    mission: Mission, tmp_path: Path, sitl_program: None
) -> None:
    """A drone whose ground station died would fly on with nobody at the sticks, and the preflight would not say so."""
    from sim.sitl import Sitl, SitlSettings

    settings = SitlSettings(home=HOME, home_amsl_m=800.0, instance=INSTANCE, speedup=20.0, folder=tmp_path / "sitl")
    with Sitl(settings) as program:
        program.wait_ready()
        with Vehicle.connect(program.address, system_id=1) as vehicle:
            load(vehicle, mission)
            assert wait_for(lambda: bool(vehicle.state.can_arm) and vehicle.state.home is not None, 30)
            lines = {one.name: one for one in preflight_checks(vehicle, mission, Needs())}
            off = lines["ground station lost"]
            assert off.blocks, "ArduPilot's default is off, and the preflight refuses it"
            assert str(off.change) == "FS_GCS_ENABLE 0 → 1"
            word = simulator_confirmation(vehicle)
            mend(vehicle, [off], word)
            prepare(vehicle, mission, word)
            vehicle.set_parameter("SIM_SPEEDUP", SPEEDUP)
            vehicle.set_parameter("FS_GCS_TIMEOUT", 5.0)
            lines = {one.name: one for one in preflight_checks(vehicle, mission, Needs())}
            assert lines["ground station lost"].ok
            assert "after 5 s without a ground station: it returns home" in lines["ground station lost"].sentence
            commands.set_mode(vehicle, "GUIDED")
            commands.arm(vehicle, word)
            commands.start_mission(vehicle, word)
            assert vehicle.seen(lambda state: (state.altitude_home.metres if state.altitude_home else 0) > 10, 60)
            watching = mavutil.mavlink_connection(f"tcp:127.0.0.1:{5762 + 10 * INSTANCE}", source_system=77)
            watching.mav.request_data_stream_send(1, 1, 0, 20, 1)
            assert watching.recv_match(type="GLOBAL_POSITION_INT", blocking=True, timeout=10)
            assert vehicle.state.mode == "AUTO"
        # The link is closed: nobody sends heartbeats any more, and this is the last that was heard through it.
        lost = vehicle.state.boot_s
        assert lost is not None
        try:
            left = _left_auto(watching, lost)
        finally:
            watching.close()
    assert 3.5 < left - lost < 7.0, "the vehicle's own seconds from the last heartbeat to the other mode"


def _left_auto(watching, since_s: float) -> float:
    """The vehicle's own time when its mode is RTL, after a moment of its own time."""
    boot_s = 0.0
    end = time.monotonic() + 60
    while time.monotonic() < end:
        message = watching.recv_match(type=["GLOBAL_POSITION_INT", "HEARTBEAT"], blocking=True, timeout=5)
        assert message is not None, "the vehicle fell silent"
        if message.get_type() == "GLOBAL_POSITION_INT":
            boot_s = message.time_boot_ms / 1000.0
        elif message.get_srcComponent() == 1 and boot_s > since_s and message.custom_mode == 6:
            return boot_s
    raise AssertionError("it never left AUTO")
