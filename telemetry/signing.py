"""MAVLink 2 message signing: who may speak, proven by a key that both sides have.

https://mavlink.io/en/guide/message_signing.html: 13 bytes after the checksum: link number, time in units of 10 µs since
2015 (48 bit), and the first 6 bytes of SHA-256 over key, packet, link number and time. The times of one sender only
ever grow, so nothing that was said once can be said again by others.

pymavlink's own check is not used: it takes the time of a wrongly signed packet for the sender's, so that one forged
packet would silence the vehicle.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from enum import Enum

KEY_BYTES = 32
SIGNATURE_BYTES = 13
SIGNED = 0x01
"""The bit of the incompatibility flags."""
EPOCH_S = 1_420_070_400
"""2015-01-01 UTC."""
TICKS_A_SECOND = 100_000
LATE_TICKS = 60 * TICKS_A_SECOND
"""A sender that was not heard before may be so far behind."""
NEVER_SIGNED = frozenset({109, 166})
"""RADIO_STATUS and RADIO: they come from the radio on this side."""
_MARKER_2 = 0xFD


def ticks_now() -> int:
    """The time as it stands in signatures."""
    return int((time.time() - EPOCH_S) * TICKS_A_SECOND)


def signature(key: bytes, packet: bytes, link: int, ticks: int) -> bytes:
    """What is put after a packet whose flag says that it is signed."""
    tail = bytes((link & 0xFF,)) + (ticks & 0xFFFF_FFFF_FFFF).to_bytes(6, "little")
    return tail + hashlib.sha256(key + packet + tail).digest()[:6]


def is_signed(packet: bytes) -> bool:
    """Whether a packet says that it is signed."""
    return len(packet) > SIGNATURE_BYTES + 12 and packet[0] == _MARKER_2 and bool(packet[2] & SIGNED)


class Verdict(Enum):
    """What is to be thought of a packet."""

    GOOD = "good"
    UNSIGNED = "unsigned"
    WRONG = "wrongly signed"
    """With another key, or changed on the way."""
    OLD = "said before"
    """Its time is not later than that of the packet before."""


@dataclass(slots=True)
class Guard:
    """Judges what comes, with one key. ``newest`` is the latest time that was heard and believed."""

    key: bytes
    newest: int = 0
    good: int = 0
    unsigned: int = 0
    wrong: int = 0
    old: int = 0
    _streams: dict[tuple[int, int, int], int] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """How many packets were ignored."""
        return self.unsigned + self.wrong + self.old

    def judge(self, packet: bytes) -> Verdict:
        """Judge one whole packet, MAVLink 1 or 2, and count it."""
        verdict = self._judge(packet)
        match verdict:
            case Verdict.GOOD:
                self.good += 1
            case Verdict.UNSIGNED:
                self.unsigned += 1
            case Verdict.WRONG:
                self.wrong += 1
            case Verdict.OLD:
                self.old += 1
        return verdict

    def _judge(self, packet: bytes) -> Verdict:
        if not is_signed(packet):
            number = int.from_bytes(packet[7:10], "little") if packet[0] == _MARKER_2 else packet[5]
            return Verdict.GOOD if number in NEVER_SIGNED else Verdict.UNSIGNED
        if not fits(self.key, packet):
            return Verdict.WRONG
        ticks = int.from_bytes(packet[-12:-6], "little")
        stream = (packet[-13], packet[5], packet[6])
        last = self._streams.get(stream)
        if (last is not None and ticks <= last) or (last is None and ticks + LATE_TICKS < self.newest):
            return Verdict.OLD
        self._streams[stream] = ticks
        self.newest = max(self.newest, ticks)
        return Verdict.GOOD


def fits(key: bytes, packet: bytes) -> bool:
    """Whether a signed packet was signed with this key."""
    return is_signed(packet) and hashlib.sha256(key + packet[:-6]).digest()[:6] == packet[-6:]
