"""A shift does what it is for: gaps of laps, changes of a relay, places that are visited."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.shifts import LapsReport, RelayReport, VisitReport

SLACK_S = 0.5
MOST_NAMES = 5


class ShiftGoals:
    """A warning where a gap is longer than was asked for, or places are left out; silent for other patrols."""

    name = "shift"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The plan's own report."""
        match scene.plan.shift:
            case LapsReport() as laps:
                yield self._laps(laps)
            case RelayReport() as relay:
                yield self._relay(relay)
            case VisitReport() as visits:
                yield self._visits(visits)

    def _laps(self, laps: LapsReport) -> Finding:
        worst = max(laps.places, key=lambda one: one.gaps.worst_gap_s)
        told = f"The longest time without a visit is {laps.worst_gap_s:.0f} s, at {worst.place!r}"
        room_s = laps.bound_s - laps.worst_gap_s
        if room_s >= -SLACK_S:
            return holds(self.name, f"{told}; {laps.bound_s:.0f} s are allowed.", room_s, "s")
        return Finding(
            self.name,
            Severity.WARNING,
            f"{told}; {laps.bound_s:.0f} s are allowed, {-room_s:.0f} s less.",
            "Take more drones, visit fewer places, make swap_s shorter, or allow a longer longest_gap_s.",
            room_s,
            "s",
        )

    def _relay(self, relay: RelayReport) -> Finding:
        room_s = relay.gap_goal_s - relay.worst_gap_s
        if room_s >= -SLACK_S:
            return holds(
                self.name,
                f"{len(relay.handovers)} changes leave no gap longer than {relay.worst_gap_s:.0f} s, with "
                f"drones: {relay.drones}, batteries: {relay.batteries}.",
                room_s,
                "s",
            )
        needed = "no number of drones and batteries helps"
        if relay.drones_needed is not None and relay.batteries_needed is not None:
            needed = f"it takes {relay.drones_needed} drones and {relay.batteries_needed} batteries"
        return Finding(
            self.name,
            Severity.WARNING,
            f"A post is left for up to {relay.worst_gap_s:.0f} s at a change, {relay.uncovered_s:.0f} s in all; the "
            f"goal is {relay.gap_goal_s:g} s, so {relay.missing_s:.0f} s are missing. Drones that fly: {relay.drones}, "
            f"batteries: {relay.batteries}; {needed}.",
            "Take more drones or batteries, change or charge faster, or launch nearer.",
            room_s,
            "s",
        )

    def _visits(self, visits: VisitReport) -> Finding:
        if not visits.left:
            return holds(self.name, f"All {visits.visited} places are visited.")
        names = ", ".join(repr(name) for name in visits.left[:MOST_NAMES])
        more = f" and {len(visits.left) - MOST_NAMES} more" if len(visits.left) > MOST_NAMES else ""
        return Finding(
            self.name,
            Severity.WARNING,
            f"{len(visits.left)} places are left out ({names}{more}); those visited are worth {visits.prize:g} of "
            f"{visits.prize_of_all:g}.",
            "Take more drones, or let each fly more sorties.",
            visits.prize - visits.prize_of_all,
            "prize",
        )
