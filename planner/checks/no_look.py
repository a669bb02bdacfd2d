"""Pictures stay clear of what the camera may not see.

Over terrain a picture reaches as far as the drone is above the zone's own ground: a zone in a valley beside the lane is
seen from further off than one on the lane's own height.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.checks.scene import Scene, holds
from planner.gaze import View, aimed_footprint
from planner.plan import Finding, Severity
from planner.quantities import LonLat
from planner.site import ZoneKind
from planner.space import TOUCH_M, look_m, look_reach_m

PIECE_M = 20.0
"""Legs over terrain are looked at in pieces of this length, each as high as its higher end."""


class NoLook:
    """Blocking where a picture taken in a lane would show a no-look zone."""

    name = "no_look"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Half a picture's diagonal around every leg that looks, for a camera that points straight down."""
        yield from self._aimed(scene)
        looks = np.concatenate([ways.looks & np.isnan(ways.aims).any(axis=1) for ways in scene.ways])
        least = float("inf")
        if not looks.any():
            return
        for zone in scene.patrol.site.of_kind(ZoneKind.NO_LOOK):
            shape = scene.frame.to_local(zone.shape)
            room, place = _room(scene, shape, np.flatnonzero(looks))
            least = min(least, room)
            if math.isnan(room):
                yield Finding(
                    self.name,
                    Severity.WARNING,
                    f"How far pictures reach towards the no-look zone {zone.label!r} is not known: its ground is not.",
                    "Give terrain that covers it.",
                    place=place,
                )
            elif room < -TOUCH_M:
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"Pictures reach {-room:.1f} m into the no-look zone {zone.label!r}.",
                    "Plan again, or fly lower.",
                    room,
                    "m",
                    place,
                )
        if -TOUCH_M <= least < float("inf"):
            reach = look_reach_m(scene.patrol, scene.frame, scene.levels)
            yield holds(
                self.name,
                f"The camera is off within {reach:.0f} m of no-look zones; what lies beside them stays unseen.",
                max(least, 0.0),
                "m",
            )

    def _aimed(self, scene: Scene) -> Iterator[Finding]:
        """Legs on which the camera is kept on a place."""
        view = View.of(scene.patrol, scene.plan.sorties[0].launch.position, scene.frame)
        if view.forbidden.is_empty:
            return
        for ways in scene.ways:
            waypoints = ways.sortie.route.waypoints
            for leg in np.flatnonzero(ways.looks & np.isfinite(ways.aims).all(axis=1)):
                start, end = ways.points[leg], ways.points[leg + 1]
                high = view.heights(start, end, waypoints[leg : leg + 2], reach=1.0).high_m
                if aimed_footprint(start, end, ways.aims[leg], high, scene.patrol).intersects(view.forbidden):
                    yield Finding(
                        self.name,
                        Severity.BLOCKING,
                        "Pictures of the place that the camera is kept on show a no-look zone as well.",
                        "Fly nearer to the place, lower, or on its other side.",
                        place=waypoints[leg + 1].position,
                        sortie=ways.sortie.number,
                    )
                    break


def _room(scene: Scene, shape: BaseGeometry, legs: NDArray[np.int64]) -> tuple[float, LonLat]:
    """Metres between what pictures on legs show and a shape, and where that is least; NaN where it is not known."""
    lanes, over, levels = scene.legs[legs], scene.over_ground, scene.levels
    away = np.asarray(shapely.distance(shape, lanes))
    flat = look_m(scene.patrol)
    if levels is None or over is None:
        nearest = int(np.argmin(away))
        return float(away[nearest]) - flat, scene.lonlat(shapely.shortest_line(lanes[nearest], shape))
    slope = flat / scene.patrol.pattern.altitude.metres
    lowest = levels.ground_in(shape, everywhere=True).low_m + over.home_m
    if not math.isfinite(lowest):
        near = int(np.argmin(away))
        return math.nan, scene.lonlat(shapely.shortest_line(lanes[near], shape))
    least, place = math.inf, scene.lonlat(lanes[0])
    for leg in np.flatnonzero(away <= slope * (over.heights[legs].max(axis=1) - lowest)):
        line, (start_m, end_m) = lanes[leg], over.heights[legs[leg]]
        count = max(math.ceil(line.length / PIECE_M), 1)
        for number in range(count):
            first, last = number / count, (number + 1) / count
            piece = shapely.LineString([line.interpolate(share, normalized=True) for share in (first, last)])
            top = max(start_m + share * (end_m - start_m) for share in (first, last))
            part = shape.intersection(piece.buffer(slope * (top - lowest)))
            if part.is_empty:
                continue
            bottom = levels.ground_in(part, everywhere=True).low_m + over.home_m
            room = float(part.distance(piece)) - slope * (top - bottom)
            if room < least:
                least, place = room, scene.lonlat(shapely.shortest_line(piece, part))
    if math.isinf(least):
        rooms = away - slope * (over.heights[legs].max(axis=1) - lowest)
        return float(rooms.min()), place
    return least, place
