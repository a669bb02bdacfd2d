"""Transfer to ArduPilot itself, over a way that loses packets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from missions.compare import differences
from planner.errors import TransferError
from sim.sitl import Sitl, SitlSettings
from telemetry import Vehicle, download, load

INSTANCE = 22


@contextmanager
def ready(sitl: Sitl) -> Iterator[None]:
    """Just after its start ArduPilot has room for no item at all."""
    sitl.wait_ready()
    yield


@pytest.mark.sitl
@pytest.mark.parametrize("loss", [0.0, 0.3])
@pytest.mark.usefixtures("sitl_program")
def test_a_mission_arrives_whole_at_any_loss(many_items, mission, lossy_way, tmp_path: Path, loss: float) -> None:
    """Without it the edge of the radio's reach, or ArduPilot's own timing, would leave half a mission."""
    with (
        Sitl(SitlSettings(instance=INSTANCE, speedup=10.0, folder=tmp_path / "sitl")) as sitl,
        ready(sitl),
        lossy_way(sitl.settings.port, loss) as way,
        Vehicle.connect(way.address, system_id=1) as vehicle,
    ):
        long = many_items(60)
        report = load(vehicle, long)
        assert report.mission_items == 60
        assert (report.repeats > 10) == (loss > 0)
        load(vehicle, mission)
        assert differences(mission, download(vehicle)) == ()
        assert vehicle.is_simulator


@pytest.mark.sitl
@pytest.mark.usefixtures("sitl_program")
def test_more_items_than_it_holds_is_told(many_items, tmp_path: Path) -> None:
    """Without it a long patrol would end where the vehicle's memory does."""
    with (
        Sitl(SitlSettings(instance=INSTANCE, speedup=10.0, folder=tmp_path / "sitl")) as sitl,
        ready(sitl),
        Vehicle.connect(sitl.address, system_id=1) as vehicle,
        pytest.raises(TransferError, match="room"),
    ):
        load(vehicle, many_items(900))
