"""The small language between Python and the page: GeoJSON features with a style, words and a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.quantities import LonLat

Feature = dict[str, object]
Style = Mapping[str, object]

DIGITS = 7
"""Decimals of a degree kept: 1e-7 is 1.1 cm, what MAVLink keeps."""

SORTIE_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#b5518f",
    "#8a6d00",
    "#3f88c5",
    "#7d3c98",
    "#4d4d4d",
    "#00798c",
    "#a63d40",
)
"""Darkened from Okabe and Ito's palette, which people with colour blindness tell apart."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of the layer control: what it is called, what is in it, whether it is shown on opening."""

    key: str
    name: str
    features: Sequence[Feature]
    show: bool = True


def sortie_colour(number: int) -> str:
    """The colour of a sortie, by its number counted from 1."""
    return SORTIE_COLOURS[(number - 1) % len(SORTIE_COLOURS)]


def shape(
    geometry: BaseGeometry, style: Style, words: Iterable[str] = (), *, label: str = "", kind: str = ""
) -> Feature:
    """A geometry in WGS 84 with the style it is drawn in, its words (first line: the hover text) and its label."""
    properties: dict[str, object] = {"style": dict(style)}
    lines = [line for line in words if line]
    if lines:
        properties["words"] = lines
    if label:
        properties["label"] = label
    if kind:
        properties["kind"] = kind
    return {"type": "Feature", "properties": properties, "geometry": _rounded(geometry)}


def dot(place: LonLat, colour: str, words: Iterable[str] = (), *, radius: float = 5.0) -> Feature:
    """A round mark of so many pixels, edged in white so that it shows on any ground."""
    style = {"radius": radius, "fillColor": colour, "fillOpacity": 1.0, "color": "#ffffff", "weight": 1.5}
    return shape(shapely.Point(place), style, words)


def label(place: LonLat, text: str, kind: str, words: Iterable[str] = (), edge: str = "") -> Feature:
    """A text that stands on the map; ``kind`` is its class in the page's style sheet, ``edge`` its frame's colour."""
    return shape(shapely.Point(place), {"color": edge} if edge else {}, words, label=text, kind=kind)


def line(places: Sequence[LonLat], style: Style, words: Iterable[str] = ()) -> Feature:
    """A line through at least two places."""
    return shape(shapely.LineString(places), style, words)


def inside(geometry: BaseGeometry) -> LonLat:
    """A place inside a polygon, for its label."""
    point = geometry.representative_point()
    return LonLat(point.x, point.y)


def _rounded(geometry: BaseGeometry) -> dict[str, object]:
    kept = shapely.transform(geometry, lambda degrees: np.round(degrees, DIGITS))
    return dict(shapely.geometry.mapping(kept))
