"""One link: it owns the reader, the sender, our heartbeats and the recording."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from planner.errors import LinkError
from telemetry.address import Address
from telemetry.dialect import AUTOPILOT_COMPONENT, Listener, Message, is_vehicle_heartbeat, mavlink, new_parser
from telemetry.link_signing import LinkSigning
from telemetry.tlog import TlogWriter
from telemetry.transport import Peer, open_transport

READ_TIMEOUT_S = 0.1
HEARTBEAT_S = 1.0
RIVAL_S = 2.5
"""Heartbeats from two places within so long are those of two vehicles, even where one comes each second."""
MOVED_AFTER_S = 3.0
"""Our vehicle must have been silent for so long before it is believed to send from another place."""
UNKNOWN_PACE = 5.0
"""Until we know: a simulator at 20 × gives us up (``FS_GCS_TIMEOUT``, 5 s of its own) after 0.25 s of ours."""


class Inbox:
    """Messages of chosen types from the addressed vehicle, in order, until taken."""

    def __init__(self, types: frozenset[str]) -> None:
        self.types = types
        self._queue: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def put(self, message: Message) -> None:
        """Called by the reader."""
        self._queue.put(message)

    def take(self, timeout_s: float) -> Message | None:
        """The next one, or None when the time is over."""
        try:
            return self._queue.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None


class Link:
    """An open way to one vehicle. Whatever another system on the same way says reaches nobody but the recording."""

    def __init__(self, address: Address, *, tlog: TlogWriter | None = None) -> None:
        self.address = address
        self.tlog = tlog
        self.system_id: int | None = None
        self.component_id = AUTOPILOT_COMPONENT
        self.heard: dict[int, Message] = {}
        """The last vehicle heartbeat of every system on this way."""
        self.pace = UNKNOWN_PACE
        """How much faster than ours the vehicle's clock runs; our heartbeats keep up with it."""
        self.damaged = 0
        """Bytes runs that were no message."""
        self._sender = new_parser()
        self._sender.file = self
        self.signing = LinkSigning(self._sender)
        """Which key signs, and what was ignored because it was not signed with it."""
        self._transport = open_transport(address)
        self._peer: Peer | None = None
        self._peers: dict[int, Peer | None] = {}
        self._parsers: dict[Peer | None, Any] = {}
        self.doubles = 0
        """Messages that were ignored because another vehicle with the same number sent them."""
        self._peer_at = 0.0
        self._rivals: dict[int, dict[Peer | None, float]] = {}
        self._send_lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._inboxes: list[Inbox] = []
        self._chores: list[Callable[[], None]] = []
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, name=f"link {address}", daemon=True),
            threading.Thread(target=self._keep, name=f"heartbeats {address}", daemon=True),
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def trouble(self) -> str | None:
        """Why nothing can go through just now, in words; None while all is well."""
        return self._transport.trouble

    @property
    def is_closed(self) -> bool:
        """Whether the link was closed by us."""
        return self._closing.is_set()

    def start(self) -> None:
        """Begin to read and to send heartbeats."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop, and let go of the socket, the device and the recording."""
        if self._closing.is_set():
            return
        self._closing.set()
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(timeout=3.0)
        self._transport.close()
        self.signing.close()
        if self.tlog is not None:
            self.tlog.close()

    def address_to(self, system_id: int) -> None:
        """From now on only that system is listened to and spoken to."""
        self.system_id = system_id
        self._peer = self._peers.get(system_id)
        self._peer_at = time.monotonic()

    def listen(self, listener: Listener) -> None:
        """Hand every message of the addressed vehicle to ``listener``, in the reader's thread; it must be quick."""
        self._listeners = [*self._listeners, listener]

    def unlisten(self, listener: Listener) -> None:
        """No longer."""
        self._listeners = [one for one in self._listeners if one is not listener]

    def every_beat(self, chore: Callable[[], None]) -> None:
        """Do something small and regular about once a second (of the vehicle's clock), in the heartbeats' thread."""
        self._chores.append(chore)

    @contextmanager
    def inbox(self, *types: str) -> Iterator[Inbox]:
        """Keep the addressed vehicle's messages of these types while the block lasts."""
        box = Inbox(frozenset(types))
        self._inboxes = [*self._inboxes, box]
        try:
            yield box
        finally:
            self._inboxes = [one for one in self._inboxes if one is not box]

    def send(self, message: Any) -> None:
        """Send one message. Raises ``LinkError`` for one that is addressed to anybody but our vehicle."""
        target = getattr(message, "target_system", None)
        if target is not None and (self.system_id is None or target != self.system_id):
            raise LinkError(
                f"A {message.get_type()} for system {target} must not leave on the link to {self.system_id}."
            )
        if self._closing.is_set():
            raise LinkError("The link is closed.", about=str(self.address))
        self._sign_and_send(message)

    def _sign_and_send(self, message: Any) -> None:
        with self._send_lock:
            self.signing.before_sending()
            self._sender.send(message)

    def write(self, packet: bytes) -> None:
        """Called by pymavlink's sender with a packed message."""
        data = bytes(packet)
        self._transport.write(data, self._peer)
        if self.tlog is not None:
            self.tlog.write(data)

    def _read(self) -> None:
        while not self._closing.is_set():
            chunk = self._transport.read(READ_TIMEOUT_S)
            if chunk is None:
                continue
            data, peer = chunk
            parser = self._parsers.get(peer)
            if parser is None:
                parser = self._parsers[peer] = new_parser()
            for message in parser.parse_buffer(data) or ():
                self._take(message, peer)

    def _take(self, message: Message, peer: Peer | None) -> None:
        name = message.get_type()
        if name == "BAD_DATA":
            self.damaged += 1
            return
        packet = bytes(message.get_msgbuf())
        if not self.signing.believes(packet):
            return
        if self.tlog is not None:
            self.tlog.write(packet)
        system = message.get_srcSystem()
        if name == "HEARTBEAT":
            self._note_heartbeat(message, peer)
        if self.system_id is None or system != self.system_id or not self._is_our_vehicle(message, peer):
            return
        for listener in self._listeners:
            listener(message)
        for box in self._inboxes:
            if name in box.types:
                box.put(message)

    def _is_our_vehicle(self, message: Message, peer: Peer | None) -> bool:
        """Whether it came from where our vehicle is; where that is silent, it may have come back by another way."""
        if message.get_srcComponent() != self.component_id:
            return True
        now = time.monotonic()
        if peer != self._peer:
            if now - self._peer_at < MOVED_AFTER_S:
                self.doubles += 1
                return False
            self._peer = peer
        self._peer_at = now
        return True

    def rivals(self, system_id: int) -> list[str]:
        """Where several vehicles with this one number send from; empty where it is one, or was one after the other."""
        ways = self._rivals.get(system_id, {})
        newest = max(ways.values(), default=0.0)
        recent = [peer for peer, at in ways.items() if newest - at < RIVAL_S]
        return [f"{peer[0]}:{peer[1]}" for peer in recent if peer is not None] if len(recent) > 1 else []

    def _note_heartbeat(self, message: Message, peer: Peer | None) -> None:
        if is_vehicle_heartbeat(message):
            system = message.get_srcSystem()
            self.heard[system] = message
            self._peers[system] = peer
            self._rivals.setdefault(system, {})[peer] = time.monotonic()

    def _keep(self) -> None:
        beat = mavlink.MAVLink_heartbeat_message(
            mavlink.MAV_TYPE_GCS, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, mavlink.MAV_STATE_ACTIVE, 3
        )
        while True:
            self._sign_and_send(beat)
            self.signing.beat()
            for chore in self._chores:
                chore()
            if self._closing.wait(HEARTBEAT_S / max(1.0, self.pace)):
                return


def wait_for(condition: Callable[[], bool], timeout_s: float, *, step_s: float = 0.02) -> bool:
    """Whether something came true within that time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(step_s)
    return True
