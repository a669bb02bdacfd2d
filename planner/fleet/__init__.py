"""Many drones: work shared among them, posts held by turns, plans kept apart."""

from __future__ import annotations

from planner.fleet.conflicts import Apart, Conflict, find_conflicts, nearest_approach_m
from planner.fleet.places import PlaceShare, split_places
from planner.fleet.relay import Change, Schedule, Stay, Turn, relay
from planner.fleet.separate import Layers, Separation, separate
from planner.fleet.split import Share, Split, split_lanes, stop_and_go, straight
from planner.fleet.timed import TimedPath

__all__ = [
    "Apart",
    "Change",
    "Conflict",
    "Layers",
    "PlaceShare",
    "Schedule",
    "Separation",
    "Share",
    "Split",
    "Stay",
    "TimedPath",
    "Turn",
    "find_conflicts",
    "nearest_approach_m",
    "relay",
    "separate",
    "split_lanes",
    "split_places",
    "stop_and_go",
    "straight",
]
