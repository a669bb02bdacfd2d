"""A link that loses, delays, doubles, reorders, throttles and cuts: a proxy between a ground station and vehicles.

Faults act on whole MAVLink packets, each direction by itself, by chance from a seed: the same packets in the same order
meet the same fate.
"""

from __future__ import annotations

import contextlib
import heapq
import math
import random
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from planner.errors import LinkError, SettingError
from telemetry.address import Address, Way

QUEUE_S = 2.0
"""What a throttled direction keeps waiting at most; more is lost, as in a radio's buffer."""
RETRY_S = 0.5
HOLD_S = 0.05
"""A packet that is to be overtaken is held at least up to so long."""
READ_BYTES = 65_536
NEAR = Address(Way.UDP_IN, host="127.0.0.1", port=0)


@dataclass(frozen=True, slots=True)
class Faults:
    """What one direction does. Shares are from 0 to 1, times in seconds; ``bytes_per_s`` 0 is as fast as it comes.

    ``jitter_s`` is added to or taken from the delay, by chance and evenly, without changing the order; ``reorder`` is
    the share of packets that later ones overtake. Raises ``SettingError`` where a value is out of range.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    bytes_per_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("loss", "duplicate", "reorder"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingError(f"A share of packets ({name}) lies from 0 to 1, not {getattr(self, name):g}.")
        for name in ("delay_s", "jitter_s", "bytes_per_s"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise SettingError(f"The {name} of a link is 0 or more, not {getattr(self, name):g}.")


@dataclass(slots=True)
class Counts:
    """What became of the packets of one direction."""

    came: int = 0
    lost: int = 0
    doubled: int = 0
    overtaken: int = 0


@dataclass(slots=True)
class _Direction:
    faults: Faults
    chance: random.Random
    counts: Counts = field(default_factory=Counts)
    free_at: float = 0.0
    last_due: float = 0.0

    def dues(self, size: int, now: float) -> list[float]:
        """When a packet of that size that comes now is to be handed on; more than once where it is doubled."""
        self.counts.came += 1
        faults = self.faults
        # Every packet draws as often, so that one fault more does not change the chance of another.
        lost, doubled, held, swing, held_for = (self.chance.random() for _ in range(5))
        if lost < faults.loss:
            self.counts.lost += 1
            return []
        sent_at = now
        if faults.bytes_per_s:
            if self.free_at - now > QUEUE_S:
                self.counts.lost += 1
                return []
            sent_at = self.free_at = max(now, self.free_at) + size / faults.bytes_per_s
        due = sent_at + max(0.0, faults.delay_s + faults.jitter_s * (2.0 * swing - 1.0))
        if held < faults.reorder:
            self.counts.overtaken += 1
            due += max(HOLD_S, faults.jitter_s, faults.delay_s / 2) * held_for
        else:
            due = self.last_due = max(due, self.last_due)
        if doubled < faults.duplicate:
            self.counts.doubled += 1
            return [due, due + held_for * max(HOLD_S, faults.jitter_s)]
        return [due]


class _Side:
    """One side's socket: where packets come from and go to."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.frames = Frames()
        self.peers: list[tuple[str, int]] = []


class Frames:
    """Cuts bytes into MAVLink packets; what is none goes along with the packet after it."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The whole packets so far."""
        data, self._rest = self._rest + data, b""
        packets, start, place = [], 0, 0
        while place < len(data):
            if data[place] not in (0xFD, 0xFE):
                place += 1
                continue
            if place + 3 > len(data):
                break
            extra = 8 if data[place] == 0xFE else 12 + (13 if data[place + 2] & 1 else 0)
            end = place + data[place + 1] + extra
            if end > len(data):
                break
            packets.append(data[start:end])
            start = place = end
        self._rest = data[start:]
        return packets


