"""Files of a vehicle read and written over MAVLink FTP, on a link that loses, delays, doubles and reorders packets.

A vehicle has one session. Requests are asked again under the same number until they are answered; blocks are written
and read several at a time. ArduPilot keeps five requests waiting and drops the sixth: no more than that are under way.
"""

from __future__ import annotations

import itertools
import random
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from planner.errors import TransferError
from telemetry.dialect import GCS_COMPONENT, GCS_SYSTEM, mavlink
from telemetry.ftp.packet import BLOCK, Fault, Op, Packet
from telemetry.link import Inbox, Link
from telemetry.pace import Pace
from telemetry.progress import Stop, StoppedTransferError, as_stop

SILENCE_S = 12.0
"""Without any answer for so long a transfer has failed."""
ANSWER_S = 5.0
"""Where the first request is not answered within so long, the vehicle has no file transfer for us."""
BUSY_S = 3.3
"""A session that somebody left open ends after three seconds without any question."""
BUSY_WAITS = 2
WINDOW = 5
LONG_WINDOW = 20
LONG_WAY_S = 0.1
"""With a longer round trip more requests may be under way, because they arrive one by one."""
FILLING_S = 0.1
"""An answer that takes so much more than twice the shortest round trip has stood in a queue."""
SPACING_S = 0.004
OVERTAKEN = 3
"""A request is asked again at once when so many later ones were answered."""
COPIES = 5
"""A request that all others wait for is sent up to so many times at once; on the wire it is small."""
BURST_QUIET_S = 0.15
BURST_BLOCKS = 500
"""ArduPilot sends so many at most."""
MOST_BYTES = 4_000_000
LONG_TAIL = 4
"""More blocks than this beyond the last one that came are asked for in one burst."""

Heard = Callable[[int], None]
"""Told how many bytes of the file have come or gone so far."""


class NoSuchFileError(TransferError):
    """The vehicle has no file transfer, or not this file."""


class RefusedFileError(TransferError):
    """The vehicle answered a request with “no”."""


@dataclass(slots=True)
class _Asked:
    packet: Packet
    at: float
    order: int
    repeated: bool = False


