"""Every word a map shows, in one place, so that a translation can take them."""

from __future__ import annotations

from planner.plan import Leg, Severity
from planner.site import ZoneKind

GRID = "Grid of {step:g} m"
AREAS = "Areas to watch"
ZONES = "Zones"
BORDER_DERIVED = "Keep-in border (derived from the areas)"
SEEN = "Seen by the camera"
SORTIE = "Sortie {number}"
DRONE = "Drone {drone}: sorties {sorties}"
DRONE_ONE = "Drone {drone}: sortie {sorties}"
LAP = "Drone {drone}, sortie {number}: laps {first} to {last}"
PLACE_GAPS = "Places and their gaps"
PLACE_VISITS = "{place}: {visits} visits"
PLACE_MEAN = "every {clock} in the mean"
PLACE_WORST = "{clock} at worst"
PLACE_BITS = "return times {bits:.1f} bits"
LEFT_OUT = "Places left out"
NOT_VISITED = "{place} is not visited"
NUMBERS = "Waypoint numbers"
MISSION = "Mission as compiled"
PLACES = "Launch and safe points"
FINDINGS = "Findings"
TRACK_HEIGHT = "Flown, by height"
TRACK_SPEED = "Flown, by speed"
PICTURES = "Pictures taken ({count})"
EVENTS = "Events ({count})"
MINOR_EVENTS = "Minor events ({count})"
ENDS = "Start and end"

ZONE_KINDS = {
    ZoneKind.KEEP_IN: "keep in",
    ZoneKind.KEEP_OUT: "keep out",
    ZoneKind.NO_LOOK: "no look",
    ZoneKind.AIRSPACE: "airspace",
}
FLOOR = "from {floor}"
CEILING = "up to {ceiling}"
AREA = "area to watch"
CORRIDOR = "corridor"
PERIMETER = "perimeter"
POINT = "point of interest"
ROUTE = "route by hand"
LAUNCH = "launch"
SAFE_POINT = "safe point"
RETURN_ALTITUDE = "returns there at {altitude}"

LEGS = {Leg.LANE: "lane", Leg.TRANSIT: "transit"}
LEG = "Sortie {sortie}, {leg} to waypoint {number}"
WAYPOINT = "Sortie {sortie}, waypoint {number}"
DRONE_FACTS = "drone {drone}, starts {clock} after the patrol"
LEG_FACTS = "{altitude}, {speed:.1f} m/s"
REACHED = "reached {clock} after arming"
HOLD = "stays {seconds:.0f} s"

ITEM = "Item {number}: {command}"
ITEM_ALTITUDES = {0: "{z:.1f} m AMSL", 3: "{z:.1f} m HOME", 10: "{z:.1f} m AGL"}
FENCE_IN = "fence: stay inside"
FENCE_OUT = "fence: stay outside"
RALLY = "rally point, {altitude:.0f} m HOME"

PICTURE = "picture {number}"
START = "Start"
END = "End"
GAP = "no position for {seconds:.0f} s"
UNKNOWN = "unknown"

HEIGHT_HOME = "Height above home (HOME), m"
HEIGHT_AMSL = "Height above mean sea level (AMSL), m"
SPEED = "Speed over ground, m/s"
HEIGHT_UNITS = {"HOME": "m above home", "AMSL": "m above mean sea level"}
SPEED_UNIT = "m/s over ground"

SEVERITIES = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.BLOCKING: "blocking"}
MARGIN = "margin {margin:+.3g} {unit}"
MEND = "To mend: {mend}"

PANEL_PLAN = "Plan"
PANEL_FLIGHT = "Flight"
PANEL_SORTIES = "Sorties"
PANEL_SHIFT = "Shift"
DRONE_HEAD = "Drone"
STARTS = "Starts"
DRONES = "Drones"
ALL_BACK = "All back after"
IMBALANCE = "Longest over mean"
ROUND = "One round"
MEAN_GAP = "Mean gap"
WORST_GAP = "Worst gap"
ENTROPY = "Return times"
CHANGES = "Changes"
BATTERIES = "Batteries"
NEEDED = "Needed"
NEEDED_WORDS = "{drones} drones, {batteries} batteries"
NO_NUMBER = "no number is enough"
VISITED = "Visited"
VISITED_WORDS = "{visited} of {count}, worth {prize:g} of {all:g}"
PANEL_FINDINGS = "Findings ({count})"
PANEL_FOR_INFORMATION = "{count} for information"
PANEL_NO_FINDINGS = "The checks found nothing."
PANEL_EVENTS = "Events ({count})"
PANEL_MINOR_EVENTS = "All {count}, minor ones too"
MINOR_EVENTS = "Minor events ({count})"
PANEL_SIGNS = "Signs"
BLOCKED = "This plan is blocked: it may not be loaded into a vehicle."
PURPOSE = "Purpose"
AUTHORITY = "Authority"
DURATION = "Duration"
RECORDED = "Recorded for"
DISTANCE = "Distance"
BATTERY = "Battery"
COVERED = "Covered"
OUTSIDE = "Outside the border"
HIGHEST = "Highest"
FASTEST = "Fastest"
FROM = "From"
UNTIL = "Until"
SHOWN = "shown first {shown} of {count}"
LANE_SIGN = "lane, camera on"
TRANSIT_SIGN = "transit"
GAP_SIGN = "no position known"
NORTH = "N"
NORTH_WORD = "North is up"
FOOT = "WGS 84 · times are UTC · metres and seconds"


def clock(seconds: float) -> str:
    """A duration as minutes and seconds, with hours where there are any."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min"


def distance(metres: float) -> str:
    """A distance in metres, or in kilometres from 1,000 m."""
    return f"{metres / 1000:.2f} km" if abs(metres) >= 1000 else f"{metres:.0f} m"
