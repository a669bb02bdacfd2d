"""The border to pymavlink's messages: the one place where a message has no type of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from pymavlink.dialects.v20 import ardupilotmega

from telemetry.state import Autopilot

mavlink = ardupilotmega
"""MAVLink 2 with ArduPilot's own messages."""

Listener = Callable[["Message"], None]


class Message(Protocol):
    """A decoded MAVLink message; its fields are attributes named as in the message definition."""

    def get_type(self) -> str:
        """Its name, such as HEARTBEAT; BAD_DATA and UNKNOWN_… where it could not be read."""
        ...

    def get_msgId(self) -> int: ...  # noqa: D102, N802 (pymavlink's own names)
    def get_seq(self) -> int: ...  # noqa: D102
    def get_srcSystem(self) -> int: ...  # noqa: D102, N802
    def get_srcComponent(self) -> int: ...  # noqa: D102, N802
    def get_msgbuf(self) -> bytearray: ...  # noqa: D102
    def __getattr__(self, name: str) -> Any: ...


AUTOPILOT_COMPONENT = int(mavlink.MAV_COMP_ID_AUTOPILOT1)
GCS_SYSTEM = 255
GCS_COMPONENT = int(mavlink.MAV_COMP_ID_MISSIONPLANNER)

_NOT_VEHICLES = frozenset(
    {
        mavlink.MAV_TYPE_GCS,
        mavlink.MAV_TYPE_ANTENNA_TRACKER,
        mavlink.MAV_TYPE_ONBOARD_CONTROLLER,
        mavlink.MAV_TYPE_GIMBAL,
        mavlink.MAV_TYPE_ADSB,
        mavlink.MAV_TYPE_CAMERA,
    }
)

_COPTERS = frozenset(
    {
        mavlink.MAV_TYPE_QUADROTOR,
        mavlink.MAV_TYPE_COAXIAL,
        mavlink.MAV_TYPE_HELICOPTER,
        mavlink.MAV_TYPE_HEXAROTOR,
        mavlink.MAV_TYPE_OCTOROTOR,
        mavlink.MAV_TYPE_TRICOPTER,
        mavlink.MAV_TYPE_DODECAROTOR,
        mavlink.MAV_TYPE_DECAROTOR,
    }
)


def is_vehicle_heartbeat(message: Message) -> bool:
    """Whether it is the heartbeat of an autopilot and not of a ground station, camera, radio or transponder."""
    return message.get_type() == "HEARTBEAT" and is_vehicle(message.autopilot, message.type, message.get_srcSystem())


def is_vehicle(autopilot: int, kind: int, system: int) -> bool:
    """Whether a heartbeat's MAV_AUTOPILOT and MAV_TYPE from that system are those of an autopilot."""
    return autopilot != mavlink.MAV_AUTOPILOT_INVALID and kind not in _NOT_VEHICLES and system != 0


def is_copter(kind: int | None) -> bool:
    """Whether a MAV_TYPE is a multicopter or helicopter."""
    return kind in _COPTERS


def autopilot_of(number: int) -> Autopilot:
    """Whose firmware a MAV_AUTOPILOT is."""
    if number == mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA:
        return Autopilot.ARDUPILOT
    return Autopilot.PX4 if number == mavlink.MAV_AUTOPILOT_PX4 else Autopilot.OTHER


def name_of(enum: str, number: int) -> str:
    """A MAVLink enum's entry in plain words (``MAV_RESULT`` 4 is “failed”); the number where it has no name."""
    entry = mavlink.enums[enum].get(number)
    if entry is None:
        return f"{enum} {number}"
    return re.sub(rf"^{enum}_", "", str(entry.name)).replace("_", " ").lower()


def command_name(number: int) -> str:
    """A MAV_CMD without its prefix; the number where it has no name."""
    entry = mavlink.enums["MAV_CMD"].get(number)
    return re.sub("^MAV_CMD_", "", str(entry.name)) if entry is not None else f"command {number}"


def new_parser() -> Any:
    """A MAVLink 2 parser that goes on after damage; it also reads MAVLink 1."""
    parser = mavlink.MAVLink(None, srcSystem=GCS_SYSTEM, srcComponent=GCS_COMPONENT)
    parser.robust_parsing = True
    return parser
