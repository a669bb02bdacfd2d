"""What the camera really saw, from where the vehicle was and how it leaned, on flat ground or on terrain.

The camera is fixed to the body and looks down, its wide side across the body; with a gimbal (``stabilised``) it looks
straight down whatever the body does. What a track does not say (NaN) is not guessed: such a picture is not counted as
seen, and is counted as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from planner.cameras import Camera
from planner.errors import InputError
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.terrain.rays import meet_ground
from planner.terrain.surface import Terrain
from planner.track import Track

Floats = NDArray[np.float64]

STEEPEST_DEG = 75.0
"""A ray this far from straight down meets the ground nowhere useful; a picture with such a corner is not counted."""


EDGE_RAYS = 4
"""On terrain the sides of a picture are not straight: so many rays are followed for each."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Where pictures were taken, columns of one length n; NaN is unknown.

    ``lon``, ``lat`` degrees; ``height_m`` above the ground; ``heading_deg`` clockwise from true north; ``roll_deg``,
    ``pitch_deg`` of the body (right wing down and nose up are positive), as MAVLink's ``CAMERA_FEEDBACK`` has them.
    """

    lon: Floats
    lat: Floats
    height_m: Floats
    heading_deg: Floats
    roll_deg: Floats
    pitch_deg: Floats

    def __len__(self) -> int:
        return len(self.lon)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """``shape``: what all pictures saw together, local metres; ``footprints``: each one's outline (m,), in order.

    ``unknown``: how many pictures could not be placed.
    """

    shape: Polygon | MultiPolygon
    footprints: NDArray[np.object_]
    unknown: int


@dataclass(frozen=True, slots=True)
class Relief:
    """The ground that a flight went over, and the place of its home, which altitudes in its track count from."""

    terrain: Terrain
    home: LonLat

    def under_m(self, lon: Floats, lat: Floats) -> Floats:
        """The ground's height above home at places (n,), metres; NaN where it, or the place, is unknown."""
        return self.terrain.heights(np.column_stack([lon, lat])) - self.terrain.height(self.home)


def pictures_at(track: Track, time_s: Floats, *, ground_home_m: float = 0.0, relief: Relief | None = None) -> Pictures:
    """The pictures of a track at times (n,), seconds since 1970, between samples in a straight line.

    ``ground_home_m`` is the height above home of flat ground; ``relief`` takes its place where the ground is not flat.
    Times outside the track are unknown. Raises ``InputError`` where the track is shorter than two samples or its times
    do not rise.
    """
    if len(track) < 2 or not (np.diff(track.time_s) >= 0).all():
        raise InputError("The track has no way in it.", mend="Record for longer than one sample.")
    time_s = np.asarray(time_s, dtype=np.float64)

    def between(column: Floats) -> Floats:
        return np.interp(time_s, track.time_s, column, left=np.nan, right=np.nan)

    heading = np.radians(track.heading_deg)
    north, east = between(np.cos(heading)), between(np.sin(heading))
    lon, lat = between(track.lon), between(track.lat)
    return Pictures(
        lon=lon,
        lat=lat,
        height_m=between(track.alt_home_m) - (ground_home_m if relief is None else relief.under_m(lon, lat)),
        heading_deg=np.degrees(np.arctan2(east, north)) % 360.0,
        roll_deg=between(track.roll_deg),
        pitch_deg=between(track.pitch_deg),
    )


def seen(
    track: Track,
    camera: Camera,
    frame: LocalFrame,
    pictures: Pictures | None = None,
    *,
    ground_home_m: float = 0.0,
    stabilised: bool = False,
    relief: Relief | None = None,
) -> Seen:
    """What the camera saw: at the places of pictures, or all along the track as a film where none are given.

    With ``relief`` on terrain, what lies behind a ridge left out only as far as the ridge is in the picture's outline.
    """
    film = pictures is None
    if pictures is None:
        pictures = pictures_at(track, track.time_s, ground_home_m=ground_home_m, relief=relief)
    if relief is None:
        corners = footprint_corners(pictures, camera, frame, stabilised=stabilised)
    else:
        corners = footprint_on(pictures, camera, frame, relief.terrain, stabilised=stabilised)
    known = np.isfinite(corners).all(axis=(1, 2))
    outlines = np.asarray(shapely.polygons(corners[known]))
    if relief is not None:
        outlines = shapely.make_valid(outlines)
    shapes = outlines
    if film and len(outlines) > 1:
        follows = np.diff(np.flatnonzero(known)) == 1
        pairs = np.stack([outlines[:-1][follows], outlines[1:][follows]], axis=1)
        hulls = shapely.convex_hull(shapely.geometrycollections(pairs))
        shapes = np.concatenate([outlines, hulls])
    union = shapely.union_all(shapes) if len(shapes) else Polygon()
    return Seen(_polygons(union), outlines, int(np.count_nonzero(~known)))


