"""Telemetry logs: written so that others open them, read as far as they go."""

from __future__ import annotations

import math
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.errors import FileFormatError
from telemetry.events import EventKind
from telemetry.tlog import TlogWriter, read_tlog

START_US = 1_780_000_000_000_000


def flight_packets(seconds: int = 20, *, pace: float = 1.0) -> list[tuple[int, bytes]]:
    """A climb and a way east, five positions a second of the vehicle, received ``pace`` times as fast."""
    sender = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    packets: list[tuple[int, bytes]] = []

    def add(boot_s: float, message) -> None:
        packets.append((START_US + int(boot_s / pace * 1e6), bytes(message.pack(sender))))
        sender.seq = (sender.seq + 1) % 256

    for tick in range(seconds * 5):
        boot_s = 100 + tick / 5
        boot_ms = int(boot_s * 1000)
        if tick % 5 == 0:
            armed = 128 if 1 <= tick // 5 < seconds - 2 else 0
            mode = 3 if tick // 5 >= 2 else 4
            add(boot_s, mavlink.MAVLink_heartbeat_message(2, 3, 1 | armed, mode, 4, 3))
        add(boot_s, mavlink.MAVLink_attitude_message(boot_ms, 0.1, -0.05, 0.0, 0, 0, 0))
        lon = 769_286_000 + tick * 100
        position = (boot_ms, 432_567_000, lon, 800_000 + tick * 100, tick * 100, 0, 500, 0, 9000)
        add(boot_s, mavlink.MAVLink_global_position_int_message(*position))
    add(100 + seconds, mavlink.MAVLink_statustext_message(6, b"Disarming motors", 0, 0))
    camera = (0, 1, 0, 3, 432_567_000, 769_287_000, 810.0, 10.0, 1.0, -2.0, -90.0, 0.0, 0)
    add(100 + seconds, mavlink.MAVLink_camera_feedback_message(*camera))
    return packets


def log_bytes(packets: list[tuple[int, bytes]]) -> bytes:
    return b"".join(struct.pack(">Q", stamp) + packet for stamp, packet in packets)


def test_track_events_and_pictures_of_a_flight(tmp_path: Path) -> None:
    """Without it a flown patrol could not be shown, measured or proved from its log."""
    path = tmp_path / "flight.tlog"
    path.write_bytes(log_bytes(flight_packets()))
    log = read_tlog(path)
    assert (log.system_id, log.systems, log.damage.is_none) == (1, (1,), True)
    assert len(log.track) == 100
    np.testing.assert_allclose(np.diff(log.track.time_s), 0.2, atol=1e-6)
    assert log.track.lon[0] == pytest.approx(76.9286)
    assert log.track.alt_home_m[-1] == pytest.approx(9.9)
    assert log.track.speed_mps[3] == pytest.approx(5.0)
    assert log.track.roll_deg[3] == pytest.approx(math.degrees(0.1), abs=1e-4)
    kinds = [one.kind for one in log.events]
    assert kinds == [EventKind.MODE, EventKind.ARMED, EventKind.MODE, EventKind.DISARMED, EventKind.TEXT]
    assert (log.pictures[0].number, log.pictures[0].heading_deg) == (3, 270.0)


def test_a_sped_up_flight_keeps_its_own_seconds(tmp_path: Path) -> None:
    """Without it a simulated flight at twenty times real time would last a twentieth, at twenty times its speed."""
    path = tmp_path / "fast.tlog"
    path.write_bytes(log_bytes(flight_packets(pace=20.0)))
    track = read_tlog(path).track
    assert track.time_s[-1] - track.time_s[0] == pytest.approx(19.8)


def test_mavlogdump_opens_what_we_write(tmp_path: Path) -> None:
    """Without it Mission Planner and everybody else's tools could not open the evidence."""
    path = tmp_path / "flight.tlog"
    writer = TlogWriter(path)
    packets = flight_packets(seconds=5)
    for _, packet in packets:
        writer.write(packet)
    writer.close()
    names = mavlogdump(path)
    assert len(names) == len(packets)
    assert names.count("GLOBAL_POSITION_INT") == 25
    log = read_tlog(path)
    assert log.damage.is_none
    assert log.ended is not None
    assert abs(log.ended.timestamp() - time.time()) < 5