class FileClient:
    """Reads and writes files of the vehicle a link is addressed to; one at a time."""

    _sessions = itertools.count(random.randrange(1, 200))

    def __init__(self, link: Link, pace: Pace, stop: Stop | None = None) -> None:
        self._link = link
        self._pace = pace
        self._stop = stop or as_stop(None)
        self._session = 0
        self._sequence = random.randrange(0, 60_000)
        self._order = 0
        self._window = WINDOW
        self._heard_at = 0.0
        self._unclosed: list[Packet] = []
        """What closes the file that was read last, as often as it is worth to try."""

    # what others call

    def read(
        self, path: str, size_of: Callable[[bytes], int | None] | None = None, on_bytes: Heard | None = None
    ) -> bytes:
        """The whole file. ``size_of`` tells its size by its first bytes, where the vehicle does not.

        Raises ``NoSuchFileError``, ``RefusedFileError``, ``StoppedTransferError``, ``TransferError``.
        """
        with self._link.inbox("FILE_TRANSFER_PROTOCOL") as inbox:
            self._open(inbox, path, Op.OPEN_TO_READ)
            try:
                return _Reading(self, inbox, path, size_of, on_bytes).run()
            finally:
                self._leave(inbox, path)

    def write(
        self,
        path: str,
        data: bytes,
        *,
        last: bytes = b"",
        on_bytes: Heard | None = None,
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        """Write a whole file, then ``last`` over its start, then close it, which brings it into force.

        ``on_commit`` is called before ``last`` is sent: up to there nothing in the vehicle has changed, and from there
        on nobody can stop it. Raises as ``read``.
        """
        with self._link.inbox("FILE_TRANSFER_PROTOCOL") as inbox:
            self._open(inbox, path, Op.CREATE)
            done = 0

            def written(request: Packet, _: Packet) -> None:
                nonlocal done
                done += len(request.data)
                if on_bytes is not None:
                    on_bytes(done)

            committed = False
            try:
                blocks = ((at, data[at : at + BLOCK]) for at in range(0, len(data), BLOCK))
                self._exchange(inbox, (self._packet(Op.WRITE, block, at) for at, block in blocks), written, path)
                committed = True
                if on_commit is not None:
                    on_commit()
                if last:
                    self._one(inbox, self._packet(Op.WRITE, last, 0), path, can_stop=False)
                self._one(inbox, self._packet(Op.TERMINATE), path, can_stop=False)
            finally:
                if not committed:
                    self._close(inbox, path)

    def crc32(self, path: str) -> int:
        """The CRC-32 of a file as the vehicle reckons it. Raises as ``read``."""
        self._session = next(self._sessions) % 250 + 1
        with self._link.inbox("FILE_TRANSFER_PROTOCOL") as inbox:
            reply = self._one(inbox, self._packet(Op.CRC32, path.encode("ascii")), path, patience_s=ANSWER_S)
        return int.from_bytes(reply.data[:4], "little")

    # requests and replies

    def _packet(self, op: Op, data: bytes = b"", offset: int = 0, asks_for: int | None = None) -> Packet:
        self._sequence = (self._sequence + 1) % 65_536
        return Packet(self._sequence, self._session, op, data, offset, asks_for=asks_for)

    def _send(self, packet: Packet) -> None:
        target = (self._link.system_id, self._link.component_id)
        self._link.send(mavlink.MAVLink_file_transfer_protocol_message(0, *target, packet.pack()))

    def _take(self, inbox: Inbox, wait_s: float) -> Packet | None:
        """The next reply that is meant for us and belongs to this session."""
        end = time.monotonic() + wait_s
        while (message := inbox.take(end - time.monotonic())) is not None:
            meant = message.target_system in (0, GCS_SYSTEM) and message.target_component in (0, GCS_COMPONENT)
            packet = Packet.unpack(bytes(message.payload)) if meant else None
            if packet is not None and packet.session == self._session and packet.op in (Op.ACK, Op.NACK):
                self._heard_at = time.monotonic()
                return packet
        return None

    def _open(self, inbox: Inbox, path: str, op: Op) -> None:
        """Open a file; a session that somebody left open is given the time to end by itself."""
        waits = BUSY_WAITS
        while True:
            self._session = next(self._sessions) % 250 + 1
            try:
                self._one(inbox, self._packet(op, path.encode("ascii")), path, patience_s=ANSWER_S)
                self._unclosed = []
                return
            except _BusyError:
                if self._unclosed:
                    self._send(self._unclosed.pop())
                elif waits > 0:
                    waits -= 1
                    self._be_quiet(path)
                else:
                    raise

    def _be_quiet(self, path: str) -> None:
        """Each question, refused or not, keeps the session alive that we wait for."""
        until = time.monotonic() + BUSY_S
        while time.monotonic() < until:
            self.check_stop(path)
            time.sleep(0.1)

    def _close(self, inbox: Inbox, path: str) -> None:
        """Give the session back; where that is not answered the vehicle ends it by itself after three seconds."""
        try:
            self._one(inbox, self._packet(Op.TERMINATE), path, patience_s=min(2.0, SILENCE_S), can_stop=False)
        except TransferError:
            return

    def _leave(self, inbox: Inbox, path: str) -> None:
        """Close a file that was read. Over a long way nobody waits for the answer: the next one to open closes it."""
        if not self.is_long_way:
            self._close(inbox, path)
            return
        self._unclosed = [self._packet(Op.TERMINATE)] * 3
        self._send(self._unclosed[0])

    def _one(
        self, inbox: Inbox, packet: Packet, path: str, *, patience_s: float | None = None, can_stop: bool = True
    ) -> Packet:
        """Ask one request until it is answered; each try sends it more often at the same time, up to ``COPIES``."""
        began = time.monotonic()
        patience = SILENCE_S if patience_s is None else patience_s
        copies = 1
        while True:
            if can_stop:
                self.check_stop(path)
            sent_at = time.monotonic()
            for _ in range(copies):
                self._send(packet)
            end = sent_at + self._pace.first_wait_s
            while (reply := self._take(inbox, end - time.monotonic())) is not None:
                if reply.sequence != (packet.sequence + 1) % 65_536 or reply.answers != packet.op:
                    continue
                if copies == 1:
                    self._pace.note(time.monotonic() - sent_at)
                self._pace.tries = 0
                if reply.fault is not None:
                    raise _refusal(reply.fault, packet, path, self.about)
                return reply
            if time.monotonic() - began > patience:
                kind = NoSuchFileError if packet.op in (Op.OPEN_TO_READ, Op.CREATE, Op.CRC32) else TransferError
                raise kind(f"The vehicle has not answered for {patience:.0f} s.", about=f"{self.about}, {path}")
            self._pace.again()
            copies = min(copies + 2, COPIES)

    def _exchange(
        self, inbox: Inbox, requests: Iterable[Packet], on_reply: Callable[[Packet, Packet], None], path: str
    ) -> None:
        """Have all requests answered, several under way at a time. Raises as ``read``."""
        waiting: Iterator[Packet] = iter(requests)
        asked: dict[int, _Asked] = {}
        self._heard_at = time.monotonic()
        more = True
        while more or asked:
            self.check_stop(path)
            while more and len(asked) < self._window:
                packet = next(waiting, None)
                if packet is None:
                    more = False
                    break
                asked[packet.sequence] = self._ask(packet, repeated=False)
            if not asked:
                return
            oldest = min(one.at for one in asked.values())
            reply = self._take(inbox, max(0.0005, oldest + self._pace.wait_s - time.monotonic()))
            if reply is not None:
                self._settle(reply, asked, on_reply, path)
            self._ask_overdue(asked, path)

    @property
    def is_long_way(self) -> bool:
        """Whether an answer takes so long that much should be under way at a time."""
        return (self._pace.least_s or 0.0) > LONG_WAY_S

    def _fit_window(self, round_trip_s: float) -> None:
        """More under way while the way stays empty; less where answers take longer, because it fills."""
        least = self._pace.least_s or round_trip_s
        if not self.is_long_way or round_trip_s > 2 * least + FILLING_S:
            self._window = max(WINDOW, self._window - 1)
        else:
            self._window = min(LONG_WINDOW, self._window + 1)

    def _ask(self, packet: Packet, *, repeated: bool) -> _Asked:
        if self.is_long_way:
            time.sleep(SPACING_S)
        self._send(packet)
        self._order += 1
        return _Asked(packet, time.monotonic(), self._order, repeated)

    def _settle(
        self, reply: Packet, asked: dict[int, _Asked], on_reply: Callable[[Packet, Packet], None], path: str
    ) -> None:
        number = (reply.sequence - 1) % 65_536
        one = asked.get(number)
        if one is None or reply.answers != one.packet.op:
            return
        if reply.fault is not None and reply.fault is not Fault.END_OF_FILE:
            raise _refusal(reply.fault, one.packet, path, self.about)
        del asked[number]
        if not one.repeated:
            self._pace.note(time.monotonic() - one.at)
            self._fit_window(time.monotonic() - one.at)
        self._pace.tries = 0
        on_reply(one.packet, reply)
        for late in [other for other in asked.values() if other.order + OVERTAKEN <= one.order]:
            self._pace.repeats += 1
            asked[late.packet.sequence] = self._ask(late.packet, repeated=True)

    def _ask_overdue(self, asked: dict[int, _Asked], path: str) -> None:
        now = time.monotonic()
        overdue = [one for one in asked.values() if now - one.at >= self._pace.wait_s]
        if not overdue:
            return
        if now - self._heard_at > SILENCE_S:
            raise TransferError(
                f"The vehicle has not answered for {SILENCE_S:.0f} s.",
                about=f"{self.about}, {path}, byte {overdue[0].packet.offset}",
            )
        self._pace.again()
        for one in overdue:
            # The last few are sent more often, because nothing else can go on meanwhile.
            for _ in range(WINDOW // len(asked)):
                self._send(one.packet)
            asked[one.packet.sequence] = self._ask(one.packet, repeated=True)

    @property
    def about(self) -> str:
        """Whose files these are."""
        return f"vehicle {self._link.system_id}"

    def check_stop(self, path: str) -> None:
        """Raise ``StoppedTransferError`` where the person asked to stop."""
        if self._stop.is_set():
            raise StoppedTransferError("The transfer was stopped.", about=f"{self.about}, {path}")


class _BusyError(RefusedFileError):
    """Somebody else has the session; it may be free soon."""


def _refusal(fault: Fault, packet: Packet, path: str, about: str) -> TransferError:
    opening = packet.op in (Op.OPEN_TO_READ, Op.CREATE, Op.CRC32)
    kind: type[TransferError] = RefusedFileError
    if opening and fault in (Fault.NOT_FOUND, Fault.UNKNOWN_COMMAND):
        kind = NoSuchFileError
    elif opening and fault in (Fault.FAIL, Fault.FAIL_ERRNO, Fault.INVALID_SESSION, Fault.NO_SESSIONS):
        kind = _BusyError
    return kind(f"The vehicle refuses: {fault.words}.", about=f"{about}, {path}, byte {packet.offset}")


def vehicle_crc32(data: bytes) -> int:
    """The CRC-32 that ArduPilot reckons: begun with 0 and not turned round at the end, unlike zlib's."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


class _Reading:
    """One file on its way: block by block, several asked for at a time; over a long way first all in one burst.

    A burst needs no answers, but ArduPilot sends one more slowly than it answers requests that are there already.
    """

    def __init__(
        self,
        client: FileClient,
        inbox: Inbox,
        path: str,
        size_of: Callable[[bytes], int | None] | None,
        on_bytes: Heard | None,
    ) -> None:
        self._client, self._inbox, self._path = client, inbox, path
        self._size_of, self._on_bytes = size_of, on_bytes
        self._blocks: dict[int, bytes] = {}
        self._size: int | None = None

    def run(self) -> bytes:
        """All bytes. Raises as ``FileClient.read``."""
        while not self._is_whole:
            if self._client.is_long_way:
                beyond = max(self._blocks, default=-BLOCK) + BLOCK
                if self._size is None or self._size - beyond > LONG_TAIL * BLOCK:
                    self._burst(beyond)
            self._fill()
        return b"".join(self._blocks[at] for at in sorted(self._blocks))[: self._size]

    @property
    def _is_whole(self) -> bool:
        return self._size is not None and all(at in self._blocks for at in range(0, self._size, BLOCK))

    def _burst(self, offset: int) -> None:
        """Ask for all from there on, and take what comes until it ends or falls quiet."""
        client, pace = self._client, self._client._pace
        client.check_stop(self._path)
        request = client._packet(Op.BURST, b"", offset, asks_for=BLOCK)
        sent_at = last = time.monotonic()
        client._send(request)
        # The vehicle counts on with each block; a later request with one of these numbers would get a block's answer.
        client._sequence = (client._sequence + 2 * BURST_BLOCKS) % 65_536
        longest = 0.0
        while not self._is_whole:
            quiet = max(BURST_QUIET_S, pace.wait_s, 4 * longest)
            reply = client._take(self._inbox, last + quiet - time.monotonic())
            now = time.monotonic()
            if reply is None:
                return
            client.check_stop(self._path)
            if reply.answers != Op.BURST:
                continue
            if last == sent_at and reply.sequence == (request.sequence + 1) % 65_536:
                pace.note(now - sent_at)
            else:
                longest = max(longest, now - last)
            last = now
            self._note(reply)
            if reply.burst_is_over or (reply.fault is not None):
                return

    def _fill(self) -> None:
        """Ask for each missing block; where the end is not known, on until the vehicle says that it ends."""
        self._client._exchange(self._inbox, self._missing(), self._answered, self._path)

    def _missing(self) -> Iterator[Packet]:
        """READ requests, made when they are wanted: by then more may be known of where the file ends."""
        stop_at = max(self._blocks, default=-BLOCK) + 2 * BLOCK if self._client.is_long_way else MOST_BYTES
        at = 0
        while at < (stop_at if self._size is None else self._size):
            if at not in self._blocks:
                yield self._client._packet(Op.READ, b"", at, asks_for=BLOCK)
            at += BLOCK
        if at >= MOST_BYTES:
            raise TransferError(
                f"The file has more than {MOST_BYTES} bytes.", about=f"{self._client.about}, {self._path}"
            )

    def _answered(self, request: Packet, reply: Packet) -> None:
        if reply.fault is Fault.END_OF_FILE:
            self._ends_at(request.offset)
        else:
            self._note(reply)

    def _ends_at(self, offset: int) -> None:
        """The file has no byte from there on, whatever its header says."""
        self._size = offset if self._size is None else min(self._size, offset)

    def _note(self, reply: Packet) -> None:
        if reply.fault is not None:
            if reply.fault is not Fault.END_OF_FILE:
                raise RefusedFileError(
                    f"The vehicle refuses: {reply.fault.words}.", about=f"{self._client.about}, {self._path}"
                )
            return
        if reply.offset % BLOCK or not reply.data:
            return
        self._blocks[reply.offset] = reply.data
        if len(reply.data) < BLOCK:
            self._ends_at(reply.offset + len(reply.data))
        elif reply.offset == 0 and self._size is None and self._size_of is not None:
            self._size = self._size_of(reply.data)
        if self._on_bytes is not None:
            self._on_bytes(sum(map(len, self._blocks.values())))
