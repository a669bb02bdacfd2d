"""What the autopilot is told: sorties as mission items, fence and rally points; their files; comparing two of them.

The names below are looked up when they are first used, so that importing this room loads none of its parts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from missions.atomic import write_atomically
    from missions.compare import Difference, differences, identity
    from missions.compile import compile_sortie
    from missions.contents import Contents, read_contents
    from missions.convert import Conversion, converted
    from missions.doubts import doubts
    from missions.files import read_mission, write_mission
    from missions.items import Command, Fence, FenceCircle, FencePolygon, Frame, Mission, MissionItem, RallyPoint
    from missions.parts import fitted, next_part
    from missions.plan_file import read_plan, write_plan
    from missions.route import route_of
    from missions.sites import site_of
    from missions.support import Unsupported, check_supported, unsupported
    from missions.waypoints_file import read_waypoints, write_waypoints
    from missions.wire import fence_from_items, fence_items, rally_from_items, rally_items

__all__ = [
    "Command",
    "Contents",
    "Conversion",
    "Difference",
    "Fence",
    "FenceCircle",
    "FencePolygon",
    "Frame",
    "Mission",
    "MissionItem",
    "RallyPoint",
    "Unsupported",
    "check_supported",
    "compile_sortie",
    "converted",
    "differences",
    "doubts",
    "fence_from_items",
    "fence_items",
    "fitted",
    "identity",
    "next_part",
    "rally_from_items",
    "rally_items",
    "read_contents",
    "read_mission",
    "read_plan",
    "read_waypoints",
    "route_of",
    "site_of",
    "unsupported",
    "write_atomically",
    "write_mission",
    "write_plan",
    "write_waypoints",
]

_HOMES = {
    "missions.atomic": ("write_atomically",),
    "missions.compare": ("Difference", "differences", "identity"),
    "missions.compile": ("compile_sortie",),
    "missions.contents": ("Contents", "read_contents"),
    "missions.convert": ("Conversion", "converted"),
    "missions.doubts": ("doubts",),
    "missions.files": ("read_mission", "write_mission"),
    "missions.items": (
        *("Command", "Fence", "FenceCircle", "FencePolygon", "Frame"),
        *("Mission", "MissionItem", "RallyPoint"),
    ),
    "missions.parts": ("fitted", "next_part"),
    "missions.plan_file": ("read_plan", "write_plan"),
    "missions.route": ("route_of",),
    "missions.sites": ("site_of",),
    "missions.support": ("Unsupported", "check_supported", "unsupported"),
    "missions.waypoints_file": ("read_waypoints", "write_waypoints"),
    "missions.wire": ("fence_from_items", "fence_items", "rally_from_items", "rally_items"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
