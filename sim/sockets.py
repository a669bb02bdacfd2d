"""The sockets behind links: a TCP server a vehicle, or UDP towards a ground station."""

from __future__ import annotations

import errno
import socket
from typing import Protocol

from planner.errors import LinkError
from sim.dispatch import Dispatcher
from sim.link import Link
from sim.vehicle import Vehicle

READ_BYTES = 65_536
DATAGRAM_BYTES = 1_200
_GONE = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, TimeoutError)


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises ``LinkError`` where the port or address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        server.listen(8)
        server.setblocking(False)
    except OSError as error:
        server.close()
        raise _refused(host, port, error) from error
    return server


def _refused(host: str, port: int, error: OSError) -> LinkError:
    if error.errno == errno.EADDRINUSE:
        return LinkError(
            f"Port {port} on {host} is taken by another program.",
            about="simulator",
            mend="End that program, or start the simulator at another port.",
        )
    if error.errno == errno.EACCES:
        return LinkError(
            f"Port {port} on {host} may not be used by this user.", about="simulator", mend="Use a port above 1023."
        )
    return LinkError(
        f"The simulator cannot listen at {host}:{port}: {error.strerror or error}.",
        about="simulator",
        mend="Use an address of this machine, for instance 127.0.0.1.",
    )


class Endpoint(Protocol):
    """Something with a socket that the simulator's loop looks after."""

    socket: socket.socket

    def readable(self) -> list[Endpoint]:
        """There is something to read; returns endpoints that came into being."""

    def flush(self) -> None:
        """Send what can be sent without waiting."""

    @property
    def backlog(self) -> int:
        """Bytes that wait to be sent."""

    @property
    def closed(self) -> bool:
        """Whether the other side is gone."""

    def close(self) -> None:
        """Give the socket back."""


class Server:
    """Accepts ground stations for one vehicle, several at a time."""

    backlog = 0
    closed = False

    def __init__(self, vehicle: Vehicle, dispatcher: Dispatcher, server: socket.socket) -> None:
        self.socket = server
        self._vehicle, self._dispatcher = vehicle, dispatcher

    def readable(self) -> list[Endpoint]:
        """Take a ground station in."""
        try:
            client, _ = self.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return []
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return [Stream(self._vehicle, self._dispatcher, client)]

    def flush(self) -> None:
        """Nothing to send here."""

    def close(self) -> None:
        """No longer listen."""
        self.socket.close()


class _Linked:
    """What has a link: reads bytes into messages, and messages into the vehicle."""

    def __init__(self, vehicle: Vehicle, dispatcher: Dispatcher, client: socket.socket) -> None:
        self.socket = client
        self.link = Link(vehicle)
        self._vehicle, self._dispatcher = vehicle, dispatcher
        vehicle.links.append(self.link)

    @property
    def backlog(self) -> int:
        return len(self.link.outbox)

    @property
    def closed(self) -> bool:
        return self.link.closed

    def _take(self, data: bytes) -> None:
        for message in self.link.parser.feed(data):
            self._dispatcher.handle(self.link, message)

    def close(self) -> None:
        self.link.closed = True
        if self.link in self._vehicle.links:
            self._vehicle.links.remove(self.link)
        self.socket.close()


class Stream(_Linked):
    """A ground station on TCP."""

    def readable(self) -> list[Endpoint]:
        """Read, and notice the end."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return []
        except _GONE:
            data = b""
        if data:
            self._take(data)
        else:
            self.link.closed = True
        return []

    def flush(self) -> None:
        """Send as much as the other side takes."""
        outbox = self.link.outbox
        while outbox and not self.link.closed:
            try:
                sent = self.socket.send(outbox)
            except BlockingIOError:
                return
            except _GONE:
                self.link.closed = True
                return
            del outbox[:sent]


class Datagrams(_Linked):
    """A ground station that listens on UDP; whole frames in each datagram."""

    def __init__(self, vehicle: Vehicle, dispatcher: Dispatcher, target: tuple[str, int]) -> None:
        family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
        client = socket.socket(family, socket.SOCK_DGRAM)
        client.setblocking(False)
        super().__init__(vehicle, dispatcher, client)
        self._target = target

    def readable(self) -> list[Endpoint]:
        """Read what the ground station sent back."""
        for _ in range(64):
            try:
                data, _ = self.socket.recvfrom(READ_BYTES)
            except (BlockingIOError, ConnectionError):
                break
            self._take(data)
        return []

    def flush(self) -> None:
        """Send whole frames; what nobody takes is lost, as on any such link."""
        outbox = self.link.outbox
        while outbox:
            size = 0
            while size < len(outbox):
                length = outbox[size + 1] + (25 if outbox[size + 2] & 1 else 12)
                if size and size + length > DATAGRAM_BYTES:
                    break
                size += length
            try:
                self.socket.sendto(outbox[:size], self._target)
            except BlockingIOError:
                return
            except OSError:
                self.link.dropped += 1
            del outbox[:size]
