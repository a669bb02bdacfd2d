"""What arrives over a link, and what is done about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.commands import Commands, send_banner
from sim.ftp import FileServer
from sim.mission_protocol import MissionProtocol, guided_item
from sim.telemetry_messages import clock_us
from sim.texts import Severity
from sim.vectors import Vector
from sim.wire import Inbound

if TYPE_CHECKING:
    from sim.link import Link
    from sim.vehicle import Vehicle

READ_ONLY = frozenset({"MIS_TOTAL"})
"""As ArduPilot marks what only it may set."""
_CUSTOM_MODE = 1
_IGNORE_POSITION, _IGNORE_VELOCITY, _IGNORE_ACCELERATION = 0x7, 0x38, 0x1C0
_IGNORE_YAW = 0x400
_LOCAL_NED, _LOCAL_OFFSET, _BODY_NED, _BODY_OFFSET = 1, 7, 8, 9
_FASTEST_MPS = 1000.0


class Dispatcher:
    """Takes messages to one vehicle from all its links."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.protocol = MissionProtocol(vehicle)
        self._commands = Commands(vehicle)
        self._files = FileServer(vehicle, self.protocol)
        self._handlers: dict[str, Callable[[Link, Inbound], None]] = {
            "HEARTBEAT": self._heartbeat,
            "FILE_TRANSFER_PROTOCOL": self._files.handle,
            "COMMAND_LONG": self._commands.handle,
            "COMMAND_INT": self._commands.handle,
            "PARAM_REQUEST_LIST": self._param_list,
            "PARAM_REQUEST_READ": self._param_read,
            "PARAM_SET": self._param_set,
            "SETUP_SIGNING": self._set_up_signing,
            "REQUEST_DATA_STREAM": self._streams,
            "SET_MODE": self._mode,
            "MISSION_SET_CURRENT": self._set_current,
            "SET_POSITION_TARGET_GLOBAL_INT": self._go_global,
            "SET_POSITION_TARGET_LOCAL_NED": self._go_local,
            "RC_CHANNELS_OVERRIDE": self._override,
            "TIMESYNC": self._timesync,
            "PING": self._ping,
            "AUTOPILOT_VERSION_REQUEST": lambda link, _: _send_version(link),
        }

    def handle(self, link: Link, message: Inbound) -> None:
        """Deal with a message if it is for this vehicle; what is not understood is passed over, as on a real link."""
        if not self._vehicle.signing.believes(message):
            return
        if message.target_system not in (0, self._vehicle.system_id):
            return
        if message.name in ("MISSION_ITEM", "MISSION_ITEM_INT") and message.integer("current") in (2, 3):
            result = guided_item(self._vehicle, message)
            link.say("MISSION_ACK", message.system, message.component, int(result), 0, 0)
            return
        if self.protocol.handle(link, message):
            return
        handler = self._handlers.get(message.name)
        if handler is not None:
            handler(link, message)

    def _heartbeat(self, link: Link, message: Inbound) -> None:
        if message.system == int(self._vehicle.parameters["SYSID_MYGCS"]):
            self._vehicle.failsafes.heard_gcs(link)

    def _param_list(self, link: Link, _: Inbound) -> None:
        link.list_parameters()
        send_banner(link)

    def _param_read(self, link: Link, message: Inbound) -> None:
        index, names = message.integer("param_index"), self._vehicle.parameters.names()
        name = names[index] if 0 <= index < len(names) else message.text("param_id")
        if name in self._vehicle.parameters:
            link.send_parameter(name)

    def _param_set(self, link: Link, message: Inbound) -> None:
        name, value = message.text("param_id"), message.number("param_value")
        if name not in self._vehicle.parameters or not math.isfinite(value):
            return
        if name in READ_ONLY:
            self._vehicle.say(Severity.WARNING, f"Param write denied ({name})")
            link.send_parameter(name)
            return
        self._vehicle.set_parameter(name, value)

    def _set_up_signing(self, link: Link, message: Inbound) -> None:
        if self._vehicle.armed:
            link.send_text(Severity.WARNING, "ERROR: Won't setup signing when armed")
            return
        key = message.values["secret_key"]
        assert isinstance(key, tuple)
        self._vehicle.signing.set_up(
            bytes(byte for byte in key if isinstance(byte, int)), message.integer("initial_timestamp")
        )

    def _streams(self, link: Link, message: Inbound) -> None:
        rate = message.integer("req_message_rate") if message.integer("start_stop") else 0
        link.set_stream(message.integer("req_stream_id"), rate)

    def _mode(self, link: Link, message: Inbound) -> None:
        done = bool(message.integer("base_mode") & _CUSTOM_MODE)
        done = done and self._vehicle.set_mode(message.integer("custom_mode"), asked=True)
        link.say("COMMAND_ACK", 11, 0 if done else 4, 0, 0, message.system, message.component)

    def _set_current(self, link: Link, message: Inbound) -> None:
        if self._vehicle.mission.set_current(message.integer("seq")):
            link.send_built("MISSION_CURRENT")

    def _override(self, _: Link, message: Inbound) -> None:
        if message.system == int(self._vehicle.parameters["SYSID_MYGCS"]):
            self._vehicle.pilot.override([_pulse(message, i) for i in range(1, 17)])

    def _timesync(self, link: Link, message: Inbound) -> None:
        if message.integer("tc1") == 0:
            now = clock_us(self._vehicle) * 1000
            link.say("TIMESYNC", now, message.integer("ts1"), message.system, message.component)

    def _ping(self, link: Link, message: Inbound) -> None:
        if message.target_system == 0:
            link.say("PING", message.integer("time_usec"), message.integer("seq"), message.system, message.component)

    def _go_global(self, _: Link, message: Inbound) -> None:
        guided, vehicle = self._vehicle.guided, self._vehicle
        if guided is None:
            return
        lat, lon, alt = message.integer("lat_int"), message.integer("lon_int"), message.number("alt")
        height = vehicle.height_of(message.integer("coordinate_frame"), alt)
        valid = height is not None and abs(lat) <= 900_000_000 and abs(lon) <= 1_800_000_000
        place = (*vehicle.frame.to_local(lat, lon), height) if valid and height is not None else None
        self._go(message, place, _velocity(message))

    def _go_local(self, _: Link, message: Inbound) -> None:
        if self._vehicle.guided is None:
            return
        frame, body = message.integer("coordinate_frame"), self._vehicle.body
        north, east, up = message.number("x"), message.number("y"), -message.number("z")
        velocity = _velocity(message)
        if frame in (_BODY_NED, _BODY_OFFSET):
            north, east = _turned(north, east, body.yaw)
            velocity = (*_turned(velocity[0], velocity[1], body.yaw), velocity[2])
        if frame in (_LOCAL_OFFSET, _BODY_NED, _BODY_OFFSET):
            north, east, up = north + body.place[0], east + body.place[1], up + body.place[2]
        known = frame in (_LOCAL_NED, _LOCAL_OFFSET, _BODY_NED, _BODY_OFFSET)
        place = (north, east, up) if known and all(map(math.isfinite, (north, east, up))) else None
        self._go(message, place, velocity)

    def _go(self, message: Inbound, place: Vector | None, velocity: Vector) -> None:
        """Fly to a place, or at a velocity, as the type mask says; stop where the words make no sense."""
        guided, mask = self._vehicle.guided, message.integer("type_mask")
        if guided is None:
            return
        if not mask & _IGNORE_YAW and math.isfinite(message.number("yaw")):
            self._vehicle.heading.hold(message.number("yaw"))
        if not mask & _IGNORE_POSITION:
            if place is None:
                guided.stop()
            else:
                guided.go_to(place)
        elif not mask & _IGNORE_VELOCITY:
            sane = all(math.isfinite(v) and abs(v) < _FASTEST_MPS for v in velocity)
            guided.fly(velocity if sane else (0.0, 0.0, 0.0))
        else:
            guided.stop()


def _send_version(link: Link) -> None:
    link.send_built("AUTOPILOT_VERSION")


def _pulse(message: Inbound, channel: int) -> int:
    """A channel of RC_CHANNELS_OVERRIDE; in channels 9 and up 0 means "leave it" and 65534 "give it back"."""
    value = message.integer(f"chan{channel}_raw")
    if channel <= 8:
        return value
    return {0: 65_535, 65_534: 0}.get(value, value)


def _velocity(message: Inbound) -> Vector:
    return message.number("vx"), message.number("vy"), -message.number("vz")


def _turned(forward: float, right: float, yaw: float) -> tuple[float, float]:
    return forward * math.cos(yaw) - right * math.sin(yaw), forward * math.sin(yaw) + right * math.cos(yaw)
