"""Dataflash logs: the same answer as pymavlink's, and a flight like one from a .tlog."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from pymavlink import DFReader

from planner.errors import FileFormatError
from telemetry.events import EventKind
from telemetry.logs import open_columns, read_log
from telemetry.logs.dataflash import read_dataflash_columns

HEAD = b"\xa3\x95"
FORMATS = {
    129: ("POS", "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt"),
    130: ("ATT", "QccC", "TimeUS,Roll,Pitch,Yaw"),
    131: ("GPS", "QBIHf", "TimeUS,I,GMS,GWk,Spd"),
    132: ("MSG", "QZ", "TimeUS,Message"),
    133: ("EV", "QB", "TimeUS,Id"),
    134: ("MODE", "QMBB", "TimeUS,Mode,ModeNum,Rsn"),
    135: ("PARM", "QNf", "TimeUS,Name,Value"),
}


def packed(number: int, *values: object) -> bytes:
    _, letters, _ = FORMATS[number]
    struct_of = "<" + "".join(DFReader.FORMAT_TO_STRUCT[one][0] for one in letters)
    return HEAD + bytes([number]) + struct.pack(struct_of, *values)


def descriptions() -> bytes:
    out = struct.pack("<2sBBB4s16s64s", HEAD, 128, 128, 89, b"FMT", b"BBnNZ", b"Type,Length,Name,Format,Columns")
    for number, (name, letters, columns) in FORMATS.items():
        size = 3 + struct.calcsize("<" + "".join(DFReader.FORMAT_TO_STRUCT[one][0] for one in letters))
        out += struct.pack("<2sBBB4s16s64s", HEAD, 128, number, size, name.encode(), letters.encode(), columns.encode())
    return out


def flight() -> list[bytes]:
    """Ten seconds: armed at the first of them, disarmed at the last."""
    messages = [packed(135, 1_000_000, b"SYSID_THISMAV", 7.0), packed(131, 1_000_000, 0, 95_533_000, 2446, 5.0)]
    messages += [packed(133, 1_000_000, 10), packed(134, 1_000_000, 3, 3, 1), packed(132, 1_100_000, b"Arming motors")]
    for tick in range(100):
        us = 1_000_000 + tick * 100_000
        messages.append(packed(129, us, 432_567_000 + tick, 769_286_000, 800.0 + tick, float(tick), 0.0))
        messages.append(packed(130, us, 150, -250, 35_900))
        messages.append(packed(131, us, 0, 95_533_000 + tick * 100, 2446, 5.0))
    return [*messages, packed(133, 10_900_000, 11)]


def written(folder: Path, data: bytes) -> Path:
    path = folder / "00000001.BIN"
    path.write_bytes(data)
    return path


def assert_as_pymavlink(path: Path, kinds: tuple[str, ...]) -> None:
    opened = read_dataflash_columns(path)
    reader = DFReader.DFReader_binary(str(path))
    theirs: dict[str, list] = {one: [] for one in kinds}
    while (message := reader.recv_match(type=list(kinds), strict=True)) is not None:
        theirs[message.get_type()].append(message)
    reader.close()
    for name, rows in theirs.items():
        table = opened[name]
        assert len(table) == len(rows)
        np.testing.assert_allclose(table.time_s, [one._timestamp for one in rows], rtol=0, atol=2e-6)
        for field in table.fields:
            told = [getattr(one, field) for one in rows]
            if isinstance(told[0], str):
                # Bytes that are no UTF-8 are shown otherwise.
                assert [one.encode("ascii", "ignore") for one in table.words(field)] == [
                    one.encode("ascii", "ignore") for one in told
                ]
            elif not isinstance(told[0], bytes):
                np.testing.assert_allclose(table.scaled(field).astype(float), told, rtol=1e-12, equal_nan=True)


def test_a_log_reads_as_pymavlink_reads_it(tmp_path: Path) -> None:
    """Angles would be a hundred times too large, and the flight in another year."""
    path = written(tmp_path, descriptions() + b"".join(flight()))
    assert_as_pymavlink(path, ("POS", "ATT", "GPS", "MSG", "EV", "MODE", "PARM"))
    assert open_columns(path).damage.is_none


def test_a_flight_from_the_vehicles_own_log(tmp_path: Path) -> None:
    """A flight whose radio was cut off, of which only the vehicle has a record, could not be shown or counted."""
    log = read_log(written(tmp_path, descriptions() + b"".join(flight())))
    assert (log.system_id, len(log.track), log.duration_s) == (7, 100, pytest.approx(9.9))
    assert log.track.roll_deg[0] == pytest.approx(1.5)
    assert log.track.heading_deg[5] == pytest.approx(359.0)
    assert log.track.speed_mps[50] == pytest.approx(5.0)
    assert [one.kind for one in log.events] == [
        EventKind.MODE,
        EventKind.ARMED,
        EventKind.TEXT,
        EventKind.DISARMED,
    ]


@pytest.mark.parametrize("damage", ["garbage", "unknown", "cut"])
def test_a_damaged_log_opens_as_far_as_it_goes(damage: str, tmp_path: Path) -> None:
    """A card with one bad block would lose the whole flight; pymavlink's reader stops at the first."""
    messages = flight()
    middle = {"garbage": b"\x00\x13\xa3rubbish\xa3\x95", "unknown": HEAD + b"\xc8" + b"x" * 20, "cut": messages[50][:9]}
    data = descriptions() + b"".join(messages[:50]) + middle[damage] + b"".join(messages[50:])
    opened = read_dataflash_columns(written(tmp_path, data + messages[0][:12]))
    assert sum(opened.counts.values()) == len(messages) + len(FORMATS) + 1
    assert not opened.damage.is_none
    assert opened.damage.truncated
    assert opened.damage.spots[0].at == len(descriptions()) + sum(map(len, messages[:50]))


