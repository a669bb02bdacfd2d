"""The MAV_CMD numbers that may stand in a mission: their names in words, and which of them have a place."""

from __future__ import annotations

from missions.items import Frame, MissionItem

GLOBE = frozenset(frame.value for frame in Frame if frame is not Frame.MISSION)
"""Frames whose x and y are latitude and longitude."""

NAMES: dict[int, str] = {
    16: "waypoint",
    17: "loiter without end",
    18: "loiter turns",
    19: "loiter time",
    20: "return to launch",
    21: "land",
    22: "take-off",
    30: "continue and change altitude",
    31: "loiter to altitude",
    34: "orbit",
    80: "region of interest",
    82: "spline waypoint",
    83: "altitude wait",
    84: "VTOL take-off",
    85: "VTOL land",
    92: "guided enable",
    93: "delay",
    94: "payload place",
    112: "condition delay",
    113: "condition change altitude",
    114: "condition distance",
    115: "condition yaw",
    176: "set mode",
    177: "jump",
    178: "change speed",
    179: "set home",
    181: "set relay",
    182: "repeat relay",
    183: "set servo",
    184: "repeat servo",
    188: "return path start",
    189: "land start",
    191: "go around",
    192: "reposition",
    193: "pause or continue",
    194: "set reverse",
    195: "region of interest at a place",
    196: "region of interest at the next waypoint",
    197: "no region of interest",
    200: "control video",
    201: "set region of interest",
    202: "configure camera",
    203: "control camera",
    204: "configure mount",
    205: "control mount",
    206: "camera trigger distance",
    207: "fence enable",
    208: "parachute",
    210: "inverted flight",
    211: "gripper",
    212: "autotune enable",
    213: "set yaw and speed",
    214: "camera trigger interval",
    215: "set resume distance",
    216: "sprayer",
    217: "script message",
    218: "auxiliary function",
    222: "guided limits",
    223: "engine control",
    530: "set camera mode",
    531: "set camera zoom",
    532: "set camera focus",
    534: "set camera source",
    600: "jump tag",
    601: "jump to tag",
    1000: "gimbal pitch and yaw",
    2000: "start taking pictures",
    2001: "stop taking pictures",
    2500: "start video",
    2501: "stop video",
    3000: "VTOL transition",
    4501: "condition gate",
    5000: "fence return point",
    5001: "fence vertex (inside)",
    5002: "fence vertex (outside)",
    5003: "fence circle (inside)",
    5004: "fence circle (outside)",
    5100: "rally point",
    42600: "winch",
    42702: "script time",
    42703: "attitude time",
}
"""MAVLink's common and ArduPilot dialects (mavlink.io, MAV_CMD), in the words of a pilot."""

RAW_X_Y = frozenset((202, 203, 205, 1000, 42702, 42703))
"""Commands whose parameters 5 and 6 are numbers of their own to ArduPilot, whatever their frame says."""

WITH_PLACE = frozenset(
    (
        *(*range(16, 20), 21, 22, 30, 31, 34, 80, 82, 84, 85, 92, 94, 179, 188, 189, 191, 192, 195, 201, 4501),
        *(*range(5000, 5005), 5100, *range(31000, 31010)),
    )
)
"""Commands that have a place: their x and y are latitude and longitude in 1e-7 degrees.

Those of ArduPilot's ``AP_Mission::stored_in_location`` and, from MAVLink's definitions, orbit, region of interest,
reposition, condition gate and the user's own waypoints (31000 to 31009).
"""


def has_place(command: int) -> bool:
    """Whether a command is about a place."""
    return command in WITH_PLACE


def has_degrees(command: int, frame: int) -> bool:
    """Whether x and y are degrees: for a place, and in a frame of the globe, where others have them without meaning.

    Mission Planner writes a place for a return to launch; for a camera command it writes raw numbers in such a frame.
    """
    return has_place(command) or (frame in GLOBE and command not in RAW_X_Y)


def is_navigation(command: int) -> bool:
    """Whether a command is flown to its end before the next one begins (ArduPilot's ``AP_Mission::is_nav_cmd``)."""
    return command <= 95 or command in (213, 42702, 42703)


def name_of(item: MissionItem | int) -> str:
    """A command in words; an unknown one by its number."""
    command = item if isinstance(item, int) else item.command
    return NAMES.get(command, f"command {command}")


_MAY_BE_NAN: dict[int, tuple[int, ...]] = {**dict.fromkeys((16, 17, 21, 22, 84), (3,)), 85: (2, 3)}
"""Parameters (from 0) where ArduPilot takes NaN for "leave as it is" (``AP_Mission::sanity_check_params``)."""


def may_be_nan(command: int, index: int) -> bool:
    """Whether parameter ``index`` (from 0) of a command may be NaN in a file of numbers."""
    return index in _MAY_BE_NAN.get(command, ())
