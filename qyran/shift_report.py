"""Teams and shifts as plain values for ``--json`` and ``plan.json``."""

from __future__ import annotations

from planner.plan import Plan, Sortie
from planner.shifts import LapsReport, RelayReport, VisitReport


def team_report(made: Plan) -> dict[str, object]:
    """How many drones fly, when the last is back (seconds after the start), how even their shares are, the shift."""
    return {
        "drones": len(made.drones),
        "ends_s": round(made.ends_s, 1),
        "imbalance": round(made.imbalance, 4),
        "shift": shift_report(made),
    }


def turn_report(sortie: Sortie) -> dict[str, object]:
    """Who flies a sortie from where and when, how much higher than asked, and which places it comes to."""
    laps = [visit.lap for visit in sortie.visits]
    return {
        "drone": sortie.drone,
        "launch": sortie.launch.id,
        "starts_s": round(sortie.starts_s, 1),
        "ends_s": round(sortie.ends_s, 1),
        "raised_m": sortie.raised_m,
        "battery": sortie.battery,
        "laps": [min(laps), max(laps)] if laps else None,
        "visits": [{"place": one.place, "at_s": round(one.at_s, 1), "lap": one.lap} for one in sortie.visits],
    }


def shift_report(made: Plan) -> dict[str, object] | None:
    """What laps, a relay or visits come to; seconds after the patrol's start; null for other patrols."""
    match made.shift:
        case LapsReport() as laps:
            return _laps(laps)
        case RelayReport() as relay:
            return _relay(relay)
        case VisitReport() as visits:
            return {
                "kind": "visit",
                "prize": visits.prize,
                "prize_of_all": visits.prize_of_all,
                "visited": visits.visited,
                "left": list(visits.left),
            }
        case _:
            return None


def _laps(laps: LapsReport) -> dict[str, object]:
    return {
        "kind": "laps",
        "rhythm": laps.rhythm.value,
        "round_s": round(laps.round_s, 1),
        "share_s": round(laps.share_s, 1),
        "mean_gap_s": _rounded(laps.mean_gap_s, 1),
        "idle_s": round(laps.idle_s, 1),
        "worst_gap_s": round(laps.worst_gap_s, 1),
        "bound_s": round(laps.bound_s, 1),
        "missing_s": round(laps.missing_s, 1),
        "entropy_bits": _rounded(laps.entropy_bits, 3),
        "from_s": round(laps.from_s, 1),
        "until_s": round(laps.until_s, 1),
        "places": [
            {
                "place": one.place,
                "visits": one.gaps.visits,
                "mean_gap_s": _rounded(one.gaps.mean_gap_s, 1),
                "worst_gap_s": round(one.gaps.worst_gap_s, 1),
                "idle_s": round(one.gaps.idle_s, 1),
                "entropy_bits": _rounded(one.gaps.entropy_bits, 3),
            }
            for one in laps.places
        ],
    }


def _relay(relay: RelayReport) -> dict[str, object]:
    return {
        "kind": "relay",
        "posts": list(relay.posts),
        "drones": relay.drones,
        "batteries": relay.batteries,
        "drones_needed": relay.drones_needed,
        "batteries_needed": relay.batteries_needed,
        "gap_goal_s": relay.gap_goal_s,
        "worst_gap_s": round(relay.worst_gap_s, 1),
        "uncovered_s": round(relay.uncovered_s, 1),
        "missing_s": round(relay.missing_s, 1),
        "from_s": round(relay.from_s, 1),
        "until_s": round(relay.until_s, 1),
        "changes": [
            {"place": one.place, "at_s": round(one.at_s, 1), "gap_s": round(one.gap_s, 1)} for one in relay.handovers
        ],
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