@pytest.mark.parametrize("seed", range(8))
def test_damage_within_messages_gives_no_nonsense(seed: int, tmp_path: Path) -> None:
    """No checksum covers a dataflash message: one spoilt byte would put a flight into another year or country."""
    chance, clean = random.Random(seed), descriptions() + b"".join(flight())
    data = bytearray(clean)
    for _ in range(20):
        data[chance.randrange(len(descriptions()), len(data))] = chance.randrange(256)
    log, whole = read_log(written(tmp_path, bytes(data))), read_log(written(tmp_path, clean))
    assert log.started is not None
    assert whole.started is not None
    assert abs((log.started - whole.started).total_seconds()) < 120
    assert len(log.track) > 80
    assert np.ptp(log.track.time_s) < 3600
    assert np.ptp(log.track.lat) < 6


def test_what_has_no_messages_is_refused(tmp_path: Path) -> None:
    """A wrong file would open as a flight."""
    with pytest.raises(FileFormatError, match="No message"):
        open_columns(written(tmp_path, HEAD + b"rubbish"))
    text = tmp_path / "00000001.log"
    text.write_text("FMT, 128, 89, FMT, BBnNZ, Type,Length,Name,Format,Columns\n")
    with pytest.raises(FileFormatError, match="as text"):
        open_columns(text)
    text.write_bytes(b"\x1f\x8b\x08" + b"\0" * 50)
    with pytest.raises(FileFormatError, match="gzip"):
        read_log(text)


@pytest.mark.sitl
def test_the_log_that_sitl_keeps_is_the_flight_that_was_seen(sitl_program: None, tmp_path: Path, mission) -> None:
    """ArduPilot's real logs would not open, or show another flight than the one that was flown."""
    from sim.sitl import Sitl, SitlSettings
    from telemetry import Vehicle, fly, load, simulator_confirmation

    with (
        Sitl(SitlSettings(instance=140, speedup=30, folder=tmp_path / "sitl")) as sitl,
        Vehicle.connect(sitl.address, tlog=tmp_path / "flight.tlog") as vehicle,
    ):
        word = simulator_confirmation(vehicle)
        load(vehicle, mission, confirmation=word)
        record = fly(vehicle, mission, confirmation=word, predicted_s=None, folder=tmp_path)
    assert record.outcome.is_landed
    path = max((tmp_path / "sitl").rglob("*.BIN"), key=lambda one: one.stat().st_size)
    assert_as_pymavlink(path, ("MSG", "MODE", "EV", "CMD"))
    onboard, radio = read_log(path), read_log(tmp_path / "flight.tlog")
    assert onboard.duration_s == pytest.approx(radio.duration_s, abs=3)
    assert onboard.system_id == radio.system_id
    assert onboard.track.alt_home_m.max() == pytest.approx(radio.track.alt_home_m.max(), abs=0.5)
    assert onboard.track.lat.max() == pytest.approx(radio.track.lat.max(), abs=2e-5)
