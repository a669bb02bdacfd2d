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
    from missions.files import read_mission, write_mission
    from missions.items import Command, Fence, FenceCircle, FencePolygon, Frame, Mission, MissionItem, RallyPoint
    from missions.plan_file import read_plan, write_plan
    from missions.route import route_of
    from missions.waypoints_file import read_waypoints, write_waypoints
    from missions.wire import fence_from_items, fence_items, rally_from_items, rally_items

__all__ = [
    "Command",
    "Difference",
    "Fence",
    "FenceCircle",
    "FencePolygon",
    "Frame",
    "Mission",
    "MissionItem",
    "RallyPoint",
    "compile_sortie",
    "differences",
    "fence_from_items",
    "fence_items",
    "identity",
    "rally_from_items",
    "rally_items",
    "read_mission",
    "read_plan",
    "read_waypoints",
    "route_of",
    "write_atomically",
    "write_mission",
    "write_plan",
    "write_waypoints",
]

_HOMES = {
    "missions.atomic": ("write_atomically",),
    "missions.compare": ("Difference", "differences", "identity"),
    "missions.compile": ("compile_sortie",),
    "missions.files": ("read_mission", "write_mission"),
    "missions.items": tuple(name for name in __all__ if name[0].isupper() and name != "Difference"),
    "missions.plan_file": ("read_plan", "write_plan"),
    "missions.route": ("route_of",),
    "missions.waypoints_file": ("read_waypoints", "write_waypoints"),
    "missions.wire": ("fence_from_items", "fence_items", "rally_from_items", "rally_items"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
