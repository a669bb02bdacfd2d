"""The talk with vehicles: links, state, commands, mission transfer, recording.

The names are fetched when they are first used, so that ``import telemetry`` is light: pymavlink and dronekit come with
the first link.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telemetry.address import Address as Address
    from telemetry.carrier import Manner as Manner
    from telemetry.commands import Done as Done
    from telemetry.commands import arm as arm
    from telemetry.commands import change_height as change_height
    from telemetry.commands import change_speed as change_speed
    from telemetry.commands import disarm as disarm
    from telemetry.commands import goto as goto
    from telemetry.commands import land as land
    from telemetry.commands import pause as pause
    from telemetry.commands import resume as resume
    from telemetry.commands import return_home as return_home
    from telemetry.commands import set_mode as set_mode
    from telemetry.commands import skip_to as skip_to
    from telemetry.commands import start_mission as start_mission
    from telemetry.commands import take_off as take_off
    from telemetry.confirmation import Confirmation as Confirmation
    from telemetry.confirmation import simulator_confirmation as simulator_confirmation
    from telemetry.events import EventKind as EventKind
    from telemetry.events import FlightEvent as FlightEvent
    from telemetry.events import Picture as Picture
    from telemetry.flight import OnStop as OnStop
    from telemetry.flight import fly as fly
    from telemetry.parameter_list import ParameterSet as ParameterSet
    from telemetry.parameter_list import read_parameters as read_parameters
    from telemetry.preflight import Change as Change
    from telemetry.preflight import Check as Check
    from telemetry.preflight import Needs as Needs
    from telemetry.preflight import Weather as Weather
    from telemetry.preflight import mend as mend
    from telemetry.preflight import preflight_checks as preflight_checks
    from telemetry.preflight import prepare as prepare
    from telemetry.preflight_lines import Override as Override
    from telemetry.record import FlightRecord as FlightRecord
    from telemetry.record import Outcome as Outcome
    from telemetry.state import Freshness as Freshness
    from telemetry.state import VehicleState as VehicleState
    from telemetry.tlog import Log as Log
    from telemetry.tlog import read_tlog as read_tlog
    from telemetry.transfer import LoadReport as LoadReport
    from telemetry.transfer import download as download
    from telemetry.transfer import load as load
    from telemetry.transfer import upload as upload
    from telemetry.vehicle import Vehicle as Vehicle

_HOMES = {
    "address": ("Address",),
    "carrier": ("Manner",),
    "commands": (
        "Done",
        "arm",
        "change_height",
        "change_speed",
        "disarm",
        "goto",
        "land",
        "pause",
        "resume",
        "return_home",
        "set_mode",
        "skip_to",
        "start_mission",
        "take_off",
    ),
    "confirmation": ("Confirmation", "simulator_confirmation"),
    "events": ("EventKind", "FlightEvent", "Picture"),
    "flight": ("OnStop", "fly"),
    "parameter_list": ("ParameterSet", "read_parameters"),
    "preflight": ("Change", "Check", "Needs", "Weather", "mend", "preflight_checks", "prepare"),
    "preflight_lines": ("Override",),
    "record": ("FlightRecord", "Outcome"),
    "state": ("Freshness", "VehicleState"),
    "tlog": ("Log", "read_tlog"),
    "transfer": ("LoadReport", "download", "load", "upload"),
    "vehicle": ("Vehicle",),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 (the list is the table's)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
