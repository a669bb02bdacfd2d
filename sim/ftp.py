"""MAVLink FTP as ArduPilot speaks it: one session, one open file, a burst that needs no answers (GCS_FTP, 4.6)."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from sim.ftp_files import File, ListReader, ListWriter, ParameterReader
from sim.mission_protocol import MissionProtocol
from sim.wire import Inbound

if TYPE_CHECKING:
    from sim.link import Link
    from sim.vehicle import Vehicle

_HEADER = struct.Struct("<HBBBBBxI")
BLOCK = 239
SESSION_S = 3.0
"""An idle session is ended after so long, when another one comes."""
BURST_BLOCKS = 500
ACK, NACK = 128, 129
_LISTS = {"@MISSION/mission.dat": 0, "@MISSION/fence.dat": 1, "@MISSION/rally.dat": 2}
_PARAMETERS = "@PARAM/param.pck"


class Op(IntEnum):
    """Requests that are understood."""

    NONE = 0
    TERMINATE = 1
    RESET = 2
    OPEN_TO_READ = 4
    READ = 5
    CREATE = 6
    WRITE = 7
    OPEN_TO_WRITE = 11
    CRC32 = 14
    BURST = 15


class Fault(IntEnum):
    """Why a request is answered with NACK."""

    FAIL = 1
    FAIL_ERRNO = 2
    INVALID_SIZE = 3
    INVALID_SESSION = 4
    END_OF_FILE = 6
    NOT_FOUND = 10


class _No(Exception):  # noqa: N818 - it is an answer, not an error of this program
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.name)


@dataclass(frozen=True, slots=True)
class _Frame:
    sequence: int
    session: int
    op: int
    size: int
    offset: int
    data: bytes = b""
    answers: int = 0
    burst_is_over: bool = False

    def pack(self) -> bytes:
        head = _HEADER.pack(
            self.sequence & 0xFFFF, self.session, self.op, self.size, self.answers, self.burst_is_over, self.offset
        )
        return (head + self.data).ljust(_HEADER.size + BLOCK, b"\0")


class FileServer:
    """The files of one vehicle, for all its ground stations; one of them at a time."""

    def __init__(self, vehicle: Vehicle, protocol: MissionProtocol) -> None:
        self._vehicle, self._protocol = vehicle, protocol
        self._file: File | None = None
        self._session: int | None = None
        self._answered_at = 0.0
        self._last: tuple[tuple[int, int], _Frame] | None = None
        """Who was answered last, and what: a request that is repeated gets the same answer."""
        self._handlers: dict[int, Callable[[_Frame], bytes]] = {
            Op.NONE: lambda _: b"",
            Op.TERMINATE: self._end,
            Op.RESET: self._end,
            Op.OPEN_TO_READ: self._open,
            Op.READ: self._read,
            Op.CREATE: self._open,
            Op.OPEN_TO_WRITE: self._open,
            Op.WRITE: self._write,
            Op.CRC32: self._crc32,
        }

    def handle(self, link: Link, message: Inbound) -> None:
        """Answer one FILE_TRANSFER_PROTOCOL message."""
        payload = message.values["payload"]
        assert isinstance(payload, tuple)
        raw = bytes(value for value in payload if isinstance(value, int))
        sequence, session, op, size, answers, _, offset = _HEADER.unpack_from(raw)
        request = _Frame(sequence, session, op, size, offset, raw[_HEADER.size :], answers)
        sender = (message.system, message.component)
        if op in (ACK, NACK):
            return
        if self._last is not None and self._last[0] == sender:
            last = self._last[1]
            if last.session == session and last.sequence == (sequence + 1) & 0xFFFF:
                self._say(link, sender, last)
                return
        self._give_up_idle(request)
        if op == Op.BURST and self._is_mine(request):
            self._burst(link, sender, request)
            return
        reply = replace(request, sequence=sequence + 1, op=ACK, answers=op, size=0, data=b"")
        try:
            data = self._carry_out(request)
            self._say(link, sender, replace(reply, size=len(data), data=data))
        except _No as no:
            self._say(link, sender, replace(reply, op=NACK, size=1, data=bytes((no.fault,))))

    def _say(self, link: Link, sender: tuple[int, int], reply: _Frame) -> None:
        self._answered_at = time.monotonic()
        self._last = (sender, reply)
        link.say("FILE_TRANSFER_PROTOCOL", 0, *sender, *reply.pack())

    def _is_mine(self, request: _Frame) -> bool:
        return self._file is None or request.session == self._session

    def _give_up_idle(self, request: _Frame) -> None:
        if not self._is_mine(request) and time.monotonic() - self._answered_at >= SESSION_S:
            self._close()

    def _carry_out(self, request: _Frame) -> bytes:
        if request.op in (Op.TERMINATE, Op.RESET) and request.session != self._session:
            return b""
        if request.size > BLOCK:
            raise _No(Fault.INVALID_SIZE)
        if not self._is_mine(request):
            raise _No(Fault.INVALID_SESSION)
        handler = self._handlers.get(request.op)
        if handler is None:
            raise _No(Fault.FAIL)
        return handler(request)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._session = None

    def _end(self, _: _Frame) -> bytes:
        self._close()
        return b""

    def _path(self, request: _Frame) -> str:
        name = request.data[: request.size]
        if not name or b"\0" in name:
            raise _No(Fault.INVALID_SIZE)
        return name.decode("ascii", "replace")

    def _file_at(self, path: str, *, to_read: bool) -> File:
        if path in _LISTS:
            store = self._protocol.store(_LISTS[path])
            return ListReader(self._vehicle, store) if to_read else ListWriter(store)
        if path.partition("?")[0] == _PARAMETERS and to_read:
            return ParameterReader(self._vehicle.parameters)
        raise _No(Fault.NOT_FOUND)

    def _open(self, request: _Frame) -> bytes:
        if self._file is not None:
            raise _No(Fault.FAIL)
        to_read = request.op == Op.OPEN_TO_READ
        self._file = self._file_at(self._path(request), to_read=to_read)
        self._session = request.session
        return self._file.size.to_bytes(4, "little") if to_read else b""

    def _opened(self) -> File:
        if self._file is None:
            raise _No(Fault.NOT_FOUND)
        return self._file

    def _read(self, request: _Frame) -> bytes:
        data = self._opened().read(request.offset, request.size)
        if data is None:
            raise _No(Fault.FAIL)
        if not data:
            raise _No(Fault.END_OF_FILE)
        return data

    def _write(self, request: _Frame) -> bytes:
        if not self._opened().write(request.offset, request.data[: request.size]):
            raise _No(Fault.FAIL)
        return b""

    def _crc32(self, request: _Frame) -> bytes:
        file = self._file_at(self._path(request), to_read=True)
        data, at = b"", 0
        while part := file.read(at, BLOCK):
            data, at = data + part, at + len(part)
        # ArduPilot's crc_crc32 begins with 0 and does not turn the result round, unlike zlib's.
        return (zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF).to_bytes(4, "little")

    def _burst(self, link: Link, sender: tuple[int, int], request: _Frame) -> None:
        """All from there on, block by block, until the file or the burst ends."""
        size = request.size or BLOCK
        reply = replace(request, op=ACK, answers=Op.BURST)
        for number in range(BURST_BLOCKS):
            reply = replace(reply, sequence=reply.sequence + 1)
            try:
                data = self._read(replace(request, offset=request.offset + number * size, size=size))
            except _No as no:
                self._say(link, sender, replace(reply, op=NACK, size=1, data=bytes((no.fault,))))
                return
            offset, over = request.offset + number * size, number == BURST_BLOCKS - 1
            reply = replace(reply, offset=offset, size=len(data), data=data, burst_is_over=over)
            self._say(link, sender, reply)
            if len(data) < size:
                reply = replace(reply, offset=offset + len(data))
