"""Files of ArduPilot itself: missions and parameters, over good ways and bad ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from missions.compare import differences
from missions.items import Mission
from planner.errors import CommandRefusedError, TransferError
from sim.link_faults import Faults, FaultyLink
from sim.sitl import Sitl, SitlSettings
from telemetry import Confirmation, Vehicle, download, load
from telemetry.address import Address
from telemetry.carrier import Manner
from telemetry.clock import utc_now
from telemetry.parameter_list import identity_of, read_parameters

INSTANCE = 125
BAD = Faults(loss=0.3, duplicate=0.1, reorder=0.1, delay_s=0.02, jitter_s=0.01)


@pytest.mark.sitl
@pytest.mark.usefixtures("sitl_program")
def test_ardupilots_files_are_read_and_written(many_items, mission: Mission, tmp_path: Path) -> None:
    """Without it our own simulator's files could be right, and ArduPilot's others."""
    long = Mission(many_items(600).items, mission.fence, mission.rally)
    with Sitl(SitlSettings(instance=INSTANCE, speedup=5.0, folder=tmp_path / "sitl")) as sitl:
        sitl.wait_ready()
        with Vehicle.connect(sitl.address, system_id=1) as vehicle:
            report = load(vehicle, long)
            assert (report.manner, report.sent_items) == (Manner.FILES, 609)
            assert differences(long, download(vehicle, manner=Manner.ITEMS)) == ()
            items = list(long.items)
            items[300] = replace(items[300], x=items[300].x + 70)
            moved = Mission(tuple(items), long.fence, long.rally)
            for manner in Manner:
                vehicle.loaded = long
                assert load(vehicle, moved, manner=manner).sent_items == 1
                vehicle.loaded = moved
                assert load(vehicle, long, manner=manner).sent_items == 1
            items[200] = replace(items[200], y=1_900_000_000)
            with pytest.raises(TransferError, match=r"item 200 of 600.*longitude invalid.*now holds no mission"):
                load(vehicle, Mission(tuple(items), long.fence, long.rally))
            assert len(download(vehicle).items) <= 1
            files, listed = read_parameters(vehicle), read_parameters(vehicle, manner=Manner.ITEMS)
            assert files.manner is Manner.FILES
            assert len(files.parameters) > 1000
            changing = {
                name for name in files.parameters if name.startswith(("STAT_", "BARO", "COMPASS", "INS_", "ARSPD"))
            }
            assert {k: v for k, v in files.parameters.items() if k not in changing} == {
                k: v for k, v in listed.parameters.items() if k not in changing
            }
            assert identity_of(vehicle).firmware
            with pytest.raises(CommandRefusedError, match="read only"):
                vehicle.set_parameter("MIS_TOTAL", 3)
            vehicle.set_parameter("RTL_ALT", 1700)
            vehicle.set_parameter("RTL_ALT", 1700)
        with (
            FaultyLink(Address.parse(sitl.address), up=BAD, down=BAD, seed=2) as way,
            Vehicle.connect(way.address, system_id=1) as vehicle,
        ):
            word = Confirmation("a test", 1, "load", utc_now())
            assert load(vehicle, long, confirmation=word).mission_items == 600
        with Vehicle.connect(sitl.address, system_id=1) as vehicle:
            assert differences(long, download(vehicle)) == ()
