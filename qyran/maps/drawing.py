"""One map from whatever is at hand: a plan, a compiled mission, a flown track, or any of them together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from missions.atomic import write_atomically
from missions.items import Mission
from planner.errors import InputError
from planner.geodesy import LocalFrame
from planner.plan import Plan
from planner.quantities import LonLat
from planner.site import Site
from planner.track import Track
from qyran.maps import words
from qyran.maps.background import NO_BACKGROUND, Background, find_tiles
from qyran.maps.features import Layer, shape
from qyran.maps.flight_layers import DrawnTrack, MapEvent, draw_track, event_layers, known_places, picture_layer
from qyran.maps.mission_layer import mission_layer
from qyran.maps.panel import panel
from qyran.maps.plan_layers import plan_layers
from qyran.maps.scale import round_step
from qyran.maps.site_layers import border_layer, site_layers

SEEN_STYLE = {"color": "#00a0b0", "weight": 1, "fillColor": "#00a0b0", "fillOpacity": 0.16}
GRID_STYLE = {"color": "#d9d5c8", "weight": 1}
GRID_LINES = 12
"""About so many lines across the work; as many again lie on either side of it."""
DEFAULT_SPACING_M = 30.0


def draw_map(
    out: Path,
    *,
    title: str,
    plan: Plan | None = None,
    mission: Mission | None = None,
    track: Track | None = None,
    pictures: Sequence[LonLat] = (),
    events: Sequence[MapEvent] = (),
    seen: Polygon | MultiPolygon | None = None,
    site: Site | None = None,
    flown_s: float | None = None,
    background: Background = NO_BACKGROUND,
) -> Path:
    """Write a map as one HTML file that opens without internet (but for a background's tiles); returns ``out``.

    ``site`` None: the plan's own. ``seen`` is what the camera saw and ``pictures`` where it was, both in WGS 84.
    ``flown_s`` is how long the vehicle was in the air, armed to disarmed, of several flights together.
    Raises ``InputError`` where there is nothing to draw or the file cannot be written, ``SettingError`` where the
    background cannot be used.
    """
    from qyran.maps.page import Page  # noqa: PLC0415 - folium is slow to load and only needed here

    site = site or (plan.patrol.site if plan else None)
    drawn = draw_track(track) if track is not None and len(known_places(track)) else None
    layers = _layers(
        site=site, plan=plan, mission=mission, drawn=drawn, pictures=pictures, events=events, track=track, seen=seen
    )
    everything = _extent(layers)
    if everything is None:
        raise InputError(
            "There is nothing to draw: no area, no plan, no mission and no position in the track.", about=str(out)
        )
    tiles = find_tiles(background, out)
    if tiles is None:
        layers.insert(0, _grid(everything))
    west, south, east, north = everything.bounds
    page = Page(
        title=title,
        panel=panel(plan, track, events, flown_s),
        layers=layers,
        bounds=((south, west), (north, east)),
        spacing_m=plan.patrol.swath_m if plan else DEFAULT_SPACING_M,
        tiles=tiles,
        credit=background.credit,
        scales=(("track-height", drawn.height), ("track-speed", drawn.speed)) if drawn else (),
        samples=drawn.samples if drawn else None,
    )
    write_atomically(out, page.render())
    return out


def _layers(
    *,
    site: Site | None,
    plan: Plan | None,
    mission: Mission | None,
    drawn: DrawnTrack | None,
    pictures: Sequence[LonLat],
    events: Sequence[MapEvent],
    track: Track | None,
    seen: Polygon | MultiPolygon | None,
) -> list[Layer]:
    """Every layer that has something in it, from the ground up."""
    layers: list[Layer] = []
    if seen is not None and not seen.is_empty:
        layers.append(Layer("seen", words.SEEN, [shape(seen, SEEN_STYLE)]))
    if site is not None:
        layers += site_layers(site)
    if plan is not None:
        if plan.derived_keep_in:
            layers.append(border_layer(plan))
        layers += plan_layers(plan, flown=drawn is not None)
    if mission is not None:
        layers.append(mission_layer(mission, show=plan is None))
    if drawn is not None:
        layers += drawn.layers
    if pictures:
        layers.append(picture_layer(pictures))
    if events:
        layers += event_layers(events, track)
    if drawn is not None:
        layers.append(drawn.ends)
    return [layer for layer in layers if layer.features]


def _extent(layers: Sequence[Layer]) -> BaseGeometry | None:
    """The box around everything that is drawn (airspace may be vast and does not count, unless it is all there is)."""
    shapes = [
        (layer.key, shapely.geometry.shape(cast("dict[str, object]", feature["geometry"])))
        for layer in layers
        for feature in layer.features
    ]
    near = [found for key, found in shapes if key != "zones"] or [found for _, found in shapes]
    return shapely.box(*shapely.GeometryCollection(near).bounds) if near else None


def _grid(everything: BaseGeometry) -> Layer:
    """Lines a round number of metres apart, to judge distances by where there is no background."""
    west, south, east, north = everything.bounds
    frame = LocalFrame(LonLat((west + east) / 2, (south + north) / 2))
    left, bottom, right, top = frame.to_local(everything).bounds
    reach = max(right - left, top - bottom, 50.0)
    step = round_step(reach / GRID_LINES)
    count = int(1.5 * reach / step)
    far = count * step
    lines = [[(number * step, -far), (number * step, far)] for number in range(-count, count + 1)]
    lines += [[(-far, number * step), (far, number * step)] for number in range(-count, count + 1)]
    grid = frame.to_lonlat(shapely.MultiLineString(lines))
    return Layer("grid", words.GRID.format(step=step), [shape(grid, GRID_STYLE)])
