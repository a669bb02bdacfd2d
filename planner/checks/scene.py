"""A plan as the checks look at it: everything in one local frame, legs as lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.checks.over_ground import OverGround, lay_over
from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.heights import barring_zones
from planner.plan import Finding, Plan, Severity, Sortie
from planner.quantities import AltitudeReference, LonLat
from planner.site import Zone
from planner.space import Region, frame_of
from planner.terrain.levels import Levels


@dataclass(frozen=True, eq=False)
class Ways:
    """One sortie's waypoints (n, 2) in local metres, its legs as n - 1 lines, and which of them look.

    ``aims`` (n - 1, 2): the places that drone and camera point to on the legs, NaN for none.
    """

    sortie: Sortie
    points: NDArray[np.float64]
    legs: NDArray[np.object_]
    looks: NDArray[np.bool_]
    aims: NDArray[np.float64]


class Scene:
    """A plan, measured; what is asked for more than once is worked out once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.patrol = plan.patrol

    @cached_property
    def frame(self) -> LocalFrame:
        """The frame that the plan was made in."""
        return frame_of(self.patrol, self.plan.sorties[0].launch)

    @cached_property
    def ways(self) -> tuple[Ways, ...]:
        """Each sortie's way."""
        return tuple(self._ways(sortie) for sortie in self.plan.sorties)

    @cached_property
    def legs(self) -> NDArray[np.object_]:
        """The legs of all sorties."""
        return np.concatenate([ways.legs for ways in self.ways])

    @cached_property
    def keep_in(self) -> Region:
        """The border the vehicle's fence is made of."""
        return self.frame.to_local(self.plan.keep_in)

    @cached_property
    def barring(self) -> tuple[tuple[Zone, Region], ...]:
        """The zones that may not be entered at the patrol's heights."""
        altitude, vehicle = self.patrol.pattern.altitude, self.patrol.vehicle
        zones = barring_zones(self.patrol.site, altitude, vehicle.return_altitude_m, self.levels)
        return tuple((zone, self.frame.to_local(zone.shape)) for zone in zones)

    @cached_property
    def levels(self) -> Levels | None:
        """Heights over the patrol's terrain; None where it has none."""
        return Levels.of(self.patrol, self.plan.sorties[0].launch, self.frame)

    @cached_property
    def over_ground(self) -> OverGround | None:
        """The plan over the patrol's ground; None where nothing was said of that."""
        return None if self.patrol.ground is None else lay_over(self.plan, self.patrol.ground, self.frame)

    @cached_property
    def heights_over_ground(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least and the greatest height above ground on each leg of all sorties, (n,) each; infinite where unknown.

        Without terrain the ground is taken as flat.
        """
        ground, over = self.patrol.ground, self.over_ground
        if ground is not None and ground.terrain is not None and over is not None:
            unknown = over.room.unknown > 0
            return np.where(unknown, -np.inf, over.room.least_m), np.where(unknown, np.inf, over.room.most_m)
        ends = [np.array([waypoint.altitude.metres for waypoint in ways.sortie.route.waypoints]) for ways in self.ways]
        pairs = np.concatenate([np.stack([metres[:-1], metres[1:]], axis=1) for metres in ends])
        return pairs.min(axis=1), pairs.max(axis=1)

    def above_home(self, ways: Ways) -> NDArray[np.float64]:
        """A sortie's waypoints as metres above home (n,); without terrain the ground is taken as flat.

        Raises ``PlanError`` where that leaves one unknown.
        """
        waypoints, levels = ways.sortie.route.waypoints, self.levels
        if levels is None:
            sea = next((one for one in waypoints if one.altitude.reference is AltitudeReference.AMSL), None)
            if sea is not None:
                raise PlanError(
                    f"How high {sea.altitude} is above home is not known without terrain.",
                    about=f"sortie {ways.sortie.number}",
                    mend="Name terrain, or give altitudes above ground (AGL) or above home (HOME).",
                )
            return np.array([waypoint.altitude.metres for waypoint in waypoints])
        heights = np.array([levels.above_home_m(waypoint.altitude, waypoint.position) for waypoint in waypoints])
        if np.isnan(heights).any():
            place = waypoints[int(np.isnan(heights).argmax())].position
            raise PlanError(f"The ground's height is unknown at {place}.", about=f"sortie {ways.sortie.number}")
        return heights

    def lonlat(self, shape: BaseGeometry) -> LonLat:
        """The place of a local geometry, by a point of it."""
        x, y = shapely.get_coordinates(shape)[0]
        return self.frame.point_to_lonlat((float(x), float(y)))

    def _ways(self, sortie: Sortie) -> Ways:
        waypoints = sortie.route.waypoints
        points = self.frame.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
        legs = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
        looks = np.array([waypoint.leg.looks for waypoint in waypoints[1:]], dtype=np.bool_)
        targets = np.array([waypoint.aim or (np.nan, np.nan) for waypoint in waypoints[1:]])
        aims = np.full(targets.shape, np.nan)
        aimed = np.isfinite(targets).all(axis=1)
        aims[aimed] = self.frame.points_to_local(targets[aimed])
        return Ways(sortie, points, np.asarray(legs), looks, aims)


def holds(rule: str, sentence: str, margin: float | None = None, unit: str = "") -> Finding:
    """A rule that holds, with the room that is left."""
    return Finding(rule, Severity.INFO, sentence, "", margin, unit)
