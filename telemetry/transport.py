"""Bytes to and from a vehicle: UDP, TCP and serial lines, which mend themselves when they break.

pymavlink's own connections print to stdout when a peer goes away, then spin or die; a screen and a flight need better.
"""

from __future__ import annotations

import select
import socket
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from planner.errors import LinkError
from telemetry.address import Address, Way

if TYPE_CHECKING:
    import serial

Peer = tuple[str, int]
Chunk = tuple[bytes, Peer | None]
"""Bytes and who sent them; None where the way has one other end only."""

READ_SIZE = 65_536
RETRY_S = 0.5
SEND_LIMIT_S = 1.0


class Transport(ABC):
    """One open way. ``read`` belongs to one thread; ``write`` may be called from any."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.trouble: str | None = None
        """Why nothing can go through just now, in the system's words; None while all is well."""

    @abstractmethod
    def read(self, timeout_s: float) -> Chunk | None:
        """What came, waiting at most that long; None where nothing came. Mends a broken way by itself."""

    @abstractmethod
    def write(self, data: bytes, peer: Peer | None) -> None:
        """Send to ``peer``, or to every known one. What cannot be sent now is lost, as on a radio."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the socket or device."""


def open_transport(address: Address) -> Transport:
    """Open a way to that address. Raises ``LinkError`` where it cannot even be tried (port taken, host unknown)."""
    if address.way is Way.TCP:
        return _Tcp(address)
    if address.way is Way.SERIAL:
        return _Serial(address)
    return _Udp(address)


class _Udp(Transport):
    def __init__(self, address: Address) -> None:
        super().__init__(address)
        family, where = _resolve(address, socket.SOCK_DGRAM)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._peers: list[Peer] = []
        self._listens = address.way is Way.UDP_IN
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
            if self._listens:
                self._socket.bind(where)
            else:
                self._socket.connect(where)
        except OSError as error:
            self._socket.close()
            raise LinkError(
                f"Cannot {'listen' if self._listens else 'send'} there: {error.strerror}.",
                about=str(address),
                mend="Is another ground station using the port? To reach a vehicle that listens, write udpout: or tcp:."
                if self._listens
                else None,
            ) from error
        self._socket.setblocking(False)

    def read(self, timeout_s: float) -> Chunk | None:
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return None
        try:
            data, sender = self._socket.recvfrom(READ_SIZE)
        except BlockingIOError:
            return None
        except OSError as error:
            self.trouble = error.strerror
            time.sleep(0.05)
            return None
        self.trouble = None
        if not self._listens:
            return data, None
        peer = (sender[0], sender[1])
        if peer not in self._peers:
            self._peers.append(peer)
        return data, peer

    def write(self, data: bytes, peer: Peer | None) -> None:
        try:
            if not self._listens:
                self._socket.send(data)
                return
            for one in [peer] if peer is not None else list(self._peers):
                self._socket.sendto(data, one)
        except OSError as error:
            self.trouble = error.strerror

    def close(self) -> None:
        self._socket.close()


class _Tcp(Transport):
    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._family, self._where = _resolve(address, socket.SOCK_STREAM)
        self._socket: socket.socket | None = None
        self._next_try = 0.0

    def _connected(self, timeout_s: float) -> socket.socket | None:
        if self._socket is not None:
            return self._socket
        wait = self._next_try - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, timeout_s))
            return None
        self._next_try = time.monotonic() + RETRY_S
        fresh = socket.socket(self._family, socket.SOCK_STREAM)
        fresh.settimeout(SEND_LIMIT_S)
        try:
            fresh.connect(self._where)
            fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            fresh.close()
            self.trouble = error.strerror or str(error)
            return None
        self.trouble = None
        self._socket = fresh
        return fresh

    def _broken(self, broken: socket.socket, why: str) -> None:
        self.trouble = why
        if self._socket is broken:
            self._socket = None
            self._next_try = time.monotonic() + RETRY_S
        broken.close()

    def read(self, timeout_s: float) -> Chunk | None:
        connected = self._connected(timeout_s)
        if connected is None:
            return None
        try:
            if not select.select([connected], [], [], timeout_s)[0]:
                return None
            data = connected.recv(READ_SIZE)
        except (OSError, ValueError) as error:
            self._broken(connected, getattr(error, "strerror", None) or str(error))
            return None
        if not data:
            self._broken(connected, "the other end closed the connection")
            return None
        return data, None

    def write(self, data: bytes, peer: Peer | None) -> None:
        connected = self._socket
        if connected is None:
            return
        try:
            connected.sendall(data)
        except OSError as error:
            self._broken(connected, error.strerror or str(error))

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


class _Serial(Transport):
    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._port: serial.Serial | None = None
        self._next_try = 0.0
        if self._opened(0.0) is None:
            raise LinkError(
                f"The serial device cannot be opened: {self.trouble}.",
                about=str(address),
                mend="Is it plugged in, and may you use it (group dialout)?",
            )

    def _opened(self, timeout_s: float) -> serial.Serial | None:
        import serial  # noqa: PLC0415 (late: most links need no serial line)

        if self._port is not None:
            return self._port
        wait = self._next_try - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, timeout_s))
            return None
        self._next_try = time.monotonic() + RETRY_S
        try:
            self._port = serial.Serial(
                self.address.device, self.address.baud, timeout=0, write_timeout=SEND_LIMIT_S, exclusive=True
            )
        except (OSError, ValueError) as error:
            self.trouble = getattr(error, "strerror", None) or str(error)
            return None
        self.trouble = None
        return self._port

    def _broken(self, port: serial.Serial, why: str) -> None:
        self.trouble = why
        self._port = None
        port.close()

    def read(self, timeout_s: float) -> Chunk | None:
        port = self._opened(timeout_s)
        if port is None:
            return None
        try:
            if not select.select([port.fileno()], [], [], timeout_s)[0]:
                return None
            data = port.read(READ_SIZE)
        except (OSError, TypeError) as error:
            self._broken(port, str(error))
            return None
        if not data:
            self._broken(port, "the device is gone")
            return None
        return bytes(data), None

    def write(self, data: bytes, peer: Peer | None) -> None:
        port = self._port
        if port is None:
            return
        try:
            port.write(data)
        except OSError as error:
            self.trouble = str(error)

    def close(self) -> None:
        if self._port is not None:
            self._port.close()


def _resolve(address: Address, kind: socket.SocketKind) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        family, _, _, _, where = socket.getaddrinfo(address.host, address.port, type=kind)[0]
    except OSError as error:
        raise LinkError(f"The host “{address.host}” cannot be found: {error.strerror}.", about=str(address)) from error
    return family, (str(where[0]), int(where[1]))
