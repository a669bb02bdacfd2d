"""The one place where dronekit lives.

dronekit 2.9.2 gives a vehicle's attributes (firmware, armable, estimator) and its commands (mode, arming). Three things
are kept from it, each for a fault that a flight would meet: its connection prints to stdout and spins when a peer
closes, and dies after 30 s of silence; it takes the messages of every system on the link for its own; its mission
upload sends degrees as 32-bit floats, off by up to a metre. It stands on our ``Link`` through the interface that
``dronekit.Vehicle`` asks of a handler, so none of these is reached.
"""

from __future__ import annotations

import collections
import collections.abc
import importlib
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from telemetry.dialect import GCS_COMPONENT, GCS_SYSTEM, Message, mavlink
from telemetry.link import Link

_MOVED = ("Mapping", "MutableMapping", "Callable", "Iterable", "Sequence")
"""Names that Python 3.10 took out of ``collections`` and dronekit still asks there."""


@cache
def load_dronekit() -> Any:
    """The module; its warnings about its own age are silenced while it is imported, and only then."""
    for name in _MOVED:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", SyntaxWarning)
        module = importlib.import_module("dronekit")
    for name in ("autopilot", "dronekit"):
        # It logs each status text; anybody's root handler would print them into whatever is on the screen.
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    return module


@dataclass(frozen=True, slots=True)
class Firmware:
    """What the autopilot runs (AUTOPILOT_VERSION)."""

    name: str
    version: tuple[int, int, int]
    release: str
    """"" for a stable release, else such as “beta” or “dev”."""
    capabilities: int
    """MAV_PROTOCOL_CAPABILITY bits."""

    def __str__(self) -> str:
        number = ".".join(str(part) for part in self.version)
        return f"{self.name} {number}{f' ({self.release})' if self.release else ''}"


class DronekitVehicle:
    """dronekit's view of the vehicle that ``link`` is addressed to."""

    def __init__(self, link: Link) -> None:
        if link.system_id is None:
            raise ValueError("the link must be addressed to a vehicle first")
        self._dronekit = load_dronekit()
        self._handler = _Handler(link, link.system_id)
        self._vehicle = self._dronekit.Vehicle(self._handler)
        self.confused = 0
        """Messages that dronekit could not take, such as heartbeats in a mode it does not know."""

    def take(self, message: Message) -> None:
        """Hand dronekit a message of this vehicle."""
        if message.get_type() == "HEARTBEAT":
            self._handler.master.post_message(message)
        for listener in self._handler.listeners:
            try:
                listener(self._handler, message)
            except (self._dronekit.APIException, KeyError, TypeError, AttributeError, ValueError):
                self.confused += 1

    def firmware(self, name: str) -> Firmware | None:
        """What runs there, once the vehicle said so."""
        version = self._vehicle.version
        if version.major is None:
            return None
        release = "" if version.is_stable() else str(version.release_type())
        numbers = (int(version.major), int(version.minor), int(version.patch))
        return Firmware(name, numbers, release, int(self._vehicle._capabilities or 0))

    @property
    def is_armable(self) -> bool:
        """dronekit's own judgement: booted, position fix, estimator ready."""
        return bool(self._vehicle.is_armable)

    def knows_mode(self, name: str) -> bool:
        """Whether this kind of vehicle has a mode of that name."""
        return name in (self._vehicle._mode_mapping or {})

    def send_mode(self, name: str) -> None:
        """Ask for a mode (MAV_CMD_DO_SET_MODE); ``knows_mode`` must hold."""
        self._vehicle.mode = self._dronekit.VehicleMode(name)

    def send_arm(self) -> None:
        """Ask to arm (MAV_CMD_COMPONENT_ARM_DISARM); nothing is sent where it is armed."""
        self._vehicle.armed = True

    def send_disarm(self) -> None:
        """Ask to disarm; nothing is sent where it is disarmed."""
        self._vehicle.armed = False


class _Handler:
    """What ``dronekit.Vehicle`` needs of its ``MAVConnection``, on our link.

    dronekit's own loop listeners (heartbeats each second, asking for all parameters) are taken and never run: the link
    sends heartbeats at the vehicle's pace, and parameters are asked for by name.
    """

    def __init__(self, link: Link, system_id: int) -> None:
        self.target_system = system_id
        self.listeners: list[Callable[[_Handler, Message], None]] = []
        self.master = _new_master(link, self)
        self._alive = True

    def forward_message(self, listener: Callable[[_Handler, Message], None]) -> None:
        self.listeners.append(listener)

    def forward_loop(self, listener: Callable[[_Handler], None]) -> None:
        del listener

    def fix_targets(self, message: Any) -> None:
        if hasattr(message, "target_system"):
            message.target_system = self.target_system


def _new_master(link: Link, handler: _Handler) -> Any:
    """A pymavlink ``mavfile`` without a port of its own: it knows modes, and sends through our link."""
    mavutil = importlib.import_module("pymavlink.mavutil")
    master = mavutil.mavfile(None, str(link.address), source_system=GCS_SYSTEM, input=False)
    sender = mavlink.MAVLink(None, srcSystem=GCS_SYSTEM, srcComponent=GCS_COMPONENT)

    def send(message: Any, force_mavlink1: bool = False) -> None:
        del force_mavlink1
        handler.fix_targets(message)
        link.send(message)

    sender.send = send
    master.mav = sender
    master.target_system = handler.target_system
    master.target_component = link.component_id
    return master
