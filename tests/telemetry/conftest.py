"""Peers to talk with over real sockets: small MAVLink vehicles with faults on order, and a lossy way to a real one."""

from __future__ import annotations

import contextlib
import os
import random
import select
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from missions.items import Fence, FencePolygon, Mission, MissionItem, RallyPoint
from missions.wire import to_e7
from planner.quantities import LonLat

HOME = LonLat(76.9286, 43.2567)


def at(north_m: float, east_m: float) -> LonLat:
    """A place that far from home, near enough for a test."""
    return LonLat(HOME.lon + east_m / 81_070.0, HOME.lat + north_m / 111_100.0)


def waypoint(north_m: float, east_m: float, height_m: float = 30.0) -> MissionItem:
    place = at(north_m, east_m)
    return MissionItem(16, 3, (0.0, 0.0, 0.0, 0.0), to_e7(place.lat), to_e7(place.lon), height_m)


def small_mission() -> Mission:
    """Up, a lane of pictures 120 m long, back: with a fence that has an exclusion, and a rally point at home."""
    items = (
        MissionItem(16, 0, (0.0, 0.0, 0.0, 0.0), to_e7(HOME.lat), to_e7(HOME.lon), 800.0),
        MissionItem(22, 3, (0.0, 0.0, 0.0, 0.0), 0, 0, 20.0),
        MissionItem(178, 0, (1.0, 8.0, 0.0, 0.0)),
        waypoint(30, 0, 20),
        MissionItem(206, 0, (10.0, 0.0, 1.0, 0.0)),
        waypoint(150, 0, 20),
        MissionItem(206, 0, (0.0, 0.0, 0.0, 0.0)),
        waypoint(150, 40, 20),
        MissionItem(20, 0),
    )
    border = FencePolygon((at(-50, -50), at(-50, 100), at(220, 100), at(220, -50)), inclusion=True)
    hole = FencePolygon((at(60, 40), at(60, 60), at(80, 60), at(80, 40)), inclusion=False)
    return Mission(items, Fence((border, hole)), (RallyPoint(at(0, 0), 20.0),))


def long_mission(count: int) -> Mission:
    items = small_mission().items
    return Mission((*items[:4], *(waypoint(30 + index, index % 7) for index in range(count - 5)), items[-1]))


