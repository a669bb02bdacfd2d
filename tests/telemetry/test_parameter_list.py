"""All parameters of a vehicle: read, kept, compared, set; on the embedded simulator."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.mavparm import MAVParmDict

from planner.errors import CommandRefusedError, FileFormatError, InputError, SettingError
from sim import Simulator, SimulatorSettings
from sim.link_faults import Faults, FaultyLink
from telemetry import Vehicle
from telemetry.address import Address
from telemetry.carrier import Manner
from telemetry.parameter_list import identity_of, keep_parameters, kept_parameters, read_parameters
from telemetry.parameter_text import parameter_differences, read_parameter_file, write_parameter_file
from telemetry.parameters import ParameterType, as_float32, shown


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorSettings(port=0, speedup=1.0)) as one:
        yield one


@pytest.fixture
def vehicle(simulator: Simulator) -> Iterator[Vehicle]:
    with Vehicle.connect(simulator.addresses[0].address, system_id=1) as one:
        yield one


def test_file_and_list_bring_the_same(simulator: Simulator, vehicle: Vehicle) -> None:
    """Without it a vehicle without files would seem to be set otherwise."""
    files, items = read_parameters(vehicle), read_parameters(vehicle, manner=Manner.ITEMS)
    assert (files.manner, items.manner) == (Manner.FILES, Manner.ITEMS)
    assert files.parameters == items.parameters
    assert files.parameters["RTL_ALT"].value == 1500
    assert files.parameters["RTL_ALT"].kind is ParameterType.INT32
    assert len(files.parameters) == len(simulator.vehicles[0].parameters)


@pytest.mark.parametrize("manner", [Manner.FILES, pytest.param(Manner.ITEMS, marks=pytest.mark.long)])
def test_all_come_where_packets_are_lost(simulator: Simulator, manner: Manner) -> None:
    """Without it a gap in the list would hide a failsafe that is off."""
    bad = Faults(loss=0.2, duplicate=0.1, reorder=0.1)
    with (
        FaultyLink(Address.parse(simulator.addresses[0].address), up=bad, down=bad, seed=4) as way,
        Vehicle.connect(way.address, system_id=1) as vehicle,
    ):
        assert len(read_parameters(vehicle, manner=manner).parameters) == len(simulator.vehicles[0].parameters)


def test_what_was_read_is_kept_for_this_firmware_alone(vehicle: Vehicle, tmp_path: Path) -> None:
    """Without it parameters of an older firmware would be shown as this one's."""
    identity, found = identity_of(vehicle), read_parameters(vehicle)
    assert kept_parameters(identity, tmp_path) is None
    where = keep_parameters(identity, found, tmp_path)
    kept = kept_parameters(identity, tmp_path)
    assert kept is not None
    assert (kept.parameters, kept.read_at) == (found.parameters, found.read_at)
    assert "qyransim" in where.name
    where.write_text("{")
    assert kept_parameters(identity, tmp_path) is None


def test_a_saved_file_is_read_by_others_and_by_us(vehicle: Vehicle, tmp_path: Path) -> None:
    """Without it settings could not be carried to Mission Planner or MAVProxy and back."""
    found = read_parameters(vehicle)
    target = tmp_path / "one.param"
    write_parameter_file(target, found)
    assert read_parameter_file(target) == {name: pytest.approx(one.value) for name, one in found.parameters.items()}
    assert parameter_differences(read_parameter_file(target), found) == ()
    theirs = MAVParmDict()
    theirs.load(str(target))
    assert {name: as_float32(theirs[name]) for name in theirs} == {
        name: one.value for name, one in found.parameters.items() if name in theirs
    }
    assert len(theirs) > len(found.parameters) / 2
    theirs.save(str(tmp_path / "two.parm"))
    assert parameter_differences(read_parameter_file(tmp_path / "two.parm"), found) == ()


