"""What was planned: each sortie's lanes and transits with their direction, and what the checks found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon

from planner.geodesy import LocalFrame
from planner.plan import Finding, Leg, Plan, Severity, Sortie, Waypoint
from qyran.maps import words
from qyran.maps.features import Feature, Layer, label, line, shape, sortie_colour
from qyran.maps.shift_layers import shift_layers

ARROW_OF_SWATH = 0.28
"""Length of an arrow's head as a share of the lane spacing: it grows and shrinks with the map."""
LANE, LANE_UNDER_TRACK, TRANSIT = (3.0, 0.9), (11.0, 0.4), (2.0, 0.75)
"""Width in pixels and opacity of a line."""
MOST_NUMBERS = 400
"""Beyond so many lanes in one plan their numbers are drowned in each other; the hover text still has them."""


def plan_layers(plan: Plan, *, flown: bool = False) -> list[Layer]:
    """A layer a sortie (a drone where several fly), places of a shift, waypoint numbers, findings that have a place.

    Where a flight lies over it (``flown``) the plan is a broad pale band, so that both can be seen.
    """
    of_team = len(plan.drones) > 1
    if of_team:
        layers = [_drone_layer(plan, drone, flown=flown) for drone in plan.drones]
    else:
        layers = [_sortie_layer(plan, sortie, flown=flown) for sortie in plan.sorties]
    layers += shift_layers(plan)
    numbers = [mark for sortie in plan.sorties for mark in _numbers(sortie, _colour(plan, sortie))]
    if 0 < len(numbers) <= MOST_NUMBERS:
        layers.append(Layer("numbers", words.NUMBERS, numbers))
    findings = [_finding(finding) for finding in plan.findings if finding.place is not None]
    if findings:
        layers.append(Layer("findings", words.FINDINGS, findings))
    return layers


def finding_words(finding: Finding) -> list[str]:
    """A finding in lines: what, how bad and by which rule, by how much, and how to mend it."""
    lines = [finding.sentence, f"{words.SEVERITIES[finding.severity]} · {finding.rule}"]
    if finding.margin is not None:
        lines.append(words.MARGIN.format(margin=finding.margin, unit=finding.unit))
    if finding.mend:
        lines.append(words.MEND.format(mend=finding.mend))
    return lines


def _colour(plan: Plan, sortie: Sortie) -> str:
    """By drone where several fly, else by sortie."""
    return sortie_colour(sortie.drone if len(plan.drones) > 1 else sortie.number)


def _drone_layer(plan: Plan, drone: int, *, flown: bool) -> Layer:
    """All sorties of one drone."""
    own = [sortie for sortie in plan.sorties if sortie.drone == drone]
    features = [feature for sortie in own for feature in _sortie_layer(plan, sortie, flown=flown).features]
    numbers = f"{own[0].number}" if len(own) == 1 else f"{own[0].number}–{own[-1].number}"
    name = (words.DRONE_ONE if len(own) == 1 else words.DRONE).format(drone=drone, sorties=numbers)
    return Layer(f"drone-{drone}", name, features)


def _sortie_layer(plan: Plan, sortie: Sortie, *, flown: bool) -> Layer:
    colour = _colour(plan, sortie)
    waypoints = sortie.route.waypoints
    features: list[Feature] = []
    for number, (start, end) in enumerate(pairwise(waypoints), start=2):
        if start.position == end.position:
            continue
        looks = end.leg.looks
        weight, opacity = (LANE_UNDER_TRACK if flown else LANE) if looks else TRANSIT
        style: dict[str, object] = {"color": colour, "weight": weight, "opacity": opacity}
        dashes: dict[str, object] = {} if looks else {"dashArray": "2 6"}
        features.append(line([start.position, end.position], style | dashes, _leg_words(plan, sortie, number)))
    arrows = _arrows(sortie, size_m=min(max(ARROW_OF_SWATH * plan.patrol.swath_m, 2.0), 15.0))
    if arrows is not None:
        features.append(shape(arrows, {"color": colour, "weight": 1, "fillColor": colour, "fillOpacity": 1.0}))
    return Layer(f"sortie-{sortie.number}", words.SORTIE.format(number=sortie.number), features)


def _leg_words(plan: Plan, sortie: Sortie, number: int) -> list[str]:
    waypoint = sortie.route.waypoints[number - 1]
    first = words.LEG.format(sortie=sortie.number, leg=words.LEGS[waypoint.leg], number=number)
    team = []
    if len(plan.drones) > 1:
        team.append(words.DRONE_FACTS.format(drone=sortie.drone, clock=words.clock(sortie.starts_s)))
    return [first, *team, *_waypoint_facts(sortie, number, waypoint)]


def _waypoint_facts(sortie: Sortie, number: int, waypoint: Waypoint) -> list[str]:
    facts = [words.LEG_FACTS.format(altitude=waypoint.altitude, speed=waypoint.speed_mps)]
    ends = sortie.forecast.leg_end_s
    if len(ends) == len(sortie.route.waypoints):
        facts.append(words.REACHED.format(clock=words.clock(ends[number - 1])))
    if waypoint.hold_s:
        facts.append(words.HOLD.format(seconds=waypoint.hold_s))
    return facts


def _numbers(sortie: Sortie, colour: str) -> Iterator[Feature]:
    """The number of the waypoint at which each run of lanes begins or turns."""
    waypoints = sortie.route.waypoints
    for number, (here, after) in enumerate(pairwise(waypoints), start=1):
        if after.leg is Leg.LANE and (after.aim is None or after.aim != here.aim):
            first = words.WAYPOINT.format(sortie=sortie.number, number=number)
            facts = _waypoint_facts(sortie, number, here)
            yield label(here.position, str(number), "number", [first, *facts], colour)


def _arrows(sortie: Sortie, size_m: float) -> MultiPolygon | None:
    """A small triangle in the middle of every leg that is long enough for one, pointing the way."""
    places = np.array([waypoint.position for waypoint in sortie.route.waypoints], dtype=np.float64)
    if len(places) < 2:
        return None
    frame = LocalFrame.around(shapely.MultiPoint(places))
    local = frame.points_to_local(places)
    heads = [
        shapely.Polygon(_arrow(start, end, size_m))
        for start, end in pairwise(local)
        if math.dist(start, end) > 4 * size_m
    ]
    return frame.to_lonlat(MultiPolygon(heads)) if heads else None


def _arrow(start: NDArray[np.float64], end: NDArray[np.float64], size_m: float) -> NDArray[np.float64]:
    along = (end - start) / math.dist(start, end)
    across = np.array([-along[1], along[0]])
    middle = (start + end) / 2
    tail = middle - along * size_m * 0.5
    return np.array([middle + along * size_m * 0.5, tail + across * size_m * 0.38, tail - across * size_m * 0.38])


def _finding(finding: Finding) -> Feature:
    assert finding.place is not None
    sign = "i" if finding.severity is Severity.INFO else "!"
    return label(finding.place, sign, f"finding {finding.severity.value}", finding_words(finding))
