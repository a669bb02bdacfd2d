"""Whether a zone reaches the heights that a patrol flies at.

Heights measured from different things are compared through the terrain, where it is known (``Levels``); without it, a
zone whose heights cannot be compared counts as reached.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely

from planner.quantities import Altitude, AltitudeReference
from planner.site import Launch, SafePoint, Site, Zone

if TYPE_CHECKING:
    from planner.terrain.levels import Levels

HEIGHT_MARGIN_M = 5.0
"""A zone that ends this little above or below the flown heights still counts as reached (barometer drift, gusts)."""


def reaches(zone: Zone, altitude: Altitude, return_altitude_m: float, levels: Levels | None = None) -> bool:
    """Whether a zone reaches the heights between ``altitude`` and the return altitude (metres above home).

    Without ``levels``, a zone whose heights are measured from something else counts as reached.
    """
    if levels is not None:
        return _reaches_over(zone, altitude, return_altitude_m, levels)
    ceiling = zone.ceiling
    comparable = ceiling is not None and ceiling.reference is altitude.reference
    if ceiling is not None and comparable and ceiling.metres < altitude.metres - HEIGHT_MARGIN_M:
        return False
    top = altitude.metres
    if return_altitude_m > top:
        if altitude.reference is not AltitudeReference.HOME:
            return True
        top = return_altitude_m
    if zone.floor is not None and zone.floor.reference is altitude.reference:
        return zone.floor.metres <= top + HEIGHT_MARGIN_M
    return True


def is_comparable(zone: Zone, altitude: Altitude) -> bool:
    """Whether a zone's floor and ceiling are measured from what an altitude is, so that no terrain is needed."""
    return all(bound is None or bound.reference is altitude.reference for bound in (zone.floor, zone.ceiling))


def stands_in_climb(zone: Zone, altitude: Altitude, levels: Levels | None = None, launch: Launch | None = None) -> bool:
    """Whether a drone that climbs from the ground to ``altitude`` passes through the zone's heights."""
    if zone.floor is None:
        return True
    if levels is not None and launch is not None:
        top = levels.above_home_m(altitude, launch.position) + levels.tube_m().high_m
        return not levels.above_home_m(zone.floor, launch.position) > top + HEIGHT_MARGIN_M
    if zone.floor.reference is altitude.reference:
        return zone.floor.metres <= altitude.metres + HEIGHT_MARGIN_M
    return True


def barring_zones(
    site: Site, altitude: Altitude, return_altitude_m: float, levels: Levels | None = None
) -> tuple[Zone, ...]:
    """The zones that a drone at ``altitude`` may not enter: those a vehicle's exclusion fence is made of."""
    zones = [zone for zone in site.zones if zone.kind.forbids_entry]
    return tuple(zone for zone in zones if reaches(zone, altitude, return_altitude_m, levels))


def rally_height_m(safe: SafePoint, return_altitude_m: float, levels: Levels | None) -> float | None:
    """The whole metres above home that a vehicle comes to a safe point at, as rally points are stored.

    Without ``levels`` the ground is taken as flat. None where that leaves it unknown.
    """
    if safe.altitude is None:
        return float(math.ceil(return_altitude_m))
    if levels is not None:
        metres = levels.above_home_m(safe.altitude, safe.position)
        return float(math.ceil(metres)) if math.isfinite(metres) else None
    return None if safe.altitude.reference is AltitudeReference.AMSL else float(math.ceil(safe.altitude.metres))


def _reaches_over(zone: Zone, altitude: Altitude, return_altitude_m: float, levels: Levels) -> bool:
    """As :func:`reaches`, through the terrain; a return is flown from anywhere at the route's height or above."""
    shape = shapely.Polygon() if zone.floor is zone.ceiling is None else levels.local(zone.shape)
    tube = levels.tube_m()
    above_ground = altitude.reference is AltitudeReference.AGL
    flown = levels.flown(altitude, shape)
    if zone.ceiling is not None:
        same = above_ground and zone.ceiling.reference is AltitudeReference.AGL
        lowest = altitude.metres + tube.low_m if same else flown.low_m
        ceiling_m = zone.ceiling.metres if same else levels.span(zone.ceiling, shape).high_m
        if ceiling_m < lowest - HEIGHT_MARGIN_M:
            return False
    if zone.floor is None:
        return True
    same = above_ground and zone.floor.reference is AltitudeReference.AGL
    highest = altitude.metres + tube.high_m if same else flown.high_m
    floor_m = zone.floor.metres if same else levels.span(zone.floor, shape).low_m
    if floor_m <= highest + HEIGHT_MARGIN_M:
        return True
    top = max(levels.highest_flown_m(altitude), return_altitude_m)
    return levels.span(zone.floor, shape).low_m <= top + HEIGHT_MARGIN_M
