"""Where a vehicle can be spoken to, as MAVLink users write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from planner.errors import SettingError

DEFAULT_BAUD = 57_600
"""What the usual telemetry radios (SiK) are set to."""

_WAYS_TO_WRITE = (
    "Write udpin:HOST:PORT (listen), udpout:HOST:PORT (send first), tcp:HOST:PORT, or a serial device as "
    "/dev/ttyUSB0,57600."
)
_DEVICE = re.compile(r"^(?:/dev/\S+|COM\d+)$", re.IGNORECASE)


class Way(Enum):
    """How bytes travel."""

    UDP_IN = "udpin"
    """We listen; the vehicle (or its proxy) sends first."""
    UDP_OUT = "udpout"
    """We send first to a listener."""
    TCP = "tcp"
    SERIAL = "serial"

    @property
    def is_stream(self) -> bool:
        """Whether bytes come without packet borders."""
        return self in (Way.TCP, Way.SERIAL)


@dataclass(frozen=True, slots=True)
class Address:
    """One end of a link. ``host`` and ``port`` for UDP and TCP, ``device`` and ``baud`` for a serial line."""

    way: Way
    host: str = ""
    port: int = 0
    device: str = ""
    baud: int = DEFAULT_BAUD

    def __str__(self) -> str:
        if self.way is Way.SERIAL:
            return f"{self.device},{self.baud}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.way.value}:{host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``udp:``, ``udpin:``, ``udpout:``, ``tcp:``, ``serial:``, a device path or ``HOST:PORT``.

        ``udp:`` and a bare ``HOST:PORT`` listen, as in pymavlink, dronekit and MAVProxy. Raises ``SettingError``.
        """
        words = text.strip()
        if not words:
            raise SettingError("No address was given.", mend=_WAYS_TO_WRITE)
        scheme, separator, rest = words.partition(":")
        if separator and scheme.lower() == "serial":
            return _serial(rest, text)
        if _DEVICE.match(re.split(r"[,:]", words, maxsplit=1)[0]):
            return _serial(words, text)
        ways = {"udp": Way.UDP_IN, "udpin": Way.UDP_IN, "udpout": Way.UDP_OUT, "tcp": Way.TCP}
        if separator and scheme.lower() in ways:
            host, port = _host_and_port(rest, text)
            return cls(ways[scheme.lower()], host=host, port=port)
        if separator and re.fullmatch(r"\[?[\w.\-:]+\]?", words):
            if not re.search(r":\d+$", words):
                raise SettingError(f"“{scheme}:” is no way to reach a vehicle.", about=text, mend=_WAYS_TO_WRITE)
            host, port = _host_and_port(words, text)
            return cls(Way.UDP_IN, host=host, port=port)
        raise SettingError("This is no address of a vehicle.", about=text, mend=_WAYS_TO_WRITE)


def _host_and_port(rest: str, text: str) -> tuple[str, int]:
    host, separator, port = rest.rpartition(":")
    if not separator or not host:
        raise SettingError("The address needs a host and a port.", about=text, mend=_WAYS_TO_WRITE)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise SettingError("An IPv6 host is written in brackets, as in tcp:[::1]:5760.", about=text)
    if not re.fullmatch(r"[\w.\-:]+", host):
        raise SettingError(f"“{host}” is no host name.", about=text, mend=_WAYS_TO_WRITE)
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65_535:
        raise SettingError(f"A port is a number from 1 to 65535, not “{port}”.", about=text)
    return host, int(port)


def _serial(words: str, text: str) -> Address:
    device, *speed = re.split(r"[,:]", words)
    if not device:
        raise SettingError("The address names no serial device.", about=text, mend=_WAYS_TO_WRITE)
    if len(speed) > 1:
        raise SettingError("A serial address is a device and one baud rate.", about=text, mend=_WAYS_TO_WRITE)
    if not speed:
        return Address(Way.SERIAL, device=device)
    baud = speed[0]
    if not baud.isascii() or not baud.isdigit() or not 1_200 <= int(baud) <= 10_000_000:
        raise SettingError(f"A baud rate is a number such as 57600 or 115200, not “{baud}”.", about=text)
    return Address(Way.SERIAL, device=device, baud=int(baud))
