"""What a file holds as a site to plan on: outlines to watch, ways, places, zones, launch and safe points."""

from __future__ import annotations

from collections.abc import Iterator

from shapely import LineString, MultiPolygon, Point, Polygon

from missions.commands import has_place, is_navigation
from missions.contents import Contents
from missions.items import Fence, Mission
from missions.wire import place_of
from planner.geojson.geometry import polygon
from planner.quantities import Altitude, LonLat
from planner.site import Area, DrawnRoute, Launch, SafePoint, Site, Zone, ZoneKind
from planner.site import Point as Place
from planner.zones.circles import circle
from planner.zones.file import with_own_ids


def site_of(contents: Contents, source: str) -> Site:
    """Outlines become areas (or the zones that they say they are), ways routes, places points.

    A mission becomes a route through the places of its navigation commands, its fence keep-in and keep-out zones, its
    rally points safe points, its home the launch. Raises ``GeometryError`` for a fence that crosses itself.
    """
    mission = contents.mission or Mission(())
    drawn = contents.drawings
    outlines = [one for one in drawn if isinstance(one.shape, Polygon | MultiPolygon)]
    zones = [one.zone for one in outlines if one.zone is not None]
    shown = [one for one in outlines if one.zone is None]
    lines = [(one.shape, one.name) for one in drawn if isinstance(one.shape, LineString)]
    spots = [one for one in drawn if isinstance(one.shape, Point)]
    way = [place_of(i) for i in mission.items[1:] if is_navigation(i.command) and has_place(i.command) and (i.x or i.y)]
    if len(way) > 1:
        lines.insert(0, (LineString(way), "mission"))
    home = next((place_of(item) for item in mission.items[:1] if (item.x, item.y) != (0, 0)), None)
    return Site(
        areas=tuple(
            Area(f"area-{n}", one.shape, one.name)
            for n, one in enumerate(shown, 1)
            if isinstance(one.shape, Polygon | MultiPolygon)
        ),
        zones=with_own_ids((*zones, *_fence_zones(mission.fence, source))),
        launches=() if home is None else (Launch("launch", home, "home"),),
        safe_points=tuple(
            SafePoint(f"safe-{n}", point.position, Altitude.home(point.altitude_home_m))
            for n, point in enumerate(mission.rally, 1)
        ),
        points=tuple(Place(f"point-{n}", one.places[0], one.name) for n, one in enumerate(spots, 1)),
        routes=tuple(DrawnRoute(f"route-{n}", line, name) for n, (line, name) in enumerate(lines, 1)),
        source=source,
    )


def _fence_zones(fence: Fence, source: str) -> Iterator[Zone]:
    for number, part in enumerate(fence.polygons, 1):
        ring = [*part.vertices, part.vertices[0]]
        about = f"{source}, fence polygon {number}"
        shape = polygon({"type": "Polygon", "coordinates": [[list(place) for place in ring]]}, about)
        kind = ZoneKind.KEEP_IN if part.inclusion else ZoneKind.KEEP_OUT
        yield Zone(f"fence-{number}", kind, shape, "fence")
    for number, round_one in enumerate(fence.circles, 1):
        kind = ZoneKind.KEEP_IN if round_one.inclusion else ZoneKind.KEEP_OUT
        shape = circle(LonLat(*round_one.centre), round_one.radius_m, f"{source}, fence circle {number}")
        yield Zone(f"fence-circle-{number}", kind, shape, "fence")
