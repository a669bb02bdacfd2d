"""How an autopilot with jerk-limited legs moves: when it is where, and how long it takes.

Modelled on ArduCopter 4.6 (``AC_WPNav``, ``SCurve``, ``AC_PosControl``), measured against its SITL
(``tests/planner/data/motion.json``).
"""

from planner.motion.fly import fly_through, return_time_s, return_times_s
from planner.motion.vertical import land_time_s, takeoff_time_s

__all__ = ["fly_through", "land_time_s", "return_time_s", "return_times_s", "takeoff_time_s"]