class Peer:
    """MAVLink vehicles on one UDP port, as simple as the protocol allows; what they hear and hold is there to look at.

    ``loss`` drops that share of packets each way; ``spoil`` may change an item that is stored; ``answers`` gives the
    result of a command; ``silent`` stops everything they say.
    """

    def __init__(self, *systems: int, autopilot: int = 3, kind: int = 2, loss: float = 0.0, seed: int = 1) -> None:
        self.systems = systems or (1,)
        self.autopilot, self.kind, self.loss = autopilot, kind, loss
        self.capabilities = 1
        """MAV_PROTOCOL_CAPABILITY bits that it tells of itself."""
        self.kinds: dict[str, int] = {}
        """MAV_PARAM_TYPE by name, where it is no float."""
        self.heard: list[object] = []
        self.parameters: dict[int, dict[str, float]] = {one: {"SYSID_THISMAV": float(one)} for one in self.systems}
        self.items: dict[tuple[int, int], list[object]] = {}
        self.counts: dict[tuple[int, int], int] = {}
        self.spoil: Callable[[object], None] = lambda item: None
        self.answers: Callable[[object], int] = lambda command: mavlink.MAV_RESULT_ACCEPTED
        self.armed = False
        self.mode = 0
        self.silent = threading.Event()
        self._random = random.Random(seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self._peer: tuple[str, int] | None = None
        self._parser = mavlink.MAVLink(None)
        self._parser.robust_parsing = True
        self._senders = {one: mavlink.MAVLink(None, srcSystem=one, srcComponent=1) for one in self.systems}
        self._closing = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Peer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()

    @property
    def address(self) -> str:
        return f"udpout:127.0.0.1:{self._socket.getsockname()[1]}"

    def heard_by(self, system: int) -> list[object]:
        return [one for one in list(self.heard) if getattr(one, "target_system", None) == system]

    def say(self, system: int, message: object) -> None:
        packet = message.pack(self._senders[system])  # type: ignore[attr-defined]
        self._senders[system].seq = (self._senders[system].seq + 1) % 256
        if self._peer is not None and not self.silent.is_set() and self._random.random() >= self.loss:
            self._socket.sendto(packet, self._peer)

    def _run(self) -> None:
        beat = 0.0
        while not self._closing.is_set():
            if time.monotonic() >= beat:
                beat = time.monotonic() + 0.1
                for system in self.systems:
                    self._beat(system)
            with contextlib.suppress(TimeoutError):
                data, self._peer = self._socket.recvfrom(65_536)
                for message in self._parser.parse_buffer(data) or ():
                    if self._random.random() >= self.loss:
                        self.heard.append(message)
                        self._take(message)

    def _beat(self, system: int) -> None:
        base = mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED | (mavlink.MAV_MODE_FLAG_SAFETY_ARMED if self.armed else 0)
        self.say(system, mavlink.MAVLink_heartbeat_message(self.kind, self.autopilot, base, self.mode, 3, 3))
        boot_ms = int((time.monotonic() - self._started) * 1000)
        self.say(
            system,
            mavlink.MAVLink_global_position_int_message(
                boot_ms, to_e7(HOME.lat) + system, to_e7(HOME.lon), 800_000, 0, 0, 0, 0, 9000
            ),
        )

        good = mavlink.MAV_SYS_STATUS_PREARM_CHECK
        self.say(system, mavlink.MAVLink_sys_status_message(good, good, good, 0, 12_600, 100, 95, 0, 0, 0, 0, 0, 0))
        place = (to_e7(HOME.lat), to_e7(HOME.lon), 800_000)
        self.say(system, mavlink.MAVLink_gps_raw_int_message(boot_ms * 1000, 3, *place, 80, 80, 0, 0, 14))
        self.say(system, mavlink.MAVLink_home_position_message(*place, 0, 0, 0, [1, 0, 0, 0], 0, 0, 0))
        self.say(system, mavlink.MAVLink_ekf_status_report_message(831, 0, 0, 0, 0, 0))

    def _take(self, message: object) -> None:
        system = getattr(message, "target_system", None)
        handler = getattr(self, "_on_" + message.get_type().lower(), None)  # type: ignore[attr-defined]
        if system in self.systems and handler is not None:
            handler(system, message)

    def _on_command_long(self, system: int, message) -> None:
        result = self.answers(message)
        self.say(system, mavlink.MAVLink_command_ack_message(message.command, result, 0, 0, 255, 190))
        if message.command == mavlink.MAV_CMD_REQUEST_MESSAGE and message.param1 == 148:
            version = (4 << 24) | (6 << 16) | (3 << 8) | 255
            self.say(
                system,
                mavlink.MAVLink_autopilot_version_message(
                    self.capabilities, version, 0, 0, 0, b"\0" * 8, b"\0" * 8, b"\0" * 8, 0, 0, 0
                ),
            )

    def _on_param_request_read(self, system: int, message) -> None:
        known = self.parameters[system]
        name = message.param_id if message.param_index < 0 else list(known)[message.param_index]
        if name in known:
            self._say_parameter(system, name, list(known).index(name))

    def _on_param_request_list(self, system: int, message) -> None:
        for index, name in enumerate(self.parameters[system]):
            self._say_parameter(system, name, index)

    def _on_param_set(self, system: int, message) -> None:
        if message.param_id in self.parameters[system]:
            self.parameters[system][message.param_id] = message.param_value
            self._say_parameter(system, message.param_id, 65_535)

    def _say_parameter(self, system: int, name: str, index: int) -> None:
        known = self.parameters[system]
        kind = self.kinds.get(name, 9)
        self.say(system, mavlink.MAVLink_param_value_message(name.encode(), known[name], kind, len(known), index))

    def _on_mission_count(self, system: int, message) -> None:
        self.items[system, message.mission_type] = []
        self.counts[system, message.mission_type] = message.count
        self._ask_next(system, message.mission_type)

    def _ask_next(self, system: int, kind: int) -> None:
        got = len(self.items[system, kind])
        if got < self.counts[system, kind]:
            self.say(system, mavlink.MAVLink_mission_request_int_message(255, 190, got, kind))
        else:
            self._ack(system, kind, mavlink.MAV_MISSION_ACCEPTED)

    def _ack(self, system: int, kind: int, result: int) -> None:
        self.say(system, mavlink.MAVLink_mission_ack_message(255, 190, result, kind))

    def _on_mission_item_int(self, system: int, message) -> None:
        kind = message.mission_type
        items = self.items.setdefault((system, kind), [])
        if len(items) >= self.counts.get((system, kind), 0):
            self._ack(system, kind, mavlink.MAV_MISSION_ERROR)
        elif message.seq != len(items):
            self._ack(system, kind, mavlink.MAV_MISSION_INVALID_SEQUENCE)
        else:
            self.spoil(message)
            items.append(message)
            self._ask_next(system, kind)

    def _on_mission_clear_all(self, system: int, message) -> None:
        self.items[system, message.mission_type] = []
        self.counts[system, message.mission_type] = 0
        self._ack(system, message.mission_type, mavlink.MAV_MISSION_ACCEPTED)

    def _on_mission_request_list(self, system: int, message) -> None:
        count = len(self.items.get((system, message.mission_type), []))
        self.say(system, mavlink.MAVLink_mission_count_message(255, 190, count, message.mission_type))

    def _on_mission_request_int(self, system: int, message) -> None:
        one = self.items[system, message.mission_type][message.seq]
        params = (one.param1, one.param2, one.param3, one.param4, one.x, one.y, one.z, one.mission_type)
        self.say(
            system,
            mavlink.MAVLink_mission_item_int_message(255, 190, message.seq, one.frame, one.command, 0, 1, *params),
        )


class LossyWay:
    """A UDP port on this side, a vehicle's TCP port on the other; drops a share of the packets each way."""

    def __init__(self, port: int, loss: float, seed: int = 1) -> None:
        self.loss = loss
        self.dropped = 0
        self.cut = threading.Event()
        self._random = random.Random(seed)
        self._far = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._near.bind(("127.0.0.1", 0))
        self._peer: tuple[str, int] | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> LossyWay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._near.close()
        self._far.close()

    @property
    def address(self) -> str:
        return f"udpout:127.0.0.1:{self._near.getsockname()[1]}"

    def _run(self) -> None:
        rest = b""
        while not self._closing.is_set():
            ready, _, _ = select.select([self._near, self._far], [], [], 0.05)
            if self._near in ready:
                data, self._peer = self._near.recvfrom(65_536)
                if self._passes():
                    self._far.sendall(data)
            if self._far in ready:
                rest += self._far.recv(65_536)
                packets, rest = _split(rest)
                for packet in packets:
                    if self._peer is not None and self._passes():
                        self._near.sendto(packet, self._peer)

    def _passes(self) -> bool:
        passes = not self.cut.is_set() and self._random.random() >= self.loss
        self.dropped += not passes
        return passes


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    packets, place = [], 0
    while place + 3 <= len(data):
        if data[place] not in (0xFD, 0xFE):
            place += 1
            continue
        extra = 8 if data[place] == 0xFE else 12 + (13 if data[place + 2] & 1 else 0)
        end = place + data[place + 1] + extra
        if end > len(data):
            break
        packets.append(data[place:end])
        place = end
    return packets, data[place:]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer(1) as one:
        yield one


@pytest.fixture
def free_udp() -> int:
    """A UDP port that nobody has just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def new_peer() -> type[Peer]:
    return Peer


@pytest.fixture
def lossy_way() -> type[LossyWay]:
    return LossyWay


@pytest.fixture
def mission() -> Mission:
    return small_mission()


@pytest.fixture
def many_items() -> Callable[[int], Mission]:
    return long_mission


@pytest.fixture
def logs() -> Path:
    """The folder of foreign logs, where it is at hand."""
    shared = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
    folder = shared / "data" / "telemetry"
    if not folder.is_dir():
        pytest.skip("the folder of shared data is not here (QYRAN_SHARED)")
    return folder


@pytest.fixture(scope="session")
def sitl_program() -> None:
    if not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")):
        pytest.skip("ArduPilot SITL is not here (QYRAN_SITL, or arducopter on PATH)")
