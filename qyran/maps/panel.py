"""The text beside a map: key figures, sorties, findings, events, signs. Every word from a file is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from planner.geodesy import WGS84
from planner.plan import Finding, Plan, Severity
from planner.quantities import LonLat
from planner.shifts import LapsReport, RelayReport, VisitReport
from planner.track import Track
from qyran.maps import words
from qyran.maps.features import sortie_colour
from qyran.maps.flight_layers import MapEvent, heights_of, known_places, place_at, utc
from qyran.maps.plan_layers import finding_words

MOST_LINES = 300
"""Findings or events that are listed; the map has them all."""


def panel(
    plan: Plan | None = None, track: Track | None = None, events: Sequence[MapEvent] = (), flown_s: float | None = None
) -> str:
    """The panel as HTML, without its title."""
    parts = []
    if plan is not None:
        parts += [_plan(plan), _shift(plan), _sorties(plan), _findings(plan.findings)]
    if track is not None and len(known_places(track)):
        parts.append(_section(words.PANEL_FLIGHT, _facts(flight_facts(track, flown_s)), shown=True))
    if events:
        parts.append(_events(events, track))
    parts.append(_section(words.PANEL_SIGNS, _signs(with_plan=plan is not None, with_track=track is not None)))
    parts.append(f"<footer>{escape(words.FOOT)}</footer>")
    return "\n".join(parts)


def flight_facts(track: Track, flown_s: float | None = None) -> list[tuple[str, str]]:
    """What a flight came to, from the places that are known: times, way over ground, greatest height and speed.

    ``flown_s`` is how long the vehicle was in the air (of several flights together), where that is known.
    """
    known = known_places(track)
    heights, reference = heights_of(track)
    way = WGS84.line_length(track.lon[known], track.lat[known])
    start, end = float(track.time_s[known].min()), float(track.time_s[known].max())
    facts = [
        (words.FROM, utc(start)),
        (words.UNTIL, utc(end)),
        (words.RECORDED, words.clock(end - start)) if flown_s is None else (words.DURATION, words.clock(flown_s)),
        (words.DISTANCE, words.distance(way)),
    ]
    highest, fastest = _greatest(heights), _greatest(track.speed_mps)
    facts.append((words.HIGHEST, f"{highest:.1f} m {reference}" if highest is not None else words.UNKNOWN))
    facts.append((words.FASTEST, f"{fastest:.1f} m/s" if fastest is not None else words.UNKNOWN))
    return facts


def _greatest(values: np.ndarray) -> float | None:
    return float(np.nanmax(values)) if np.isfinite(values).any() else None


def _plan(plan: Plan) -> str:
    facts = [
        (words.PURPOSE, plan.patrol.purpose),
        (words.AUTHORITY, plan.patrol.authority),
        (words.DURATION, words.clock(plan.duration_s)),
        (words.DISTANCE, words.distance(sum(sortie.forecast.distance_m for sortie in plan.sorties))),
        *([] if plan.covered is None else [(words.COVERED, f"{plan.covered:.1%}")]),
        (words.OUTSIDE, f"{plan.outside_m:.1f} m"),
    ]
    blocked = f'<p class="blocked">{escape(words.BLOCKED)}</p>' if plan.is_blocked else ""
    return _section(words.PANEL_PLAN, blocked + _facts(facts), shown=True)


def _sorties(plan: Plan) -> str:
    of_team = len(plan.drones) > 1
    team_heads = (words.DRONE_HEAD, words.STARTS) if of_team else ()
    heads = ("", *team_heads, words.DURATION, words.DISTANCE, words.BATTERY)
    rows = "".join(
        f'<tr><th><i style="background:{sortie_colour(sortie.drone if of_team else sortie.number)}"></i>'
        f"{sortie.number}</th>"
        + (f"<td>{sortie.drone}</td><td>{words.clock(sortie.starts_s)}</td>" if of_team else "")
        + f"<td>{words.clock(sortie.forecast.duration_s)}</td><td>{words.distance(sortie.forecast.distance_m)}</td>"
        f"<td>{sortie.forecast.battery_used:.0%}</td></tr>"
        for sortie in plan.sorties
    )
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return _section(words.PANEL_SORTIES, f'<table class="sorties"><tr>{head}</tr>{rows}</table>', shown=True)


def _shift(plan: Plan) -> str:
    """What several drones, and a shift, come to; nothing for one drone that flies a patrol once."""
    facts: list[tuple[str, str]] = []
    if len(plan.drones) > 1:
        facts += [
            (words.DRONES, str(len(plan.drones))),
            (words.ALL_BACK, words.clock(plan.ends_s)),
            (words.IMBALANCE, f"{plan.imbalance:.1%}"),
        ]
    match plan.shift:
        case LapsReport() as laps:
            facts += [
                (words.ROUND, words.clock(laps.round_s)),
                (words.MEAN_GAP, words.UNKNOWN if laps.mean_gap_s is None else words.clock(laps.mean_gap_s)),
                (words.WORST_GAP, words.clock(laps.worst_gap_s)),
                (words.ENTROPY, words.UNKNOWN if laps.entropy_bits is None else f"{laps.entropy_bits:.1f} bits"),
            ]
        case RelayReport() as relay:
            needed = words.NO_NUMBER
            if relay.drones_needed is not None and relay.batteries_needed is not None:
                needed = words.NEEDED_WORDS.format(drones=relay.drones_needed, batteries=relay.batteries_needed)
            facts += [
                (words.CHANGES, str(len(relay.handovers))),
                (words.WORST_GAP, f"{relay.worst_gap_s:.0f} s"),
                (words.BATTERIES, str(relay.batteries)),
                (words.NEEDED, needed),
            ]
        case VisitReport() as visits:
            count = visits.visited + len(visits.left)
            told = words.VISITED_WORDS.format(
                visited=visits.visited, count=count, prize=visits.prize, all=visits.prize_of_all
            )
            facts.append((words.VISITED, told))
    return _section(words.PANEL_SHIFT, _facts(facts), shown=True) if facts else ""


def _findings(findings: Sequence[Finding]) -> str:
    title = words.PANEL_FINDINGS.format(count=len(findings))
    if not findings:
        return _section(title, f"<p>{escape(words.PANEL_NO_FINDINGS)}</p>", shown=True)
    pressing = sorted((one for one in findings if one.severity is not Severity.INFO), key=_worst_first)
    rest = [one for one in findings if one.severity is Severity.INFO]
    body = _finding_list(pressing)
    if rest:
        # What only informs is many lines on every plan; it must not push down what has to be mended.
        body += _section(words.PANEL_FOR_INFORMATION.format(count=len(rest)), _finding_list(rest))
    return _section(title, body, shown=True)


def _worst_first(finding: Finding) -> int:
    return 0 if finding.severity.blocks else 1


def _finding_list(findings: Sequence[Finding]) -> str:
    lines = [
        f'<li class="{finding.severity.value}"{_go(finding.place)}>{_lines(finding_words(finding))}</li>'
        for finding in findings[:MOST_LINES]
    ]
    return f"<ul>{''.join(lines)}</ul>{_cut(len(findings))}" if lines else ""


def _events(events: Sequence[MapEvent], track: Track | None) -> str:
    ordered = sorted(events, key=lambda event: event.time_s)
    major = [event for event in ordered if not event.minor]
    body = _event_list(major, track)
    if len(major) < len(ordered):
        title = words.PANEL_MINOR_EVENTS.format(count=len(ordered))
        body += _section(title, _event_list(ordered, track))
    return _section(words.PANEL_EVENTS.format(count=len(major)), body)


def _event_list(events: Sequence[MapEvent], track: Track | None) -> str:
    lines = [
        f"<li{_go(event.place or place_at(track, event.time_s))}>"
        f"<time>{utc(event.time_s)[11:19]}</time> {escape(event.text)}</li>"
        for event in events[:MOST_LINES]
    ]
    return f'<ul class="events">{"".join(lines)}</ul>{_cut(len(events))}' if lines else ""


def _signs(*, with_plan: bool, with_track: bool) -> str:
    rows = []
    if with_plan:
        rows += [("lane", words.LANE_SIGN), ("transit", words.TRANSIT_SIGN)]
    rows += [(f"zone {kind.value}", text) for kind, text in words.ZONE_KINDS.items()] + [("seen", words.SEEN)]
    if with_track:
        rows.append(("gap", words.GAP_SIGN))
    return (
        '<ul class="signs">'
        + "".join(f'<li><i class="{sign}"></i>{escape(text)}</li>' for sign, text in rows)
        + "</ul>"
    )


def _section(title: str, body: str, *, shown: bool = False) -> str:
    return f"<details{' open' if shown else ''}><summary>{escape(title)}</summary>{body}</details>"


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts if value)
    return f'<table class="facts">{rows}</table>'


def _lines(lines: Sequence[str]) -> str:
    first, *rest = lines
    return f"<b>{escape(first)}</b>" + "".join(f"<span>{escape(text)}</span>" for text in rest)


def _go(place: LonLat | None) -> str:
    """What makes a line of the panel show its place when it is chosen."""
    return f' tabindex="0" data-lat="{place.lat:.7f}" data-lon="{place.lon:.7f}"' if place else ""


def _cut(count: int) -> str:
    return f"<p>{escape(words.SHOWN.format(shown=MOST_LINES, count=count))}</p>" if count > MOST_LINES else ""
