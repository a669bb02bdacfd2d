"""What is strange about a mission though every number of it is a good one."""

from __future__ import annotations

from collections.abc import Iterator

from missions.commands import has_place, name_of
from missions.items import Mission
from missions.route import home_of
from missions.wire import place_of
from planner.geodesy import distance_m
from planner.quantities import LonLat

FAR_M = 50_000.0
"""Farther from home than any vehicle here flies and comes back."""


def doubts(mission: Mission) -> tuple[str, ...]:
    """Sentences for the person before the mission is flown: what lies far from home, or (0, 0) from the rest.

    Latitude and longitude that were swapped put a mission far away; where swapping them back brings it near, that is
    said.
    """
    return tuple(_far(mission))


def _far(mission: Mission) -> Iterator[str]:
    places = list(_places(mission))
    home, start = home_of(mission), "home"
    if home is None and places:
        start, home = places[0]
        start = f"{start}, where it begins"
    if home is None:
        return
    far = [(name, place, away) for name, place in places if (away := distance_m(home, place)) > FAR_M]
    if not far:
        return
    name, place, away = far[0]
    others = f", and {len(far) - 1} more" if len(far) > 1 else ""
    swapped = ""
    if abs(place.lon) <= 90 and distance_m(home, LonLat(place.lat, place.lon)) <= FAR_M:
        swapped = " Are its latitude and longitude swapped?"
    if abs(home.lon) <= 90 and len(far) == len(places) and swapped:
        swapped = f" Are latitude and longitude swapped, there or of {start}?"
    yield f"{name} lies {away / 1000:.0f} km from {start}{others}.{swapped}"


def _places(mission: Mission) -> Iterator[tuple[str, LonLat]]:
    """Everything that has a place, and what it is called."""
    for index, item in enumerate(mission.items[1:], 1):
        if has_place(item.command) and (item.x, item.y) != (0, 0):
            yield f"Item {index} ({name_of(item)})", place_of(item)
    for number, polygon in enumerate(mission.fence.polygons):
        yield from ((f"Fence polygon {number}", place) for place in polygon.vertices)
    for number, circle in enumerate(mission.fence.circles):
        yield f"Fence circle {number}", circle.centre
    for number, point in enumerate(mission.rally):
        yield f"Rally point {number}", point.position
