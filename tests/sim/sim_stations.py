"""Ground stations for tests: real programs and libraries over real sockets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pymavlink import mavutil

HOME_LAT_E7, HOME_LON_E7 = 432_380_000, 769_450_000
METRES_PER_E7 = 0.011131884502145034

Item = tuple[int, int, tuple[float, float, float, float], int, int, float]
"""Command, frame, parameters 1 to 4, x, y, z."""


def place(north: float, east: float) -> tuple[int, int]:
    """Latitude and longitude in 1e-7 degrees, metres from home, in the autopilot's own metres."""
    shrink = math.cos(math.radians(HOME_LAT_E7 / 1e7))
    return round(HOME_LAT_E7 + north / METRES_PER_E7), round(HOME_LON_E7 + east / METRES_PER_E7 / shrink)


def waypoint(north: float, east: float, up: float, *, delay: float = 0.0, command: int = 16) -> Item:
    return command, 3, (delay, 0.0, 0.0, 0.0), *place(north, east), up


def do(command: int, *params: float) -> Item:
    p1, p2, p3, p4 = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return command, 2, (p1, p2, p3, p4), 0, 0, 0.0


def takeoff(up: float) -> Item:
    return 22, 3, (0.0, 0.0, 0.0, 0.0), 0, 0, up


HOME: Item = (16, 0, (0.0, 0.0, 0.0, 0.0), HOME_LAT_E7, HOME_LON_E7, 820.0)
RETURN = do(20)


@dataclass
class Seen:
    """What a ground station saw of a flight; times are the vehicle's own seconds."""

    texts: list[str] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    track: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Time, metres north, east and up of home."""
    modes: list[int] = field(default_factory=list)


class Station:
    """A ground station on pymavlink; 255 is the one that the vehicle's failsafe listens to."""

    def __init__(self, address: str, system: int = 255) -> None:
        self.link: Any = mavutil.mavlink_connection(
            address, source_system=system, source_component=190, dialect="ardupilotmega", autoreconnect=False
        )
        first = self.link.wait_heartbeat(timeout=10)
        assert first is not None, "no heartbeat"
        self.target = self.link.target_system
        self.mav = self.link.mav
        self.seen = Seen()

    def close(self) -> None:
        self.link.close()

    def receive(self, seconds: float = 0.5) -> Any:
        """The next message, noted in ``seen``; None when none comes."""
        message = self.link.recv_match(blocking=True, timeout=seconds)
        if message is not None:
            self._note(message)
        return message

    def _note(self, message: Any) -> None:
        seen = self.seen
        match message.get_type():
            case "STATUSTEXT":
                seen.texts.append(message.text)
            case "MISSION_ITEM_REACHED":
                seen.reached.append(message.seq)
            case "CAMERA_FEEDBACK":
                seen.images.append(message.img_idx)
            case "GLOBAL_POSITION_INT":
                shrink = math.cos(math.radians(HOME_LAT_E7 / 1e7))
                north = (message.lat - HOME_LAT_E7) * METRES_PER_E7
                east = (message.lon - HOME_LON_E7) * METRES_PER_E7 * shrink
                seen.track.append((message.time_boot_ms / 1000.0, north, east, message.relative_alt / 1000.0))
            case "HEARTBEAT":
                if not seen.modes or seen.modes[-1] != message.custom_mode:
                    seen.modes.append(message.custom_mode)

    def wait(self, *kinds: str, where: Callable[[Any], bool] = lambda _: True, seconds: float = 10.0) -> Any:
        """The next message of these kinds that is as wanted; fails loudly when none comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.receive()
            if message is not None and message.get_type() in kinds and where(message):
                return message
        raise AssertionError(f"no such {'/'.join(kinds)} within {seconds:g} s; texts: {self.seen.texts[-8:]}")

    def text(self, part: str, seconds: float = 10.0) -> str:
        """A text that was seen, or comes now."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for text in self.seen.texts:
                if part in text:
                    return str(text)
            self.receive()
        raise AssertionError(f"nobody said {part!r}; but: {self.seen.texts}")

    def command(self, number: int, *params: float, seconds: float = 5.0) -> int:
        values = (*params, 0, 0, 0, 0, 0, 0, 0)[:7]
        self.mav.command_long_send(self.target, 1, number, 0, *values)
        return int(self.wait("COMMAND_ACK", where=lambda m: m.command == number, seconds=seconds).result)

    def command_int(self, number: int, frame: int, params: tuple[float, ...], spot: tuple[int, int, float]) -> int:
        self.mav.command_int_send(self.target, 1, frame, number, 0, 0, *params, *spot)
        return int(self.wait("COMMAND_ACK", where=lambda m: m.command == number).result)

    def set(self, name: str, value: float) -> float:
        self.mav.param_set_send(self.target, 1, name.encode(), value, 9)
        return float(self.wait("PARAM_VALUE", where=lambda m: m.param_id == name).param_value)

    def mode(self, number: int) -> int:
        return self.command(176, 1, number)

    def stream(self, rate: int = 5) -> None:
        self.mav.request_data_stream_send(self.target, 1, 0, rate, 1)

    def upload(self, items: list[Item], kind: int = 0) -> int:
        self.mav.mission_count_send(self.target, 1, len(items), kind)
        while True:
            message = self.wait("MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK")
            if message.get_type() == "MISSION_ACK":
                return int(message.type)
            command, frame, params, x, y, z = items[message.seq]
            self.mav.mission_item_int_send(self.target, 1, message.seq, frame, command, 0, 1, *params, x, y, z, kind)

    def download(self, kind: int = 0) -> list[Any]:
        self.mav.mission_request_list_send(self.target, 1, kind)
        count = self.wait("MISSION_COUNT", where=lambda m: m.mission_type == kind).count
        items = []
        for seq in range(count):
            self.mav.mission_request_int_send(self.target, 1, seq, kind)
            items.append(self.wait("MISSION_ITEM_INT", where=lambda m, seq=seq: m.seq == seq))
        self.mav.mission_ack_send(self.target, 1, 0, kind)
        return items

    def arm(self, seconds: float = 20.0) -> None:
        """Arm as soon as the vehicle lets it be."""
        end = time.monotonic() + seconds
        while self.command(400, 1) != 0:
            assert time.monotonic() < end, "it does not let itself be armed"
            time.sleep(0.05)

    def beat(self) -> None:
        self.mav.heartbeat_send(6, 8, 0, 0, 4)

    def start_mission(self, items: list[Item]) -> None:
        # ArduPilot gives an upload up after eight of its own seconds, which are few of ours when it is sped up.
        assert any(self.upload([HOME, *items]) == 0 for _ in range(4))
        assert self.mode(4) == 0
        self.arm()
        assert self.mode(3) == 0
        assert self.command(300) == 0

    def watch(self, until: Callable[[Seen, Any], bool] | None = None, seconds: float = 60.0) -> Seen:
        """Look on until the vehicle is disarmed, or until what is asked for."""
        end, flown, beaten = time.monotonic() + seconds, False, 0.0
        while time.monotonic() < end:
            if time.monotonic() - beaten > 1.0:
                self.beat()
                beaten = time.monotonic()
            message = self.receive()
            if message is None:
                continue
            if until is not None:
                if until(self.seen, message):
                    return self.seen
            elif message.get_type() == "HEARTBEAT":
                armed = bool(message.base_mode & 128)
                flown = flown or armed
                if flown and not armed:
                    return self.seen
        raise AssertionError(f"it did not happen within {seconds:g} s; texts: {self.seen.texts[-8:]}")