def mavlogdump(path: Path) -> list[str]:
    """The message names as pymavlink's own tool prints them."""
    tool = Path(sys.executable).with_name("mavlogdump.py")
    done = subprocess.run(
        [sys.executable, str(tool), str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    return [line.split(": ", 1)[1].split(" ", 1)[0] for line in done.stdout.splitlines() if ": " in line]


@pytest.mark.parametrize("name", ["dronekit_flight_replay.tlog", "gamma_ros_ws_mav.tlog"])
def test_foreign_logs_read_as_pymavlink_reads_them(logs: Path, name: str, tmp_path: Path) -> None:
    """Without it logs from other ground stations, old and half broken, could not be used."""
    path = tmp_path / name
    path.write_bytes((logs / name).read_bytes()[:300_000])
    log = read_tlog(path)
    theirs: dict[str, int] = {}
    reader = mavutil.mavlink_connection(str(path), dialect="ardupilotmega")
    try:
        while (message := reader.recv_msg()) is not None:
            if message.get_type() != "BAD_DATA" and message.get_msgId() in mavlink.mavlink_map:
                theirs[message.get_type()] = theirs.get(message.get_type(), 0) + 1
    finally:
        reader.close()
    for kind in ("GLOBAL_POSITION_INT", "HEARTBEAT", "ATTITUDE", "STATUSTEXT"):
        assert log.counts[kind] == theirs[kind]
    assert len(log.track) > 100
    assert log.system_id == 1
    assert np.all(np.diff(log.track.time_s) >= 0)


def test_a_log_cut_anywhere_reads_up_to_there(tmp_path: Path) -> None:
    """Without it the log of a flight that ended in a crash of ours would be lost with its last packet."""
    packets = flight_packets(seconds=4)
    data = log_bytes(packets)
    path = tmp_path / "cut.tlog"
    sizes = np.cumsum([8 + len(packet) for _, packet in packets])
    for cut in range(60, len(data), 97):
        path.write_bytes(data[:cut])
        whole = int(np.searchsorted(sizes, cut, side="right"))
        log = read_tlog(path)
        assert sum(log.counts.values()) == whole
        assert log.damage.truncated == (cut not in sizes)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_costs_only_what_it_hits(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Without it one bad sector in the middle would cost the rest of a flight, and nobody would be told."""
    packets = flight_packets(seconds=6)
    whole = log_bytes(packets)
    start = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=60))
    path = tmp_path_factory.getbasetemp() / "damaged.tlog"
    path.write_bytes(whole[:start] + junk + whole[start + len(junk) :])
    log = read_tlog(path)
    hit = 2 + len(junk) // 20
    assert sum(log.counts.values()) >= len(packets) - hit
    changed = path.read_bytes() != whole
    if changed and sum(log.counts.values()) < len(packets):
        assert not log.damage.is_none


def test_a_file_that_is_no_log_is_refused(tmp_path: Path) -> None:
    """Without it a wrong file would show as a flight in which nothing happened."""
    path = tmp_path / "words.tlog"
    path.write_text("this is no log at all " * 50)
    with pytest.raises(FileFormatError):
        read_tlog(path)
    with pytest.raises(FileFormatError):
        read_tlog(tmp_path / "missing.tlog")


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Without it a flight would go unrecorded and nobody would know before it is asked for."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FileFormatError):
        TlogWriter(tmp_path / "file" / "flight.tlog")


def test_a_full_disk_stops_the_recording_and_says_so() -> None:
    """Without it a full disk would end the flight's watch, or end the recording in silence."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    writer = TlogWriter(full)
    writer.write(b"\xfd" + b"\0" * 20)
    assert writer.trouble is not None
    writer.write(b"\xfd" + b"\0" * 20)
    writer.close()
