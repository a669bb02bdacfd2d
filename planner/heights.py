"""Whether a zone reaches the heights that a patrol flies at."""

from __future__ import annotations

from planner.quantities import Altitude, AltitudeReference
from planner.site import Site, Zone

HEIGHT_MARGIN_M = 5.0
"""A zone that ends this little above or below the flown heights still counts as reached (barometer drift, gusts)."""


def reaches(zone: Zone, altitude: Altitude, return_altitude_m: float) -> bool:
    """Whether a zone reaches the heights between ``altitude`` and the return altitude (metres above home).

    Heights measured from different things cannot be compared without terrain; such a zone counts as reached.
    """
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


def stands_in_climb(zone: Zone, altitude: Altitude) -> bool:
    """Whether a drone that climbs from the ground to ``altitude`` passes through the zone's heights."""
    if zone.floor is not None and zone.floor.reference is altitude.reference:
        return zone.floor.metres <= altitude.metres + HEIGHT_MARGIN_M
    return True


def barring_zones(site: Site, altitude: Altitude, return_altitude_m: float) -> tuple[Zone, ...]:
    """The zones that a drone at ``altitude`` may not enter: those a vehicle's exclusion fence is made of."""
    return tuple(zone for zone in site.zones if zone.kind.forbids_entry and reaches(zone, altitude, return_altitude_m))
