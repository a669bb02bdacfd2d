"""What was flown: the track coloured by height and by speed, where pictures were taken, what happened when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.quantities import LonLat
from planner.track import Track
from qyran.maps import words
from qyran.maps.features import Feature, Layer, dot, label, line, shape
from qyran.maps.scale import PLASMA, VIRIDIS, Scale, scale_for

MOST_POINTS = 6_000
"""Points of a track that are drawn: a flight of an hour keeps one every 0.6 s, and the page stays below 2 MB."""
GAP_S = 3.0
"""Without a position for longer than this (and than three drawn points) the line is broken: nobody knows the way."""
EVENT_COLOUR = "#e09f1f"
MINOR_EVENT_COLOUR = "#8a8a8a"
PICTURE_COLOUR = "#20639b"


@dataclass(frozen=True, slots=True)
class MapEvent:
    """Something that happened in flight: a change of mode, a text of the vehicle, an alert.

    ``time_s`` is seconds since 1970 (UTC). ``place`` None: where the track was at that time. ``minor`` is what
    belongs to every flight, such as a waypoint reached: there, but hidden on opening.
    """

    time_s: float
    text: str
    place: LonLat | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True)
class DrawnTrack:
    """A track thinned for the page, its two scales, and what the page needs to answer "when was this?"."""

    layers: tuple[Layer, ...]
    ends: Layer
    height: Scale
    speed: Scale
    samples: dict[str, object]


def known_places(track: Track) -> NDArray[np.int64]:
    """The indices of a track's samples that have a position."""
    return np.flatnonzero(np.isfinite(track.lon) & np.isfinite(track.lat))


def thinned(track: Track) -> NDArray[np.int64]:
    """At most ``MOST_POINTS`` indices of known places, even in their order, first and last among them."""
    known = known_places(track)
    if len(known) <= MOST_POINTS:
        return known
    return known[np.linspace(0, len(known) - 1, MOST_POINTS).round().astype(np.int64)]


def heights_of(track: Track) -> tuple[NDArray[np.float64], str]:
    """Heights in metres and their reference: above home where the vehicle said that, else above mean sea level."""
    if np.isfinite(track.alt_home_m).any() or not np.isfinite(track.alt_amsl_m).any():
        return track.alt_home_m, "HOME"
    return track.alt_amsl_m, "AMSL"


def draw_track(track: Track) -> DrawnTrack:
    """The two coloured layers of a track (height shown first), its gaps, its start and end.

    The track has at least one known place.
    """
    kept = thinned(track)
    places = np.column_stack([track.lon[kept], track.lat[kept]])
    times = track.time_s[kept]
    heights, reference = heights_of(track)
    height_title = words.HEIGHT_HOME if reference == "HOME" else words.HEIGHT_AMSL
    height = scale_for(height_title, heights[kept], VIRIDIS)
    speed = scale_for(words.SPEED, track.speed_mps[kept], PLASMA)
    gaps = _gaps(times)
    lost = [_gap(places[number], places[number + 1], times[number + 1] - times[number]) for number in gaps]
    layers = [
        Layer("track-height", words.TRACK_HEIGHT, [*_coloured(places, heights[kept], height, gaps), *lost]),
        Layer("track-speed", words.TRACK_SPEED, [*_coloured(places, track.speed_mps[kept], speed, gaps), *lost], False),
    ]
    start, end = _end(words.START, "start", places[0], times[0]), _end(words.END, "end", places[-1], times[-1])
    samples: dict[str, object] = {
        "lat": _plain(places[:, 1], 6),
        "lon": _plain(places[:, 0], 6),
        "time": _plain(times, 1),
        "height": _plain(heights[kept], 1),
        "speed": _plain(track.speed_mps[kept], 1),
        "heightUnit": words.HEIGHT_UNITS[reference],
        "speedUnit": words.SPEED_UNIT,
        "unknown": words.UNKNOWN,
    }
    return DrawnTrack(tuple(layers), Layer("ends", words.ENDS, [*start, *end]), height, speed, samples)


