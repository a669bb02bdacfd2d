"""What the camera saw of what was to be watched, from flights' records or from logs alone, and what it missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from planner.errors import InputError
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.seen import Pictures, Relief, Seen, seen, seen_share
from planner.site import Area, Launch, Site
from planner.space import frame_of, polygons, space_of
from planner.track import Track, joined
from telemetry import FlightEvent, Picture

LEAST_GAP_M2 = 25.0
"""A smaller piece that nobody saw is not flown to again."""
_SLIVER_M = 0.5
_OVERLAP_M = 2.0
"""Gaps are flown with so much of what was seen around them, so that no seam stays."""


class Recorded(Protocol):
    """What a flight's record and an opened log have in common."""

    @property
    def track(self) -> Track:
        """Where the vehicle was."""

    @property
    def duration_s(self) -> float | None:
        """From armed to disarmed by the vehicle's clock; None where that was not seen."""

    @property
    def events(self) -> tuple[FlightEvent, ...]:
        """What happened."""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Where pictures were taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was to be watched and what was seen, both in local metres of ``frame``."""

    frame: LocalFrame
    watched: BaseGeometry
    seen: Seen
    track: Track
    is_film: bool
    """Whether the camera is taken to have looked all along the track, because no picture was told."""

    @property
    def share(self) -> float:
        """The share of what was to be watched that was seen, 0 to 1."""
        return seen_share(self.watched, self.seen.shape)

    def gaps(self, least_m2: float = LEAST_GAP_M2) -> tuple[Polygon, ...]:
        """What was not seen, in WGS 84, largest first; with a border of what was, and slivers left out."""
        missed = self.watched.difference(self.seen.shape)
        body = missed.buffer(-_SLIVER_M).buffer(_SLIVER_M + _OVERLAP_M, join_style="mitre")
        whole = polygons(shapely.simplify(body.intersection(self.watched), 0.1), least_m2)
        found = [part for part in shapely.get_parts(whole) if part.intersection(missed).area >= least_m2]
        return tuple(self.frame.to_lonlat(part) for part in sorted(found, key=lambda part: -part.area))


def look(patrol: Patrol, launch: Launch, flights: Sequence[Recorded], *, film: bool = False) -> Looked:
    """What these flights' pictures show of what a patrol watches; with ``film`` all along their tracks.

    On the patrol's terrain where it has one, else on flat ground at the launch's height. A camera that looked
    elsewhere than down, or was switched off while it told no pictures, is not known of. Raises ``InputError`` where
    there is nothing to be watched, or neither a picture nor a track.
    """
    pictures = [picture for flight in flights for picture in flight.pictures]
    track = joined([flight.track for flight in flights])
    if film and len(track) < 2:
        raise InputError("There is no way in these flights.", mend="Give the log of a vehicle that flew.")
    frame = frame_of(patrol, launch)
    terrain = patrol.ground.terrain if patrol.ground is not None else None
    relief = None if terrain is None else Relief(terrain, launch.position)
    taken = None if film else _columns(pictures)
    if taken is not None and relief is not None:
        taken = replace(taken, height_m=taken.height_m - relief.under_m(taken.lon, taken.lat))
    camera = patrol.camera
    looked = seen(track, camera, frame, taken, stabilised=camera.stabilised, relief=relief)
    return Looked(frame, space_of(patrol, frame, launch).watched, looked, track, film)


def gaps_site(site: Site, gaps: Sequence[Polygon]) -> Site:
    """The same site with its gaps as the only areas: zones, launches and safe points stay."""
    areas = tuple(Area(f"gap-{number}", gap, f"not seen, part {number}") for number, gap in enumerate(gaps, start=1))
    return replace(site, areas=areas, corridors=(), perimeters=(), points=(), routes=())


def _columns(pictures: Sequence[Picture]) -> Pictures:
    def column(values: Iterable[float | None]) -> NDArray[np.float64]:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    return Pictures(
        lon=column(one.position.lon for one in pictures),
        lat=column(one.position.lat for one in pictures),
        height_m=column(one.altitude_home.metres if one.altitude_home else None for one in pictures),
        heading_deg=column(one.heading_deg for one in pictures),
        roll_deg=column(one.roll_deg for one in pictures),
        pitch_deg=column(one.pitch_deg for one in pictures),
    )
