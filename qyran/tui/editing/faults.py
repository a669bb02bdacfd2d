"""What is wrong with a drawing while it is being drawn, with the place, so that it can be shown on the map."""

from __future__ import annotations

import re
from dataclasses import dataclass

import shapely

from planner.quantities import LonLat
from planner.site import Area, Site, Zone

_WORDS = {
    "Self-intersection": "crosses itself",
    "Ring Self-intersection": "touches itself",
    "Hole lies outside shell": "has a hole outside its outline",
    "Holes are nested": "has a hole inside a hole",
    "Interior is disconnected": "is cut apart by its holes",
    "Duplicate Rings": "has two equal rings",
    "Nested shells": "has a part inside another part",
    "Too few points in geometry component": "has no inside",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A polygon that cannot be: whose it is, what is wrong, where (None: all over)."""

    id: str
    sentence: str
    place: LonLat | None


def faults_of(site: Site) -> tuple[Fault, ...]:
    """Every area and zone of a site whose polygon is not valid (OGC simple features, as GEOS tells it)."""
    faults = []
    things: list[Area | Zone] = [*site.areas, *site.zones]
    for one in things:
        if not one.shape.is_valid:
            reason = str(shapely.is_valid_reason(one.shape))
            found = re.search(r"\[(\S+) (\S+)\]", reason)
            words = _WORDS.get(reason.split("[", maxsplit=1)[0].strip(), "is no proper polygon")
            place = LonLat(float(found[1]), float(found[2])) if found else None
            faults.append(Fault(one.id, f"{one.label} {words}", place))
    return tuple(faults)
