"""A plan and a flight as plain values for ``--json``, ``plan.json`` and GeoJSON readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner.plan import Finding, Leg, Plan, Sortie
from planner.quantities import LonLat
from planner.sampling import sampling
from planner.window import window_of, window_to_json
from qyran.needs import needs_of, needs_report, profile_report
from qyran.shift_report import team_report, turn_report

if TYPE_CHECKING:
    from qyran.work import Compiled


def plan_report(made: Plan, compiled: Sequence[Compiled], files: Mapping[int, Path]) -> dict[str, object]:
    """What a plan came to. ``files`` maps a sortie's number to its ``.waypoints``; without one ``file`` is null.

    Durations in s, distances in m, energy in Wh, shares from 0 to 1.
    """
    return {
        "patrol": made.patrol.name,
        **team_report(made),
        "sorties": [_sortie(made, one, files.get(one.sortie.number)) for one in compiled],
        "covered": rounded(made.covered),
        "outside_m": round(made.outside_m, 3),
        "duration_s": round(made.duration_s, 1),
        "distance_m": round(sum(sortie.forecast.distance_m for sortie in made.sorties), 1),
        "swath_m": round(made.patrol.swath_m, 3),
        "ground_sampling_m": _sampling(made),
        "window": window_to_json(window_of(made)),
        "derived_keep_in": made.derived_keep_in,
        "blocked": made.is_blocked,
        "findings": [finding_report(finding) for finding in made.findings],
        "vehicle": profile_report(made.patrol.vehicle),
    }


def _sampling(made: Plan) -> dict[str, float] | None:
    """Metres a pixel on the ground at best and at worst; null where no picture is taken, or it is unknown."""
    found = sampling(made)
    return None if found is None else {"finest": round(found.finest_m, 4), "coarsest": round(found.coarsest_m, 4)}


def rounded(value: float | None) -> float | None:
    """A share to six digits; null stays null."""
    return None if value is None else round(value, 6)


def _sortie(made: Plan, one: Compiled, file: Path | None) -> dict[str, object]:
    forecast = one.sortie.forecast
    return {
        "number": one.sortie.number,
        "file": str(file) if file else None,
        "plan_file": str(file.with_suffix(".plan")) if file else None,
        "identity": one.identity,
        "items": len(one.mission.items),
        "duration_s": round(forecast.duration_s, 1),
        "distance_m": round(forecast.distance_m, 1),
        "energy_wh": round(forecast.energy_wh, 2),
        "battery_used": round(forecast.battery_used, 4),
        **turn_report(one.sortie),
        "needs": needs_report(needs_of(made, one.sortie)),
    }


def finding_report(finding: Finding) -> dict[str, object]:
    """A finding as plain values."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "sentence": finding.sentence,
        "mend": finding.mend,
        "margin": finding.margin,
        "unit": finding.unit,
        "place": place_report(finding.place),
        "sortie": finding.sortie,
    }


def place_report(place: LonLat | None) -> dict[str, float] | None:
    """A place in degrees, or null."""
    return None if place is None else {"lat": round(place.lat, 7), "lon": round(place.lon, 7)}


def plan_geojson(made: Plan) -> dict[str, object]:
    """The routes as lines (RFC 7946) for QGIS and the like: one feature for each run of lanes or of transit."""
    features: list[dict[str, object]] = []
    for sortie in made.sorties:
        waypoints = sortie.route.waypoints
        run: list[LonLat] = [waypoints[0].position]
        leg: Leg | None = None
        for waypoint in waypoints[1:]:
            if leg is not None and waypoint.leg is not leg:
                features.append(_line(sortie, leg, run))
                run = run[-1:]
            leg = waypoint.leg
            run.append(waypoint.position)
        if leg is not None:
            features.append(_line(sortie, leg, run))
    return {"type": "FeatureCollection", "features": features}


def _line(sortie: Sortie, leg: Leg, run: Sequence[LonLat]) -> dict[str, object]:
    coordinates = [[round(place.lon, 7), round(place.lat, 7)] for place in run]
    return {
        "type": "Feature",
        "properties": {"sortie": sortie.number, "drone": sortie.drone, "leg": leg.value},
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }
