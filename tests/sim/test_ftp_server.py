"""The embedded simulator's files, asked for with bare packets, as ArduPilot answers them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from sim_stations import HOME, Station, takeoff, waypoint

import sim.ftp
from sim import Simulator

HEADER = struct.Struct("<HBBBBBxI")
ACK, NACK = 128, 129
MISSION = b"@MISSION/mission.dat"
TERMINATE, LIST, OPEN, READ, CREATE, WRITE, BURST = 1, 3, 4, 5, 6, 7, 15


class Files:
    """Requests with one session number; every reply is handed back whole."""

    def __init__(self, station: Station, session: int = 7) -> None:
        self.station, self.session, self.sequence = station, session, 100

    def ask(self, op: int, data: bytes = b"", offset: int = 0, size: int | None = None) -> Any:
        self.sequence += 1
        return self.send(self.sequence, op, data, offset, size)

    def send(self, sequence: int, op: int, data: bytes, offset: int, size: int | None) -> tuple[int, bytes, int]:
        """Opcode, data and offset of the reply to exactly this request."""
        head = HEADER.pack(sequence, self.session, op, len(data) if size is None else size, 0, 0, offset)
        self.station.mav.file_transfer_protocol_send(0, self.station.target, 1, (head + data).ljust(251, b"\0"))
        while True:
            raw = bytes(self.station.wait("FILE_TRANSFER_PROTOCOL").payload)
            number, session, code, length, asked, _, at = HEADER.unpack_from(raw)
            if number == sequence + 1 and session == self.session:
                assert asked == op
                return code, raw[12 : 12 + length], at


@pytest.fixture
def files(fleet: Callable[..., Simulator], stations: Callable[..., Station]) -> Files:
    return Files(stations(fleet(speedup=1.0).addresses[0].address))


def header(kind: int, count: int, *, magic: int = 0x763D, options: int = 0, first: int = 0) -> bytes:
    return struct.pack("<HHHHH", magic, kind, options, first, count)


def packed(item: Any, number: int) -> bytes:
    command, frame, params, x, y, z = item
    return struct.pack("<4fiifHHBBBBBB", *params, x, y, z, number, command, 1, 1, frame, 0, 1, 0)


def write(files: Files, path: bytes, data: bytes) -> None:
    assert files.ask(CREATE, path)[0] == ACK
    for at in range(0, len(data), 239):
        assert files.ask(WRITE, data[at : at + 239], at)[0] == ACK
    assert files.ask(TERMINATE)[0] == ACK


def test_a_whole_file_comes_into_force(files: Files) -> None:
    """Ground stations that load missions as files could not be tried without a drone."""
    items = [HOME, takeoff(20), *(waypoint(10 * n, 0, 20) for n in range(20))]
    write(files, MISSION, header(0, len(items)) + b"".join(packed(one, n) for n, one in enumerate(items)))
    there = files.station.download()
    assert [(one.command, one.x, one.y) for one in there[2:]] == [(one[0], one[3], one[4]) for one in items[2:]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        header(0, 1),
        header(0, 2) + packed(HOME, 0),
        header(0, 1, magic=0) + packed(HOME, 0),
        header(0, 2) + packed(HOME, 0) + bytes(38),
    ],
    ids=["empty", "no items", "one is missing", "wrong magic", "an item of zeros"],
)
def test_a_file_that_is_not_whole_changes_nothing(files: Files, data: bytes) -> None:
    """A broken link would leave half a mission in the simulator, and nobody would learn to mind it."""
    files.station.upload([HOME, takeoff(20), waypoint(50, 0, 20)])
    write(files, MISSION, data)
    assert len(files.station.download()) == 3


def test_part_of_a_fence_is_refused(files: Files) -> None:
    """A fence with a hole would be taken for a whole one."""
    corners = [(5001, 3, (3.0, 0.0, 0.0, 0.0), *one[3:5], 0.0) for one in (waypoint(0, 0, 0), waypoint(50, 0, 0))]
    write(
        files,
        b"@MISSION/fence.dat",
        header(1, 2, options=1) + b"".join(packed(one, n) for n, one in enumerate(corners)),
    )
    write(files, b"@MISSION/fence.dat", header(1, 2) + b"".join(packed(one, n) for n, one in enumerate(corners)))
    assert files.station.download(1) == []


def test_one_session_at_a_time_until_it_is_idle(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ground stations would write into one file."""
    other = Files(files.station, session=9)
    assert files.ask(OPEN, MISSION)[0] == ACK
    assert other.ask(OPEN, MISSION)[:2] == (NACK, bytes([4]))
    assert files.ask(OPEN, MISSION)[:2] == (NACK, bytes([1]))
    assert other.ask(TERMINATE)[0] == ACK
    assert files.ask(READ, size=10)[0] == ACK
    monkeypatch.setattr(sim.ftp, "SESSION_S", 0.0)
    assert other.ask(OPEN, MISSION)[0] == ACK


def test_a_repeated_request_gets_the_same_answer(files: Files) -> None:
    """A lost reply to “open” would look like somebody else's open file."""
    first = files.ask(OPEN, MISSION)
    assert files.send(files.sequence, OPEN, MISSION, 0, None) == first


def test_nonsense_is_refused_and_nothing_breaks(files: Files) -> None:
    """A program that sends nonsense would take the simulated vehicle down."""
    assert files.ask(READ, size=10)[:2] == (NACK, bytes([10]))
    assert files.ask(WRITE, b"x")[:2] == (NACK, bytes([10]))
    assert files.ask(LIST, b"/")[:2] == (NACK, bytes([1]))
    assert files.ask(99)[:2] == (NACK, bytes([1]))
    assert files.ask(OPEN, b"")[:2] == (NACK, bytes([3]))
    assert files.ask(OPEN, b"@SYS/threads.txt")[:2] == (NACK, bytes([10]))
    assert files.ask(READ, size=250)[:2] == (NACK, bytes([3]))
    assert files.ask(OPEN, b"@PARAM/param.pck")[0] == ACK
    assert files.ask(READ, size=100)[0] == ACK
    assert files.ask(READ, size=50)[:2] == (NACK, bytes([1]))
    assert files.ask(WRITE, b"x")[:2] == (NACK, bytes([1]))
    assert files.ask(TERMINATE)[0] == ACK


def test_a_burst_brings_what_reads_bring(files: Files) -> None:
    """A file read in a burst would differ from the same file read block by block."""
    files.station.upload([HOME, *(waypoint(10 * n, 0, 20) for n in range(30))])
    assert files.ask(OPEN, MISSION)[0] == ACK
    by_reads, at = b"", 0
    while (answer := files.ask(READ, offset=at, size=239))[0] == ACK:
        by_reads, at = by_reads + answer[1], at + len(answer[1])
    assert answer[1] == bytes([6])
    code, data, _ = files.ask(BURST, offset=0, size=239)
    parts = [data]
    while code == ACK:
        raw = bytes(files.station.wait("FILE_TRANSFER_PROTOCOL").payload)
        _, _, code, length, _, _, offset = HEADER.unpack_from(raw)
        if code == ACK:
            assert offset == sum(map(len, parts))
            parts.append(raw[12 : 12 + length])
    assert b"".join(parts) == by_reads
    assert len(by_reads) == 10 + 38 * 31
