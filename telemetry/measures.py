"""Figures of a flown track: how long, how far, how far outside the fence."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from missions.items import Fence
from planner.geodesy import WGS84, LocalFrame
from planner.track import Track

STILL_M = 0.05
"""A step shorter than this between two positions is the receiver's noise, not flight."""


def distance_flown_m(track: Track) -> float:
    """Length over ground of the way, metres; steps shorter than 5 cm count only once they add up."""
    if len(track) < 2:
        return 0.0
    frame = LocalFrame.around(shapely.MultiPoint(np.column_stack((track.lon, track.lat))))
    points = frame.points_to_local(np.column_stack((track.lon, track.lat)))
    length, last = 0.0, points[0]
    for point in points[1:]:
        step = float(np.hypot(*(point - last)))
        if step >= STILL_M:
            length += step
            last = point
    return length


def from_place_m(track: Track, lon: float, lat: float) -> float | None:
    """How far the track's last point is from a place, metres; None for an empty track."""
    if len(track) == 0:
        return None
    return float(WGS84.inv(track.lon[-1], track.lat[-1], lon, lat)[2])


def max_outside_m(track: Track, fence: Fence) -> float | None:
    """Farthest that the track went outside every inclusion, or into an exclusion, metres; 0 where it never did.

    The way between two points counts as straight. None without a fence or without a track.
    """
    if len(track) == 0 or not (fence.polygons or fence.circles):
        return None
    lonlat = np.column_stack((track.lon, track.lat))
    frame = LocalFrame.around(shapely.MultiPoint(lonlat))
    inclusions, exclusions = _shapes(fence, frame, inclusion=True), _shapes(fence, frame, inclusion=False)
    points = frame.points_to_local(lonlat)
    way = shapely.LineString(points) if len(points) > 1 else shapely.Point(points[0])
    worst = 0.0
    if inclusions:
        allowed = shapely.union_all(inclusions)
        worst = _deepest(shapely.difference(way, allowed), allowed)
    for shape in exclusions:
        worst = max(worst, _deepest(shapely.intersection(way, shape), shape.boundary))
    return worst


def _shapes(fence: Fence, frame: LocalFrame, *, inclusion: bool) -> list[BaseGeometry]:
    polygons: list[BaseGeometry] = [
        shapely.make_valid(shapely.Polygon(frame.points_to_local(np.array(one.vertices))))
        for one in fence.polygons
        if one.inclusion is inclusion
    ]
    circles: list[BaseGeometry] = [
        shapely.Point(frame.point_to_local(one.centre)).buffer(one.radius_m, quad_segs=64)
        for one in fence.circles
        if one.inclusion is inclusion
    ]
    return [*polygons, *circles]


def _deepest(wrong: BaseGeometry, border: BaseGeometry) -> float:
    """How far the wrong part of a way reaches from the border, metres; looked at every 10 cm."""
    if wrong.is_empty:
        return 0.0
    places = shapely.get_coordinates(shapely.segmentize(wrong, 0.1))
    return float(np.max(shapely.distance(shapely.points(places), border)))