def picture_layer(pictures: Sequence[LonLat]) -> Layer:
    """Where each picture was taken; hidden on opening, since there are many."""
    style = {"radius": 2.5, "fillColor": PICTURE_COLOUR, "fillOpacity": 1.0, "color": "#ffffff", "weight": 0.75}
    features = [
        shape(shapely.Point(place), style, [words.PICTURE.format(number=number)])
        for number, place in enumerate(pictures, start=1)
    ]
    return Layer("pictures", words.PICTURES.format(count=len(pictures)), features, show=False)


def event_layers(events: Sequence[MapEvent], track: Track | None) -> list[Layer]:
    """A mark for each event that has a place, or had one by the track; minor ones in a layer of their own."""
    layers = []
    for key, name, minor, colour in (
        ("minor-events", words.MINOR_EVENTS, True, MINOR_EVENT_COLOUR),
        ("events", words.EVENTS, False, EVENT_COLOUR),
    ):
        chosen = [event for event in events if event.minor is minor]
        placed = [(event, event.place or place_at(track, event.time_s)) for event in chosen]
        radius = 3.5 if minor else 5.0
        marks = [dot(place, colour, [event.text, utc(event.time_s)], radius=radius) for event, place in placed if place]
        layers.append(Layer(key, name.format(count=len(chosen)), marks, show=not minor))
    return layers


def place_at(track: Track | None, time_s: float) -> LonLat | None:
    """Where a track was at a time, in a straight line between two samples; None outside it and inside a gap."""
    if track is None or not len(known := known_places(track)):
        return None
    times = track.time_s[known]
    after = int(np.searchsorted(times, time_s))
    if time_s < times[0] - GAP_S or time_s > times[-1] + GAP_S:
        return None
    if 0 < after < len(times) and times[after] - times[after - 1] > GAP_S:
        return None
    lon, lat = np.interp(time_s, times, track.lon[known]), np.interp(time_s, times, track.lat[known])
    return LonLat(float(lon), float(lat))


def utc(time_s: float) -> str:
    """A time as people write it, in UTC."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _gaps(times: NDArray[np.float64]) -> list[int]:
    """The indices after which the way is not known: a silence, or another flight (its time may begin earlier)."""
    if len(times) < 2:
        return []
    steps = np.diff(times)
    longest = max(GAP_S, 3 * float(np.median(steps)))
    return [int(number) for number in np.flatnonzero((steps > longest) | (steps < 0))]


def _coloured(
    places: NDArray[np.float64], values: NDArray[np.float64], scale: Scale, gaps: Sequence[int]
) -> list[Feature]:
    """A dark edge under the whole line, then one feature a colour; each run ends where the next begins."""
    if len(places) < 2:
        return []
    steps = scale.steps_along(values) if scale.colours else np.full(len(places), -1)
    runs: dict[int, list[NDArray[np.float64]]] = {}
    cuts = sorted({0, len(places) - 1, *(np.flatnonzero(np.diff(steps)) + 1), *gaps, *(gap + 1 for gap in gaps)})
    broken = set(gaps)
    for start, end in pairwise(cuts):
        if start not in broken:
            runs.setdefault(int(steps[start]), []).append(places[start : end + 1])
    edge = {"color": "#111111", "weight": 5, "opacity": 0.55}
    every = [run for parts in runs.values() for run in parts]
    features = [shape(shapely.MultiLineString(every), edge)] if every else []
    for step, parts in sorted(runs.items()):
        style = {"color": scale.colour_of(step), "weight": 3, "opacity": 1.0}
        features.append(shape(shapely.MultiLineString(parts), style))
    return features


def _gap(start: NDArray[np.float64], end: NDArray[np.float64], seconds: float) -> Feature:
    style = {"color": "#111111", "weight": 4, "dashArray": "1 8", "opacity": 0.9}
    return line([LonLat(*start), LonLat(*end)], style, [words.GAP.format(seconds=seconds)])


def _end(text: str, kind: str, place: NDArray[np.float64], time_s: float) -> tuple[Feature, Feature]:
    where = LonLat(float(place[0]), float(place[1]))
    lines = [text, utc(float(time_s))]
    return dot(where, "#1b7f3b" if kind == "start" else "#1b1b1b", lines, radius=5.5), label(where, text, kind)


def _plain(values: NDArray[np.float64], digits: int) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), digits) for value in values]
