"""A sweep cut into sorties: each is one battery, starts where the last one stopped, and comes home with the reserve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.chain import SAME_PLACE_M, Chain, items_of, joined, unseeing
from planner.energy import JOULES_PER_WH, power_w
from planner.energy.reserve import reserve_of
from planner.errors import PlanError
from planner.forecast import forecast_local
from planner.geodesy import LocalFrame
from planner.paths import FreeSpace
from planner.patrol import Patrol
from planner.plan import Forecast

Points = NDArray[np.float64]

SHORTEST_PIECE_M = 10.0
"""A lane is not begun for less, nor a stay for as many seconds, unless there is no other way to go on."""

CORNER_M = 20.0
"""A corner on the way out or home counts as this many metres: braking and speeding up cost about two seconds."""

ROUNDING = 0.004
"""Share of the battery kept back: final waypoints are rounded and measured once more, and to break off in the middle of
a leg costs a braking that breaking off at its ends does not."""

MOST_SORTIES = 500


def cut_into_sorties(
    lanes: Chain,
    free: FreeSpace,
    launch: tuple[float, float],
    patrol: Patrol,
    frame: LocalFrame,
    *,
    between: Callable[[int, float], None] | None = None,
) -> Iterator[Chain]:
    """The ways of the sorties, from over the launch to over the launch, in local metres of ``frame``.

    ``between`` is told the number of the next sortie and the share of lanes that is done. Raises ``PlanError`` with the
    place that one battery cannot reach, or that the vehicle cannot hold enough items for.
    """
    cutter = _Cutter(lanes, free, launch, patrol, frame)
    place, number = cutter.next_lane(0.0), 1
    while place < len(lanes.looks):
        if number > MOST_SORTIES:
            raise PlanError(
                f"The patrol needs more than {MOST_SORTIES} batteries.", mend="Split the area, or choose wider lanes."
            )
        if between is not None:
            between(number, place / len(lanes.looks))
        end = cutter.farthest(place)
        yield cutter.sortie(place, end)
        place, number = cutter.next_lane(end), number + 1


class _Cutter:
    """Finds how far a battery takes a sortie along the lanes; remembers the ways home."""

    def __init__(
        self, lanes: Chain, free: FreeSpace, launch: tuple[float, float], patrol: Patrol, frame: LocalFrame
    ) -> None:
        self._lanes = lanes
        self._lengths = lanes.spans()
        self._free = free
        self._launch = launch
        self._patrol = patrol
        self._frame = frame
        safe = [point.position for point in patrol.site.safe_points]
        kept_wh = reserve_of(patrol.vehicle, patrol.limits, frame.point_to_lonlat(launch), safe)
        self._budget_wh = (patrol.vehicle.battery_wh - kept_wh) * (1 - ROUNDING)
        self._hover_w = float(power_w(np.array([patrol.limits.energy_wind_mps]), patrol.vehicle)[0])
        self._way_to = lru_cache(maxsize=64)(self._find_way_to)

    def next_lane(self, place: float) -> float:
        """The place itself where the camera looks, or the start of the next lane; the end of the chain else."""
        while place < len(self._lanes.looks) and not self._lanes.looks[int(place)]:
            place = float(int(place) + 1)
        return place

    def sortie(self, start: float, end: float) -> Chain:
        """Out, along the lanes, and home."""
        lanes = self._lanes.between(start, end)
        out, home = self._way_to(*lanes.points[0]), self._way_to(*lanes.points[-1])[::-1]
        return joined([unseeing(out), lanes, unseeing(home)])

    def farthest(self, start: float) -> float:
        """The farthest place that still fits one battery and one mission."""
        last = self._trimmed(float(len(self._lanes.looks)))
        if self._fits(start, last):
            return last
        low, high = math.floor(start), int(last)
        while high - low > 1:
            middle = (low + high) // 2
            if self._fits(start, float(middle)):
                low = middle
            else:
                high = middle
        return self._within_leg(start, low)

    def _within_leg(self, start: float, leg: int) -> float:
        """The farthest place on a leg whose start fits (or is the sortie's own)."""
        whole = self._trimmed(float(leg)) if leg > start else start
        if not self._lanes.looks[leg]:
            return self._progress(start, whole)
        low, high = max(float(leg), start), float(leg + 1)
        length = float(self._lengths[leg])
        while (high - low) * length > 0.5:
            middle = (low + high) / 2
            low, high = (middle, high) if self._fits(start, middle) else (low, middle)
        if (low - max(float(leg), start)) * length < SHORTEST_PIECE_M and whole > start:
            return whole
        return self._progress(start, low)

    def _progress(self, start: float, end: float) -> float:
        leg = int(start)
        if end > start and (end - start) * float(self._lengths[leg]) > SAME_PLACE_M:
            return end
        ahead = min(start + SHORTEST_PIECE_M / max(float(self._lengths[leg]), SAME_PLACE_M), float(leg + 1))
        place = self._lanes.at(ahead)
        where = self._frame.point_to_lonlat((float(place[0]), float(place[1])))
        missing = self._needed_wh(start, ahead) - self._budget_wh
        if missing <= 0:
            raise PlanError(
                f"The way to {where} alone takes more items than the vehicle's {self._patrol.vehicle.mission_items}.",
                mend="Launch nearer to it, or simplify the zones on the way.",
            )
        raise PlanError(
            f"One battery does not take the drone to {where} and home with the reserve: {missing:.1f} Wh are missing "
            f"({missing / self._patrol.vehicle.battery_wh:.0%} of the battery).",
            mend="Launch nearer to it, fly faster, or take a vehicle with a larger battery.",
        )

    def _trimmed(self, place: float) -> float:
        """A place moved back over legs without the camera to the end of the last lane."""
        while place > 0 and place == int(place) and not self._lanes.looks[int(place) - 1]:
            place -= 1
        return place

    def _fits(self, start: float, end: float) -> bool:
        end = self._trimmed(end)
        if end <= start:
            return True
        way = self.sortie(start, end)
        if items_of(way.looks, way.aims) > self._patrol.vehicle.mission_items:
            return False
        return self._needed_wh(start, end) <= self._budget_wh

    def _needed_wh(self, start: float, end: float) -> float:
        """What must be in the battery: for the whole way, and for breaking off at any waypoint after the stay there."""
        way = self.sortie(start, end)
        cost = self._forecast(way)
        stays_wh = np.append(0.0, way.stays_s) * self._hover_w / JOULES_PER_WH
        breaking_off = np.array(cost.used_wh) + np.array(cost.return_wh) + stays_wh
        return max(cost.energy_wh, float(breaking_off.max()))

    def _forecast(self, way: Chain) -> Forecast:
        points = way.points - self._launch
        count = len(points)
        return forecast_local(
            points,
            np.full(count, self._patrol.pattern.altitude.metres),
            np.full(count, self._patrol.pattern.speed_mps),
            np.append(0.0, way.stays_s),
            self._patrol.vehicle,
            wind_mps=self._patrol.limits.energy_wind_mps,
        )

    def _find_way_to(self, east: float, north: float) -> Points:
        return self._free.path(self._launch, (float(east), float(north)), corner_m=CORNER_M)


__all__ = ["CORNER_M", "Chain", "cut_into_sorties", "items_of", "joined"]
