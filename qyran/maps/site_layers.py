"""What was drawn: areas, zones, launch and safe points; and the border the fence is made of."""

from __future__ import annotations

from planner.plan import Plan
from planner.quantities import LonLat
from planner.site import Corridor, DrawnRoute, Site, Zone, ZoneKind
from qyran.maps import words
from qyran.maps.features import Feature, Layer, Style, dot, inside, label, shape

AREA_STYLE: Style = {"color": "#2f7d4f", "weight": 2, "fillColor": "#57a773", "fillOpacity": 0.13}
LINE_STYLE: Style = {"color": "#2f7d4f", "weight": 4, "opacity": 0.55}
RING_STYLE: Style = {**LINE_STYLE, "fill": False}
POINT_COLOUR = "#b5179e"
BORDER_STYLE: Style = {"color": "#1f3a5f", "weight": 2, "fill": False, "dashArray": "10 5"}
ZONE_STYLES: dict[ZoneKind, Style] = {
    ZoneKind.KEEP_IN: {"color": "#1f3a5f", "weight": 2, "fill": False, "dashArray": "10 5"},
    ZoneKind.KEEP_OUT: {"color": "#c1121f", "weight": 2, "fillColor": "#c1121f", "fillOpacity": 0.22},
    ZoneKind.NO_LOOK: {"color": "#6a4c93", "weight": 2, "dashArray": "3 5", "fillColor": "#6a4c93", "fillOpacity": 0.2},
    ZoneKind.AIRSPACE: {
        "color": "#c75b12",
        "weight": 2,
        "dashArray": "8 6",
        "fillColor": "#c75b12",
        "fillOpacity": 0.1,
    },
}
LAUNCH_COLOUR = "#1b1b1b"
SAFE_COLOUR = "#2f7d4f"


def site_layers(site: Site) -> list[Layer]:
    """Areas with their names, zones by kind, launch and safe points."""
    areas = [shape(area.shape, AREA_STYLE, [area.label, words.AREA]) for area in site.areas]
    areas += [label(inside(area.shape), area.label, "area") for area in site.areas]
    areas += [feature for corridor in site.corridors for feature in _line(corridor)]
    areas += [feature for route in site.routes for feature in _line(route)]
    for perimeter in site.perimeters:
        areas.append(shape(perimeter.shape, RING_STYLE, [perimeter.label, words.PERIMETER]))
        areas.append(label(inside(perimeter.shape), perimeter.label, "area"))
    zones = [feature for zone in site.zones for feature in _zone(zone)]
    places: list[Feature] = []
    for launch in site.launches:
        places += _place(launch.position, LAUNCH_COLOUR, [launch.name or launch.id, words.LAUNCH], "launch")
    for point in site.points:
        places += _place(point.position, POINT_COLOUR, [point.label, words.POINT], "point")
    for safe in site.safe_points:
        altitude = words.RETURN_ALTITUDE.format(altitude=safe.altitude) if safe.altitude else ""
        places += _place(safe.position, SAFE_COLOUR, [safe.name or safe.id, words.SAFE_POINT, altitude], "safe")
    layers = [
        Layer("areas", words.AREAS, areas),
        Layer("zones", words.ZONES, zones),
        Layer("places", words.PLACES, places),
    ]
    return [layer for layer in layers if layer.features]


def _line(thing: Corridor | DrawnRoute) -> list[Feature]:
    """A drawn line with its name at its middle."""
    word = words.CORRIDOR if isinstance(thing, Corridor) else words.ROUTE
    middle = thing.line.interpolate(0.5, normalized=True)
    return [
        shape(thing.line, LINE_STYLE, [thing.label, word]),
        label(LonLat(middle.x, middle.y), thing.label, "area"),
    ]


def border_layer(plan: Plan) -> Layer:
    """The keep-in border a plan was given where nobody drew one (a drawn one is among the zones)."""
    return Layer("border", words.BORDER_DERIVED, [shape(plan.keep_in, BORDER_STYLE, [words.BORDER_DERIVED])])


def _zone(zone: Zone) -> list[Feature]:
    limits = [
        words.FLOOR.format(floor=zone.floor) if zone.floor else "",
        words.CEILING.format(ceiling=zone.ceiling) if zone.ceiling else "",
    ]
    kind = words.ZONE_KINDS[zone.kind]
    lines = [f"{zone.label} ({kind})", *limits]
    found = [shape(zone.shape, ZONE_STYLES[zone.kind], lines)]
    if zone.kind is not ZoneKind.KEEP_IN:
        found.append(label(inside(zone.shape), zone.label, f"zone {zone.kind.value}"))
    return found


def _place(place: LonLat, colour: str, lines: list[str], kind: str) -> list[Feature]:
    return [dot(place, colour, lines, radius=6.5), label(place, lines[0], kind)]
