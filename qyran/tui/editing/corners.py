"""The places of a draft that a hand can take hold of, and the draft after it moved, added or removed one.

Everything here is pure: a draft in, another draft out, the first unchanged. Places are WGS 84.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from planner.errors import GeometryError
from planner.quantities import LonLat
from planner.site import Area, Launch, Site, Zone, ZoneKind

Ring = NDArray[np.float64]
"""Longitudes and latitudes of one ring, shape (n, 2), the first not repeated."""
Shape = Polygon | MultiPolygon

Removal = Callable[["Draft", "Corner"], "Draft"]
Step = Callable[[], bool]

FEWEST = 3
"""Corners of the smallest ring."""


class Of(Enum):
    """What a corner belongs to."""

    AREA = "area"
    ZONE = "zone"
    LAUNCH = "launch"
    SAFE_POINT = "safe point"
    SKETCH = "sketch"

    @property
    def is_point(self) -> bool:
        """Whether the thing is one place only."""
        return self in (Of.LAUNCH, Of.SAFE_POINT)


@dataclass(frozen=True, slots=True)
class Corner:
    """One place of a draft by its number; ``ring`` 0 is the outline, others are holes.

    ``between``: not the corner itself but the middle of the side that begins there; pulling at it makes a new corner.
    """

    of: Of
    id: str
    part: int = 0
    ring: int = 0
    index: int = 0
    between: bool = False

    @property
    def is_of_outline(self) -> bool:
        """Whether it lies on an outline, not around a hole."""
        return self.ring == 0


@dataclass(frozen=True, slots=True)
class Sketch:
    """An outline that is being drawn and not closed yet; ``zone`` None: it will be an area."""

    zone: ZoneKind | None = None
    places: tuple[LonLat, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A site as it is being changed."""

    site: Site
    sketch: Sketch | None = None


def rings_of(shape: Shape) -> list[list[Ring]]:
    """Parts of a polygon, each a list of its outline and holes."""
    parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return [[np.asarray(ring.coords)[:-1, :2] for ring in (part.exterior, *part.interiors)] for part in parts]


def shape_of(parts: list[list[Ring]]) -> Shape:
    """The polygon of parts as ``rings_of`` gives them; it may cross itself."""
    polygons = [Polygon(rings[0], rings[1:]) for rings in parts]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def corners_of(draft: Draft) -> tuple[list[Corner], Ring]:
    """All corners and middles of sides with their places, shape (n, 2); points first, corners before middles."""
    site = draft.site
    corners: list[Corner] = []
    places: list[Ring] = [np.empty((0, 2))]
    for launch in site.launches:
        corners.append(Corner(Of.LAUNCH, launch.id))
        places.append(np.array([launch.position]))
    for safe in site.safe_points:
        corners.append(Corner(Of.SAFE_POINT, safe.id))
        places.append(np.array([safe.position]))
    if draft.sketch and draft.sketch.places:
        corners += [Corner(Of.SKETCH, "", index=index) for index in range(len(draft.sketch.places))]
        places.append(np.array(draft.sketch.places))
    sides: list[Corner] = []
    middles: list[Ring] = [np.empty((0, 2))]
    shapes = [(Of.AREA, one.id, one.shape) for one in site.areas] + [(Of.ZONE, one.id, one.shape) for one in site.zones]
    for of, name, shape in shapes:
        for part, rings in enumerate(rings_of(shape)):
            for number, ring in enumerate(rings):
                corners += [Corner(of, name, part, number, index) for index in range(len(ring))]
                places.append(ring)
                sides += [Corner(of, name, part, number, index, between=True) for index in range(len(ring))]
                middles.append((ring + np.roll(ring, -1, axis=0)) / 2)
    return corners + sides, np.vstack([*places, *middles])


def move(draft: Draft, corner: Corner, place: LonLat) -> Draft:
    """The draft with a corner at another place; a middle becomes a new corner there."""
    if corner.between:
        return insert(draft, corner, place)[0]
    if corner.of is Of.SKETCH and draft.sketch:
        places = list(draft.sketch.places)
        places[corner.index] = place
        return replace(draft, sketch=replace(draft.sketch, places=tuple(places)))
    if corner.of.is_point:
        return _with_point(draft, corner, place)
    parts, ring = _ring(draft, corner)
    ring[corner.index] = place
    return _with_parts(draft, corner, parts)


def insert(draft: Draft, side: Corner, place: LonLat) -> tuple[Draft, Corner]:
    """The draft with a new corner in the side that begins at ``side``, and that corner."""
    parts, ring = _ring(draft, side)
    parts[side.part][side.ring] = np.insert(ring, side.index + 1, place, axis=0)
    new = replace(side, index=side.index + 1, between=False)
    return _with_parts(draft, side, parts), new


