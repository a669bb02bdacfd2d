"""What a shift comes to, on the map: each lap by itself, how often each place is visited, places left out."""

from __future__ import annotations

import shapely

from planner.plan import Plan, Sortie
from planner.quantities import LonLat
from planner.shifts import LapsReport, PlaceGaps, VisitReport
from qyran.maps import words
from qyran.maps.features import Feature, Layer, dot, shape, sortie_colour

MOST_LAPS = 60
"""Beyond so many sorties their laps are not drawn one by one."""

BEST, WORST = (0, 158, 115), (213, 94, 0)
"""Red, green, blue of the place with the shortest worst gap and of that with the longest (Okabe and Ito)."""


def shift_layers(plan: Plan) -> list[Layer]:
    """Layers of a shift; none for other plans. Laps are off when the map is opened: they lie over each other."""
    match plan.shift:
        case LapsReport() as laps:
            where = _positions(plan)
            low = min(one.gaps.worst_gap_s for one in laps.places)
            span = max(laps.worst_gap_s - low, 1e-9)
            marks = [
                _place(one, where[one.place], (one.gaps.worst_gap_s - low) / span)
                for one in laps.places
                if one.place in where
            ]
            return [*_laps(plan), Layer("gaps", words.PLACE_GAPS, marks)]
        case VisitReport() as visits:
            left = set(visits.left)
            out = [
                dot(point.position, "#7d3c98", [words.NOT_VISITED.format(place=point.label)], radius=6.0)
                for point in plan.patrol.site.points
                if point.label in left or f"{point.label} ({point.id})" in left
            ]
            return [Layer("left-out", words.LEFT_OUT, out)] if out else []
        case _:
            return []


def _laps(plan: Plan) -> list[Layer]:
    """Each sortie's laps as one line that can be shown alone."""
    flown = [sortie for sortie in plan.sorties if sortie.visits]
    if len(flown) > MOST_LAPS:
        return []
    return [
        Layer(
            f"laps-{sortie.number}",
            _lap_name(sortie),
            [
                shape(
                    shapely.LineString([waypoint.position for waypoint in sortie.route.waypoints]),
                    {"color": sortie_colour(sortie.drone), "weight": 5, "opacity": 0.8},
                    [_lap_name(sortie), *(f"{words.clock(visit.at_s)}  {visit.place}" for visit in sortie.visits)],
                )
            ],
            show=False,
        )
        for sortie in flown
    ]


def _lap_name(sortie: Sortie) -> str:
    laps = [visit.lap for visit in sortie.visits]
    return words.LAP.format(drone=sortie.drone, number=sortie.number, first=min(laps), last=max(laps))


def _positions(plan: Plan) -> dict[str, LonLat]:
    """Where places are, by the waypoints at which they are visited."""
    found: dict[str, LonLat] = {}
    for sortie in plan.sorties:
        rest = list(sortie.visits)
        for waypoint, end in zip(sortie.route.waypoints, sortie.forecast.leg_end_s, strict=True):
            if rest and abs(sortie.starts_s + end - rest[0].at_s) < 1e-6:
                found.setdefault(rest.pop(0).place, waypoint.position)
    return found


def _place(one: PlaceGaps, where: LonLat, badness: float) -> Feature:
    gaps = one.gaps
    lines = [words.PLACE_VISITS.format(place=one.place, visits=gaps.visits)]
    if gaps.mean_gap_s is not None:
        lines.append(words.PLACE_MEAN.format(clock=words.clock(gaps.mean_gap_s)))
    lines.append(words.PLACE_WORST.format(clock=words.clock(gaps.worst_gap_s)))
    if gaps.entropy_bits is not None:
        lines.append(words.PLACE_BITS.format(bits=gaps.entropy_bits))
    red, green, blue = (round(low + badness * (high - low)) for low, high in zip(BEST, WORST, strict=True))
    return dot(where, f"#{red:02x}{green:02x}{blue:02x}", lines, radius=8.0)