def test_differences_are_named(vehicle: Vehicle, tmp_path: Path) -> None:
    """Without it a drone that was set otherwise than its file would be flown as if it were not."""
    source = tmp_path / "wanted.param"
    source.write_text("# note\nRTL_ALT 3000\nFS_GCS_ENABLE,0\n1\t1\tNO_SUCH\t4\t9\nSTAT_RUNTIME,9\n")
    found = parameter_differences(read_parameter_file(source), read_parameters(vehicle))
    assert [str(one) for one in found] == [
        "NO_SUCH: 4 in the file; the vehicle has none of that name",
        "RTL_ALT: 3000 in the file, 1500 in the vehicle",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("RTL_ALT\n", "line 1: A line has a name and a value"),
        ("A,1\nRTL_ALT,high\n", "line 2: “high” is no number"),
        ("RTL_ALT,nan\n", "no value"),
        ("rtl,1\n", "no name"),
        ("RTL_ALT,1\nRTL_ALT,2\n", "line 2: RTL_ALT stands there twice"),
        ("# only a note\n", "no parameter in it"),
        ("", "no parameter in it"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """Without it half a file would be compared, and the rest passed over."""
    (tmp_path / "bad.param").write_text(text)
    with pytest.raises(FileFormatError, match=said):
        read_parameter_file(tmp_path / "bad.param")


def test_what_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    """Without it a wrong file name would end in a traceback."""
    (tmp_path / "bytes.param").write_bytes(os.urandom(500) + b"\xff")
    with pytest.raises(FileFormatError):
        read_parameter_file(tmp_path / "bytes.param")
    with pytest.raises(InputError, match="cannot be read"):
        read_parameter_file(tmp_path / "nothing.param")


def test_a_value_is_set_and_confirmed_within_its_type(simulator: Simulator, vehicle: Vehicle) -> None:
    """Without it a person would believe in a setting that the vehicle rounded, cut or refused."""
    parameters = simulator.vehicles[0].parameters
    vehicle.set_parameter("RTL_ALT", 2500)
    assert parameters["RTL_ALT"] == 2500
    version = parameters.version
    vehicle.set_parameter("RTL_ALT", 2500)
    assert parameters.version == version
    for name, value, said in (
        ("RTL_ALT", 2500.5, "whole numbers"),
        ("FENCE_TYPE", 300.0, "-128 to 127"),
        ("RTL_ALT", 16_777_217.0, "exactly"),
        ("FS_GCS_TIMEOUT", float("nan"), "no value"),
    ):
        with pytest.raises(SettingError, match=said):
            vehicle.set_parameter(name, value)
    began = time.monotonic()
    with pytest.raises(CommandRefusedError, match="read only"):
        vehicle.set_parameter("MIS_TOTAL", 7)
    assert time.monotonic() - began < 2
    with pytest.raises(CommandRefusedError, match="no such parameter"):
        vehicle.set_parameter("NO_SUCH", 7)
    vehicle.set_parameter("RTL_ALT", 1500)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_shown_value_is_read_back_the_same(value: float) -> None:
    """Without it a saved value would come back as another one."""
    assert as_float32(float(shown(value))) == value


def test_whole_numbers_of_px4_are_read_as_they_are_meant(new_peer) -> None:
    """Without it a PX4 vehicle's parameters would be shown as 1.4e-45."""
    with new_peer(1, autopilot=12) as peer:
        peer.capabilities = 16
        known = peer.parameters[1]
        known["COM_RCL_EXCEPT"] = struct.unpack("<f", struct.pack("<i", 4))[0]
        known["MPC_XY_VEL_MAX"] = 12.0
        peer.kinds = {"COM_RCL_EXCEPT": 6}
        with Vehicle.connect(peer.address, system_id=1) as vehicle:
            found = read_parameters(vehicle).parameters
    assert (found["COM_RCL_EXCEPT"].value, found["MPC_XY_VEL_MAX"].value) == (4.0, 12.0)