def remove(draft: Draft, corner: Corner) -> Draft:
    """The draft without a corner; a hole's third-last corner takes the hole along, a point goes as a whole.

    Raises ``GeometryError`` where an outline would be left with fewer than three corners.
    """
    if corner.of is Of.SKETCH and draft.sketch:
        places = draft.sketch.places[: corner.index] + draft.sketch.places[corner.index + 1 :]
        return replace(draft, sketch=replace(draft.sketch, places=places))
    if corner.of.is_point:
        return remove_thing(draft, corner)
    parts, ring = _ring(draft, corner)
    if len(ring) <= FEWEST and corner.is_of_outline:
        raise GeometryError(
            f"An outline needs {FEWEST} corners.", about=f"{corner.of.value} {corner.id}", mend="X removes all of it."
        )
    if len(ring) <= FEWEST:
        del parts[corner.part][corner.ring]
    else:
        parts[corner.part][corner.ring] = np.delete(ring, corner.index, axis=0)
    return _with_parts(draft, corner, parts)


def remove_thing(draft: Draft, corner: Corner) -> Draft:
    """The draft without the hole, or the whole area, zone or point, that a corner belongs to."""
    site = draft.site
    if corner.of is Of.SKETCH:
        return replace(draft, sketch=None)
    if not corner.of.is_point and not corner.is_of_outline:
        parts, _ = _ring(draft, corner)
        del parts[corner.part][corner.ring]
        return _with_parts(draft, corner, parts)
    changed = replace(
        site,
        areas=tuple(one for one in site.areas if (corner.of, corner.id) != (Of.AREA, one.id)),
        zones=tuple(one for one in site.zones if (corner.of, corner.id) != (Of.ZONE, one.id)),
        launches=tuple(one for one in site.launches if (corner.of, corner.id) != (Of.LAUNCH, one.id)),
        safe_points=tuple(one for one in site.safe_points if (corner.of, corner.id) != (Of.SAFE_POINT, one.id)),
    )
    return replace(draft, site=changed)


def begin(draft: Draft, zone: ZoneKind | None) -> Draft:
    """The draft with a new outline begun."""
    return replace(draft, sketch=Sketch(zone))


def extend(draft: Draft, place: LonLat) -> Draft:
    """The draft with one more corner on the outline that is being drawn; the same place twice is one corner."""
    sketch = draft.sketch or Sketch()
    if sketch.places and sketch.places[-1] == place:
        return draft
    return replace(draft, sketch=replace(sketch, places=(*sketch.places, place)))


def close(draft: Draft) -> tuple[Draft, str]:
    """The draft with the drawn outline as an area or zone, and its id.

    Raises ``GeometryError`` where it has fewer than three corners.
    """
    sketch = draft.sketch
    if sketch is None or len(sketch.places) < FEWEST:
        have = len(sketch.places) if sketch else 0
        raise GeometryError(f"An outline needs {FEWEST} corners, this one has {have}.", mend="Add more with a.")
    shape = Polygon(sketch.places)
    site = draft.site
    if sketch.zone is None:
        name = free_id("area", site)
        return Draft(replace(site, areas=(*site.areas, Area(name, shape)))), name
    name = free_id(sketch.zone.value, site)
    return Draft(replace(site, zones=(*site.zones, Zone(name, sketch.zone, shape)))), name


def place_launch(draft: Draft, place: LonLat) -> Draft:
    """The draft with the first launch moved there, or a launch where there was none."""
    launches = draft.site.launches
    first = replace(launches[0], position=place) if launches else Launch(free_id("launch", draft.site), place)
    return replace(draft, site=replace(draft.site, launches=(first, *launches[1:])))


def free_id(stem: str, site: Site) -> str:
    """The first of stem-1, stem-2, … that nothing in the site is called."""
    taken = {one.id for group in (site.areas, site.zones, site.launches, site.safe_points) for one in group}
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _shape(draft: Draft, corner: Corner) -> Shape:
    group: tuple[Area, ...] | tuple[Zone, ...] = draft.site.areas if corner.of is Of.AREA else draft.site.zones
    return next(one.shape for one in group if one.id == corner.id)


def _ring(draft: Draft, corner: Corner) -> tuple[list[list[Ring]], Ring]:
    """All parts of the corner's thing, free to be changed, and the corner's own ring among them."""
    parts = [[ring.copy() for ring in rings] for rings in rings_of(_shape(draft, corner))]
    return parts, parts[corner.part][corner.ring]


def _with_parts(draft: Draft, corner: Corner, parts: list[list[Ring]]) -> Draft:
    shape, site = shape_of(parts), draft.site
    if corner.of is Of.AREA:
        areas = tuple(replace(one, shape=shape) if one.id == corner.id else one for one in site.areas)
        return replace(draft, site=replace(site, areas=areas))
    zones = tuple(replace(one, shape=shape) if one.id == corner.id else one for one in site.zones)
    return replace(draft, site=replace(site, zones=zones))


def _with_point(draft: Draft, corner: Corner, place: LonLat) -> Draft:
    site = draft.site
    if corner.of is Of.LAUNCH:
        launches = tuple(replace(one, position=place) if one.id == corner.id else one for one in site.launches)
        return replace(draft, site=replace(site, launches=launches))
    points = tuple(replace(one, position=place) if one.id == corner.id else one for one in site.safe_points)
    return replace(draft, site=replace(site, safe_points=points))
