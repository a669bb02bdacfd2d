"""Sorties whose routes follow the ground, and still fit their battery."""

from __future__ import annotations

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

Cut = Callable[["Patrol", Follower | None], tuple[Sortie, ...]]

MOST_CUTS = 4
"""So often is the patrol cut into shorter sorties before the checks are left to say that it does not fit."""

SPARE = 0.998
"""A little less than what would fit, because shorter sorties go other ways."""


def sorties_over(cut: Cut, patrol: Patrol, launch: Launch, frame: LocalFrame) -> tuple[Sortie, ...]:
    """The sorties that ``cut`` makes of a patrol, with altitudes above home that follow the patrol's ground.

    Where no terrain is given, or the patrol's altitude is not above ground, they are as ``cut`` makes them. ``cut``
    reckons with the ground; places are rounded after that, and where a sortie then is a little too long for its
    battery, the patrol is cut again for a smaller one. Raises as ``cut`` and :class:`Follower`.
    """
    ground = patrol.ground
    if ground is None or ground.terrain is None or patrol.pattern.altitude.reference is not AltitudeReference.AGL:
        return cut(patrol, None)
    follower = Follower(ground, launch.position, frame, patrol.vehicle, highest=patrol.limits.highest)
    order, sorties = patrol, tuple[Sortie, ...]()
    for _ in range(MOST_CUTS):
        sorties = tuple(_following(sortie, patrol, follower, frame) for sortie in cut(order, follower))
        share = _fitting(sorties, patrol, launch)
        if share >= 1:
            break
        order = replace(order, vehicle=replace(order.vehicle, battery_wh=order.vehicle.battery_wh * share * SPARE))
    return sorties


def _following(sortie: Sortie, patrol: Patrol, follower: Follower, frame: LocalFrame) -> Sortie:
    route = follow_route(sortie.route, follower, frame)
    return replace(sortie, route=route, forecast=forecast_patrol(patrol, route, sortie.launch))


def _fitting(sorties: tuple[Sortie, ...], patrol: Patrol, launch: Launch) -> float:
    """The energy there is as a share of what the neediest sortie needs, at most 1."""
    safe = [point.position for point in patrol.site.safe_points]
    there_wh = patrol.vehicle.battery_wh - reserve_of(patrol.vehicle, patrol.limits, launch.position, safe)
    needed_wh = [
        max(sortie.forecast.energy_wh, *map(sum, zip(sortie.forecast.used_wh, sortie.forecast.return_wh, strict=True)))
        for sortie in sorties
    ]
    return min(1.0, there_wh / max(needed_wh)) if needed_wh else 1.0
