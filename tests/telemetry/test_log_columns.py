"""Logs as columns: the same answer as pymavlink's, and nothing that is whole is lost to damage beside it."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.errors import FileFormatError, SettingError
from telemetry.logs import Flaw, messages, open_columns, read_index, read_tlog_columns

START_US = 1_780_000_000_000_000


def said(count: int = 60, *, signed: bool = False, version_1: bool = False, systems: int = 2) -> list[bytes]:
    """Packets of several vehicles: short and long ones, with texts, arrays, zeros at their ends."""
    senders = [mavlink.MAVLink(None, srcSystem=one + 1, srcComponent=1) for one in range(systems)]
    for one in senders:
        if signed:
            one.signing.secret_key = b"s" * 32
            one.signing.sign_outgoing = True
    packets = []
    for tick in range(count):
        sender = senders[tick % systems]
        kinds = (
            mavlink.MAVLink_heartbeat_message(2, 3, 81, tick % 7, 4, 3),
            mavlink.MAVLink_attitude_message(tick * 100, 0.1 * tick, -0.2, 0.0, 0.0, 0.0, 0.0),
            mavlink.MAVLink_global_position_int_message(tick, 432_567_000, 769_286_000 + tick, 8, 9, -1, 2, 3, 900),
            mavlink.MAVLink_statustext_message(6, f"text {tick}".encode(), 0, 0),
            mavlink.MAVLink_battery_status_message(0, 1, 1, 2500, [4100] * 4 + [0] * 6, 10, 20, 30, 40, 0, 0, [0] * 4),
        )
        packets.append(bytes(kinds[tick % len(kinds)].pack(sender, force_mavlink1=version_1)))
        sender.seq = (sender.seq + 1) % 256
    return packets


def stamped(packets: list[bytes], step_us: int = 50_000) -> list[bytes]:
    return [struct.pack(">Q", START_US + step_us * row) + packet for row, packet in enumerate(packets)]


def written(folder: Path, data: bytes, name: str = "a.tlog") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def by_pymavlink(path: Path) -> dict[str, list]:
    theirs: dict[str, list] = {}
    reader = mavutil.mavlink_connection(str(path), dialect="ardupilotmega")
    try:
        while (message := reader.recv_msg()) is not None:
            if message.get_type() != "BAD_DATA" and message.get_msgId() in mavlink.mavlink_map:
                theirs.setdefault(message.get_type(), []).append(message)
    finally:
        reader.close()
    return theirs


def assert_equal(path: Path) -> None:
    opened, theirs = read_tlog_columns(path), by_pymavlink(path)
    assert opened.counts == {name: len(rows) for name, rows in theirs.items()}
    for name, rows in theirs.items():
        table = opened[name]
        assert table.system.tolist() == [one.get_srcSystem() for one in rows]
        np.testing.assert_allclose(table.time_s, [one._timestamp for one in rows], rtol=0, atol=2e-6)
        # MAVLink 1's definitions, which pymavlink takes for such logs, lack the fields that were added later.
        for field in [one for one in table.fields if one in rows[0].get_fieldnames()]:
            told = [getattr(one, field) for one in rows]
            if isinstance(told[0], str):
                assert table.words(field) == told
            else:
                np.testing.assert_array_equal(table[field], np.array(told, dtype=table[field].dtype))


@pytest.mark.parametrize("name", ["dronekit_flight_replay.tlog", "gamma_ros_ws_mav.tlog"])
def test_foreign_logs_have_every_field_as_pymavlink_reads_it(logs: Path, name: str, tmp_path: Path) -> None:
    """A figure taken from the columns of a real flight would not be what the vehicle said."""
    assert_equal(written(tmp_path, (logs / name).read_bytes()[:150_000]))


@pytest.mark.parametrize("kind", [{}, {"version_1": True}, {"signed": True}])
def test_both_versions_and_signed_packets_read_as_pymavlink_reads_them(kind: dict[str, bool], tmp_path: Path) -> None:
    """Zeros that MAVLink 2 leaves away, arrays or signatures would shift every field behind them."""
    path = written(tmp_path, b"".join(stamped(said(**kind))))
    assert_equal(path)
    assert read_tlog_columns(path).damage.is_none


def test_the_size_of_the_pieces_changes_nothing(logs: Path) -> None:
    """A packet across the border of two pieces would be lost or counted twice, in large logs only."""
    path = logs / "gamma_ros_ws_mav.tlog"
    whole, small = read_tlog_columns(path), read_tlog_columns(path, block=2_000)
    assert small.counts == whole.counts
    for name in whole:
        assert small[name].rows.tobytes() == whole[name].rows.tobytes()
        np.testing.assert_array_equal(small[name].order, whole[name].order)


def test_one_vehicle_of_several_and_only_what_is_asked_for(tmp_path: Path) -> None:
    """Two drones' figures would be taken for one's."""
    opened = open_columns(written(tmp_path, b"".join(stamped(said(systems=3)))), only=["attitude"])
    assert list(opened) == ["ATTITUDE"]
    assert set(opened["ATTITUDE"].system) == {1, 2, 3}
    ours = opened["ATTITUDE"].of(2)
    assert len(ours) == 4
    assert set(ours.system) == {2}
    with pytest.raises(SettingError, match="no message"):
        open_columns(opened.path, only=["ATTITUDES"])
    with pytest.raises(SettingError, match="no field"):
        ours["rol"]


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_every_whole_packet_is_found_whatever_is_beside_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """One bad sector, one lost byte or a piece of another file in a log would cost packets that are whole."""
    kind = data.draw(st.sampled_from([{}, {"version_1": True}, {"signed": True}]))
    pieces: list[tuple[bytes, bool]] = [(one, True) for one in stamped(said(40, **kind))]
    for _ in range(data.draw(st.integers(1, 6))):
        row = data.draw(st.integers(0, len(pieces) - 1))
        piece, whole = pieces[row]
        match data.draw(st.sampled_from(["garbage", "flip", "cut", "gone"])):
            case "garbage":
                pieces.insert(row, (data.draw(st.binary(min_size=1, max_size=400)), False))
            case "flip" if whole:
                # Not in a signature, which no checksum covers.
                place = data.draw(st.integers(8, len(piece) - (14 if "signed" in kind else 1)))
                spoilt = bytearray(piece)
                spoilt[place] ^= 1 << data.draw(st.integers(0, 7))
                pieces[row] = (bytes(spoilt), False)
            case "cut":
                pieces[row] = (piece[: data.draw(st.integers(0, max(0, len(piece) - 1)))], False)
            case "gone":
                del pieces[row]
    at, expected = 0, []
    for piece, whole in pieces:
        if whole:
            expected.append(at + 8)
        at += len(piece)
    if not expected:
        return
    path = tmp_path_factory.getbasetemp() / "columns.tlog"
    path.write_bytes(b"".join(piece for piece, _ in pieces))
    index, damage = read_index(path, block=data.draw(st.sampled_from([700, 1 << 20])))
    found = index.start.tolist()
    assert set(expected) <= set(found)
    # A lost last byte may be the one that follows.
    assert len(found) <= len(expected) + 6
    if any(not whole and piece for piece, whole in pieces):
        assert not damage.is_none


def test_damage_is_counted_by_kind_and_place(tmp_path: Path) -> None:
    """Nobody could say how much of a piece of evidence is missing, and where."""
    pieces = stamped(said(20))
    spoilt = bytearray(pieces[4])
    spoilt[12 + 8] ^= 0x55
    foreign = struct.pack(">Q", START_US + 450_000) + bytes([0xFD, 4, 0, 0, 0, 1, 1, 0x39, 0x30, 0, *b"abcd", 1, 2])
    data = b"".join(pieces[:4]) + bytes(spoilt) + b"".join(pieces[5:9]) + foreign + b"".join(pieces[9:15])
    data += b"rubbish here" + b"".join(pieces[15:]) + pieces[0][:15]
    damage = read_tlog_columns(written(tmp_path, data)).damage
    assert (damage.packets_bad, damage.packets_unknown, damage.unknown) == (1, 1, {12345: 1})
    assert damage.bytes_skipped == len(b"rubbish here") + 15
    assert damage.truncated
    flaws = [(one.flaw, one.at, one.length) for one in damage.spots]
    assert flaws[0] == (Flaw.CHECKSUM, sum(map(len, pieces[:4])), len(pieces[4]))
    assert [flaw for flaw, _, _ in flaws] == [Flaw.CHECKSUM, Flaw.UNKNOWN, Flaw.GARBAGE, Flaw.CUT]
    assert data[flaws[2][1] :][:12] == b"rubbish here"
    assert flaws[3][1:] == (len(data) - 15, 15)


def test_times_that_cannot_be_right(tmp_path: Path) -> None:
    """One wrong time would stretch a flight over fifty years, or send it back to 1970."""
    pieces = stamped(said(30))
    pieces[7] = struct.pack(">Q", 0) + pieces[7][8:]
    pieces[12] = struct.pack(">Q", START_US + 10**14) + pieces[12][8:]
    pieces[20:] = [struct.pack(">Q", START_US - 5_000_000 + row) + one[8:] for row, one in enumerate(pieces[20:])]
    index, damage = read_index(written(tmp_path, b"".join(pieces)))
    assert len(index) == 30
    assert (damage.stamps_bad, damage.steps_back) == (2, 1)
    assert index.stamp_us[7] == index.stamp_us[6]
    assert index.stamp_us[12] == index.stamp_us[11]
    assert index.stamp_us[20] == START_US - 5_000_000


@pytest.mark.parametrize("stamp", [0, 5_000_000])
def test_a_recorder_that_did_not_know_the_time(stamp: int, tmp_path: Path) -> None:
    """The log of a companion computer without a clock would not open."""
    path = written(tmp_path, b"".join(struct.pack(">Q", stamp + row) + one for row, one in enumerate(said(30))))
    opened = read_tlog_columns(path)
    assert sum(opened.counts.values()) == 30
    assert opened.damage.is_none


def test_a_raw_stream_without_times_opens(tmp_path: Path) -> None:
    """What was captured from a serial line could not be looked at."""
    opened = read_tlog_columns(written(tmp_path, b"".join(said(30))))
    assert sum(opened.counts.values()) == 30
    assert opened.damage.stamps_bad == 30


def test_a_log_inside_a_packet_is_not_read_as_the_log(tmp_path: Path) -> None:
    """A log that is fetched over the link would mix its old flight into the one that is recorded."""
    inner = b"".join(stamped(said(4, systems=1)))[:239]
    sender = mavlink.MAVLink(None, srcSystem=9, srcComponent=1)
    carrier = mavlink.MAVLink_file_transfer_protocol_message(0, 255, 190, list(inner.ljust(251, b"\1"))).pack(sender)
    pieces = said(6)
    path = written(tmp_path, b"".join(stamped([*pieces[:3], bytes(carrier), *pieces[3:]])))
    assert sum(read_tlog_columns(path).counts.values()) == 7


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"words " * 4000, "No MAVLink packet"), (random.Random(1).randbytes(400_000), "No MAVLink")],
    ids=["empty", "words", "noise"],
)
def test_what_is_no_log_is_refused_in_words(content: bytes, sentence: str, tmp_path: Path) -> None:
    """A wrong file would show as a flight in which nothing happened."""
    with pytest.raises(FileFormatError, match=sentence):
        open_columns(written(tmp_path, content))
    with pytest.raises(FileFormatError, match="folder"):
        open_columns(tmp_path)
    with pytest.raises(FileFormatError, match="cannot be read"):
        open_columns(tmp_path / "missing.tlog")


def test_messages_in_order_are_pymavlinks_own(tmp_path: Path) -> None:
    """A replay would show other values than those that were recorded."""
    path = written(tmp_path, b"".join(stamped(said(50))))
    index, _ = read_index(path)
    theirs = sorted((one for rows in by_pymavlink(path).values() for one in rows), key=lambda one: one._timestamp)
    ours = list(messages(path, index))
    assert [one.get_type() for one in ours] == [one.get_type() for one in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        where = (mine.get_srcSystem(), mine.get_srcComponent(), mine.get_seq(), mine.get_msgId())
        assert where == (other.get_srcSystem(), other.get_srcComponent(), other.get_seq(), other.get_msgId())
        assert {name: getattr(mine, name) for name in other.get_fieldnames()} == {
            name: getattr(other, name) for name in other.get_fieldnames()
        }
