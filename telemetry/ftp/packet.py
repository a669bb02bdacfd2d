"""One request or reply of MAVLink's file transfer protocol, as it lies in a FILE_TRANSFER_PROTOCOL message.

https://mavlink.io/en/services/ftp.html: a header of 12 bytes (little-endian), then up to 239 bytes of data.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

HEADER = struct.Struct("<HBBBBBxI")
PAYLOAD = 251
BLOCK = PAYLOAD - HEADER.size
"""Bytes of a file that fit one message."""


class Op(IntEnum):
    """What is asked (below 128) or answered."""

    NONE = 0
    TERMINATE = 1
    RESET = 2
    LIST = 3
    OPEN_TO_READ = 4
    READ = 5
    CREATE = 6
    WRITE = 7
    REMOVE = 8
    MAKE_FOLDER = 9
    REMOVE_FOLDER = 10
    OPEN_TO_WRITE = 11
    TRUNCATE = 12
    RENAME = 13
    CRC32 = 14
    BURST = 15
    ACK = 128
    NACK = 129


class Fault(IntEnum):
    """The first byte of a NACK's data."""

    FAIL = 1
    FAIL_ERRNO = 2
    INVALID_SIZE = 3
    INVALID_SESSION = 4
    NO_SESSIONS = 5
    END_OF_FILE = 6
    UNKNOWN_COMMAND = 7
    FILE_EXISTS = 8
    PROTECTED = 9
    NOT_FOUND = 10

    @property
    def words(self) -> str:
        """As a person reads it, after “the vehicle says:”."""
        return {
            Fault.FAIL: "it cannot do that now",
            Fault.FAIL_ERRNO: "its file system reports an error",
            Fault.INVALID_SIZE: "the request had a wrong size",
            Fault.INVALID_SESSION: "another ground station is transferring a file",
            Fault.NO_SESSIONS: "all its sessions are taken",
            Fault.END_OF_FILE: "the file ends there",
            Fault.UNKNOWN_COMMAND: "it does not know this request",
            Fault.FILE_EXISTS: "there is such a file already",
            Fault.PROTECTED: "the file may not be written",
            Fault.NOT_FOUND: "there is no such file",
        }[self]


@dataclass(frozen=True, slots=True)
class Packet:
    """A request or a reply. ``size`` is that of ``data``, except in a READ or BURST request: what is asked for."""

    sequence: int
    session: int
    op: int
    data: bytes = b""
    offset: int = 0
    answers: int = 0
    """In a reply: which request's kind it answers (``Op``)."""
    burst_is_over: bool = False
    asks_for: int | None = None
    """In READ and BURST requests: how many bytes a reply may have."""

    def pack(self) -> bytes:
        """The 251 bytes of the message's payload."""
        size = len(self.data) if self.asks_for is None else self.asks_for
        head = HEADER.pack(
            self.sequence, self.session, self.op, size, self.answers, int(self.burst_is_over), self.offset
        )
        return (head + self.data).ljust(PAYLOAD, b"\0")

    @classmethod
    def unpack(cls, payload: bytes) -> Packet | None:
        """A packet from a payload; None where it says that it has more data than fits."""
        payload = payload.ljust(PAYLOAD, b"\0")
        sequence, session, op, size, answers, burst_is_over, offset = HEADER.unpack_from(payload)
        if size > BLOCK:
            return None
        data = payload[HEADER.size : HEADER.size + size]
        asks_for = size if op in (Op.READ, Op.BURST) else None
        return cls(sequence, session, op, data, offset, answers, bool(burst_is_over), asks_for)

    @property
    def fault(self) -> Fault | None:
        """Why the request was not carried out; None in a reply that is no NACK."""
        if self.op != Op.NACK:
            return None
        code = self.data[0] if self.data else Fault.FAIL
        return Fault(code) if code in set(Fault) else Fault.FAIL
