"""Sorties whose routes follow the ground, and still fit their battery and the autopilot's memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.energy.reserve import reserve_of
from planner.forecast import forecast_patrol
from planner.geodesy import LocalFrame
from planner.plan import Sortie
from planner.quantities import AltitudeReference
from planner.site import Launch
from planner.terrain.follow import Follower, follow_route

if TYPE_CHECKING:
    from planner.patrol import Patrol

Cut = Callable[["Patrol"], tuple[Sortie, ...]]

MOST_CUTS = 8
"""So often is the patrol cut into shorter sorties before the checks are left to say that it does not fit."""

SPARE = 0.995
"""A little less than what would fit, because shorter sorties go other ways."""

OTHER_ITEMS = 20
"""Mission items beside the waypoints, at least: home, take-off, return, a few changes of speed and camera."""


def sorties_over(cut: Cut, patrol: Patrol, launch: Launch, frame: LocalFrame) -> tuple[Sortie, ...]:
    """The sorties that ``cut`` makes of a patrol, with altitudes above home that follow the patrol's ground.

    Where no terrain is given, or the patrol's altitude is not above ground, they are as ``cut`` makes them. Climbs cost
    energy, and waypoints that are put in cost items: where a sortie no longer fits, the patrol is cut again for a
    battery and a memory that are as much smaller. Raises as ``cut`` and :class:`Follower`.
    """
    ground = patrol.ground
    if ground is None or ground.terrain is None or patrol.pattern.altitude.reference is not AltitudeReference.AGL:
        return cut(patrol)
    follower = Follower(ground, launch.position, frame, patrol.vehicle, highest=patrol.limits.highest)
    order, sorties = patrol, tuple[Sortie, ...]()
    for _ in range(MOST_CUTS):
        sorties = tuple(_following(sortie, patrol, follower, frame) for sortie in cut(order))
        battery, items = _fitting(sorties, patrol, launch)
        if battery >= 1 and items >= 1:
            break
        vehicle = order.vehicle
        order = replace(
            order,
            vehicle=replace(
                vehicle,
                battery_wh=vehicle.battery_wh * (battery * SPARE if battery < 1 else 1.0),
                mission_items=max(int(vehicle.mission_items * min(items, 1.0)), 1),
            ),
        )
    return sorties


def _following(sortie: Sortie, patrol: Patrol, follower: Follower, frame: LocalFrame) -> Sortie:
    route = follow_route(sortie.route, follower, frame)
    return replace(sortie, route=route, forecast=forecast_patrol(patrol, route, sortie.launch))


def _fitting(sorties: tuple[Sortie, ...], patrol: Patrol, launch: Launch) -> tuple[float, float]:
    """What there is of energy and of items as a share of what the neediest sortie needs."""
    safe = [point.position for point in patrol.site.safe_points]
    there_wh = patrol.vehicle.battery_wh - reserve_of(patrol.vehicle, patrol.limits, launch.position, safe)
    battery, items = [1.0], [1.0]
    for sortie in sorties:
        forecast = sortie.forecast
        breaking_off = (used + back for used, back in zip(forecast.used_wh, forecast.return_wh, strict=True))
        battery.append(there_wh / max(forecast.energy_wh, *breaking_off))
        waypoints = sortie.route.waypoints
        turns = sum(a.leg.looks != b.leg.looks for a, b in itertools.pairwise(waypoints))
        items.append(patrol.vehicle.mission_items / (len(waypoints) + turns + OTHER_ITEMS))
    return min(battery), min(items)