def footprint_corners(
    pictures: Pictures, camera: Camera, frame: LocalFrame, *, stabilised: bool = False
) -> NDArray[np.float64]:
    """The corners of each picture on flat ground, (n, 4, 2) local metres; NaN where they are unknown.

    A pinhole: the ray to a corner, turned by roll, pitch and heading (aerospace order, z down), meets the ground.
    """
    turned = _turned(pictures, _corner_rays(camera), stabilised=stabilised)
    height = np.where(pictures.height_m > 0, pictures.height_m, np.nan)
    down = turned[:, :, 2]
    flat = np.hypot(turned[:, :, 0], turned[:, :, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = np.where((down > 0) & (flat <= np.tan(np.radians(STEEPEST_DEG)) * down), height[:, None] / down, np.nan)
    north, east = turned[:, :, 0] * reach, turned[:, :, 1] * reach
    return np.asarray(_below(pictures, frame)[:, None, :] + np.stack([east, north], axis=2))


def footprint_on(
    pictures: Pictures, camera: Camera, frame: LocalFrame, terrain: Terrain, *, stabilised: bool = False
) -> NDArray[np.float64]:
    """The outline of each picture on terrain, (n, 4 · EDGE_RAYS, 2) local metres; NaN where it is unknown.

    As :func:`footprint_corners`; each ray ends where it meets the ground first.
    """
    corners = _corner_rays(camera)
    shares = np.arange(EDGE_RAYS)[:, None] / EDGE_RAYS
    rays = np.concatenate([a + shares * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)])
    turned = _turned(pictures, rays, stabilised=stabilised)
    flat = np.hypot(turned[:, :, 0], turned[:, :, 1])
    steep = flat > np.tan(np.radians(STEEPEST_DEG)) * turned[:, :, 2]
    directions = np.stack([turned[:, :, 1], turned[:, :, 0], -turned[:, :, 2]], axis=2)
    directions[steep | (turned[:, :, 2] <= 0)] = np.nan
    under = terrain.heights(np.column_stack([pictures.lon, pictures.lat]))
    eyes = np.column_stack([_below(pictures, frame), under + pictures.height_m])
    met = meet_ground(np.repeat(eyes, len(rays), axis=0), directions.reshape(-1, 3), terrain, frame)
    return met.reshape(len(pictures), len(rays), 2)


def seen_share(area: BaseGeometry, shape: BaseGeometry) -> float:
    """The share of an area (local metres) inside what was seen, 0 to 1. Raises ``InputError`` for an empty area."""
    if area.area <= 0:
        raise InputError("There is no area to have seen.", mend="Draw one.")
    return float(min(area.intersection(shape).area / area.area, 1.0))


def _corner_rays(camera: Camera) -> Floats:
    """Rays (4, 3) to a picture's corners, forward-right-down of the body, of length 1 downwards."""
    across = camera.sensor_width_mm / 2 / camera.focal_length_mm
    along = camera.sensor_height_mm / 2 / camera.focal_length_mm
    return np.array([[along, -across, 1.0], [along, across, 1.0], [-along, across, 1.0], [-along, -across, 1.0]])


def _turned(pictures: Pictures, rays: Floats, *, stabilised: bool) -> NDArray[np.float64]:
    """Rays (k, 3) of the body as north-east-down for each picture, (n, k, 3)."""
    level = np.zeros(len(pictures))
    roll = level if stabilised else np.radians(pictures.roll_deg)
    pitch = level if stabilised else np.radians(pictures.pitch_deg)
    return np.asarray(np.einsum("nij,kj->nki", _body_to_ned(roll, pitch, np.radians(pictures.heading_deg)), rays))


def _below(pictures: Pictures, frame: LocalFrame) -> Floats:
    """The places straight below, (n, 2) local metres, NaN unknown."""
    placed = np.isfinite(pictures.lon) & np.isfinite(pictures.lat)
    below = np.full((len(pictures), 2), np.nan)
    if placed.any():
        below[placed] = frame.points_to_local(np.column_stack([pictures.lon[placed], pictures.lat[placed]]))
    return below


def _body_to_ned(roll: Floats, pitch: Floats, heading: Floats) -> NDArray[np.float64]:
    """Rotations (n, 3, 3) from forward-right-down to north-east-down, radians (Beard and McLain 2012, 2.5)."""
    cr, sr, cp, sp = np.cos(roll), np.sin(roll), np.cos(pitch), np.sin(pitch)
    cy, sy = np.cos(heading), np.sin(heading)
    rows = [
        [cp * cy, sr * sp * cy - cr * sy, cr * sp * cy + sr * sy],
        [cp * sy, sr * sp * sy + cr * cy, cr * sp * sy - sr * cy],
        [-sp, sr * cp, cr * cp],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def _polygons(shape: BaseGeometry) -> Polygon | MultiPolygon:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
