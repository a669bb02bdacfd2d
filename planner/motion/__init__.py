"""How an autopilot with jerk-limited legs moves: when it is where, and how long it takes.

Modelled on ArduCopter 4.6 (``AC_WPNav``, ``SCurve``, ``AC_PosControl``), measured against its SITL
(``tests/planner/data/motion.json``).
"""

from planner.motion.fly import fly_through, reachable_mps, return_time_s, return_times_s
from planner.motion.homeward import return_height_m
from planner.motion.vertical import SPOOL_UP_S, land_time_s, takeoff_time_s

__all__ = [
    "SPOOL_UP_S",
    "fly_through",
    "land_time_s",
    "reachable_mps",
    "return_height_m",
    "return_time_s",
    "return_times_s",
    "takeoff_time_s",
]