class FaultyLink:
    """``with FaultyLink(far, up=…, down=…) as link:`` – a ground station connects to ``link.address``.

    ``far`` is where the vehicle is, as a ground station would write it. ``near`` is where the ground station comes in:
    ``udpin`` (it sends first), ``tcp`` (it connects), or ``udpout`` (it listens there). ``up`` is towards the vehicle.
    Raises ``LinkError`` where an address cannot be had.
    """

    def __init__(
        self, far: Address, *, near: Address = NEAR, up: Faults | None = None, down: Faults | None = None, seed: int = 0
    ) -> None:
        if Way.SERIAL in (far.way, near.way):
            raise SettingError("Faults are made on UDP and TCP links, not on serial ones.", about=str(far))
        self._far_at, self._near_at = far, near
        self._up = _Direction(up or Faults(), random.Random(2 * seed))
        self._down = _Direction(down or Faults(), random.Random(2 * seed + 1))
        self._far, self._near = _Side(), _Side()
        self._server: socket.socket | None = None
        self._selector = selectors.DefaultSelector()
        self._waiting: list[tuple[float, int, bool, bytes]] = []
        self._order = 0
        self._retry_at = 0.0
        self._cut = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="qyran-faults", daemon=True)
        self.address = ""
        """Where the ground station connects, as it writes it; known from the start on."""

    @property
    def up(self) -> Counts:
        """Packets towards the vehicle."""
        return self._up.counts

    @property
    def down(self) -> Counts:
        """Packets towards the ground station."""
        return self._down.counts

    def cut(self) -> None:
        """From now on nothing passes."""
        self._cut.set()

    def mend(self) -> None:
        """From now on it is as before."""
        self._cut.clear()

    def change(self, *, up: Faults | None = None, down: Faults | None = None) -> None:
        """Other faults from now on."""
        self._up.faults = up or self._up.faults
        self._down.faults = down or self._down.faults

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open both sides."""
        try:
            self._open_near()
            if self._far_at.way is not Way.TCP:
                self._far.socket = self._open_udp(self._far_at)
        except LinkError:
            self._close()
            raise
        self._thread.start()

    def stop(self) -> None:
        """End; packets on their way are lost."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        else:
            self._close()

    def _close(self) -> None:
        for one in (self._server, self._near.socket, self._far.socket):
            if one is not None:
                one.close()
        self._selector.close()

    def _open_near(self) -> None:
        near = self._near_at
        if near.way is Way.TCP:
            family = socket.AF_INET6 if ":" in near.host else socket.AF_INET
            self._server = socket.socket(family, socket.SOCK_STREAM)
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._bind(self._server, near)
            self._server.listen(1)
            self._selector.register(self._server, selectors.EVENT_READ, "server")
            where = self._server.getsockname()
            self.address = str(Address(Way.TCP, where[0], where[1]))
            return
        self._near.socket = self._open_udp(near)
        if near.way is Way.UDP_OUT:
            self.address = str(Address(Way.UDP_IN, near.host, near.port))
            return
        where = self._near.socket.getsockname()
        self.address = str(Address(Way.UDP_OUT, where[0], where[1]))

    def _open_udp(self, address: Address) -> socket.socket:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        one = socket.socket(family, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if address.way is Way.UDP_IN:
            self._bind(one, address)
        else:
            one.connect((address.host, address.port))
        self._selector.register(one, selectors.EVENT_READ, "near" if address is self._near_at else "far")
        return one

    @staticmethod
    def _bind(one: socket.socket, address: Address) -> None:
        try:
            one.bind((address.host, address.port))
        except OSError as error:
            one.close()
            raise LinkError(
                f"Cannot listen there: {error.strerror}.", about=str(address), mend="Choose another port."
            ) from error

    # the loop

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._connect_far()
                now = time.monotonic()
                wait = min(0.1, self._waiting[0][0] - now) if self._waiting else 0.1
                for key, _ in self._selector.select(max(0.0, wait)):
                    self._readable(key.data)
                self._hand_on(time.monotonic())
        finally:
            self._close()

    def _connect_far(self) -> None:
        if self._far.socket is not None or time.monotonic() < self._retry_at:
            return
        self._retry_at = time.monotonic() + RETRY_S
        try:
            one = socket.create_connection((self._far_at.host, self._far_at.port), timeout=1.0)
        except OSError:
            return
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._far.socket, self._far.frames = one, Frames()
        self._selector.register(one, selectors.EVENT_READ, "far")

    def _readable(self, what: str) -> None:
        if what == "server":
            self._accept()
            return
        side, is_up = (self._near, True) if what == "near" else (self._far, False)
        data = self._receive(side, (self._near_at if is_up else self._far_at).way)
        direction = self._up if is_up else self._down
        now = time.monotonic()
        for packet in side.frames.feed(data):
            if self._cut.is_set():
                direction.counts.came += 1
                direction.counts.lost += 1
                continue
            for due in direction.dues(len(packet), now):
                self._order += 1
                heapq.heappush(self._waiting, (due, self._order, is_up, packet))

    def _accept(self) -> None:
        assert self._server is not None
        with contextlib.suppress(OSError):
            one, _ = self._server.accept()
            one.settimeout(1.0)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._drop(self._near)
            self._near.socket, self._near.frames = one, Frames()
            self._selector.register(one, selectors.EVENT_READ, "near")

    def _drop(self, side: _Side) -> None:
        if side.socket is not None:
            self._selector.unregister(side.socket)
            side.socket.close()
            side.socket = None

    def _receive(self, side: _Side, way: Way) -> bytes:
        one = side.socket
        if one is None:
            return b""
        try:
            if way is Way.TCP:
                data = one.recv(READ_BYTES)
                if not data:
                    self._drop(side)
                return data
            data, sender = one.recvfrom(READ_BYTES)
        except OSError:
            if way is Way.TCP:
                self._drop(side)
            return b""
        if way is Way.UDP_IN and sender not in side.peers:
            side.peers.append(sender)
            # A ground station that came again has another port; vehicles keep theirs.
            if side is self._near:
                side.peers[:] = [sender]
        return data

    def _hand_on(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            _, _, is_up, packet = heapq.heappop(self._waiting)
            side, way = (self._far, self._far_at.way) if is_up else (self._near, self._near_at.way)
            if side.socket is None:
                continue
            try:
                if way is Way.UDP_IN:
                    for peer in side.peers:
                        side.socket.sendto(packet, peer)
                else:
                    side.socket.sendall(packet)
            except OSError:
                if way is Way.TCP:
                    self._drop(side)
