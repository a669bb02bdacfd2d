"""How a patrol is flown: one file a pattern, each a frozen value that says what is wanted of what is drawn."""

from planner.patterns.corridor import Corridor
from planner.patterns.laps import Laps
from planner.patterns.orbit import Orbit
from planner.patterns.pattern import Laned, Pattern
from planner.patterns.perimeter import Perimeter
from planner.patterns.relay import Relay
from planner.patterns.search import Search
from planner.patterns.shift import Shift
from planner.patterns.sweep import Sweep
from planner.patterns.visit import Visit
from planner.patterns.watch import Watch
from planner.patterns.waypoints import Waypoints

PATTERNS: dict[str, type[Pattern]] = {
    kind.word: kind for kind in (Sweep, Corridor, Perimeter, Orbit, Watch, Search, Waypoints, Laps, Relay, Visit)
}
"""By their words."""

__all__ = [
    "PATTERNS",
    "Corridor",
    "Laned",
    "Laps",
    "Orbit",
    "Pattern",
    "Perimeter",
    "Relay",
    "Search",
    "Shift",
    "Sweep",
    "Visit",
    "Watch",
    "Waypoints",
]
