"""A sweep cut into sorties: each is one battery, starts where the last one stopped, and comes home with the reserve."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from planner.site import ZoneKind
from planner.terrain.follow import Follower

Points = NDArray[np.float64]

SHORTEST_PIECE_M = 10.0
"""A lane is not begun for less, nor a stay for as many seconds, unless there is no other way to go on."""

CORNER_M = 20.0
"""A corner on the way out or home counts as this many metres: braking and speeding up cost about two seconds."""

ROUNDING = 0.002
"""Share of the battery kept back, because the final waypoints are rounded and measured once more."""

_EMPTY = 0.1
"""About what flying out and home fills."""

FULL = 0.998
"""A battery filled to this share is full."""

ROUNDING_OVER = 0.006
"""The same where the ground is followed: the way home from between two waypoints may climb more than from either."""

MOST_SORTIES = 500

EVEN_SHARES = (1.01, 1.03, 1.07, 1.15)
"""Evening out tries to keep all sorties below so many times their mean, the best first."""

EVEN_COST = 0.02
"""Share of the whole time that it may cost to even sorties out."""

Piece = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sortie takes; ``needed_wh`` is what must be in the battery for it and for breaking off anywhere."""

    duration_s: float
    needed_wh: float
    items: int


def cut_into_sorties(
    lanes: Chain,
    free: FreeSpace,
    launch: tuple[float, float],
    patrol: Patrol,
    frame: LocalFrame,
    *,
    between: Callable[[int, float], None] | None = None,
    over: Follower | None = None,
    even: bool = True,
) -> Iterator[Chain]:
    """The ways of the sorties, from over the launch to over the launch, in local metres of ``frame``.

    Batteries are filled one after the other; where that leaves the last one with little to do, all get about as much,
    as long as it takes no more of them and ``EVEN_COST`` more time at most (not where ``even`` is False). ``between``
    is told the number of the next sortie and the share of lanes that is done; ``over`` is the ground that its routes
    will follow. Raises ``PlanError`` with the place that one battery cannot reach, or that the vehicle cannot hold
    enough items for.
    """
    cutter = Cutter(lanes, free, launch, patrol, frame, over=over)
    pieces = list[Piece]()
    for piece in cutter.pieces(math.inf):
        if between is not None:
            between(len(pieces) + 1, piece[0] / len(lanes.looks))
        if len(pieces) == MOST_SORTIES:
            raise PlanError(
                f"The patrol needs more than {MOST_SORTIES} batteries.", mend="Split the area, or choose wider lanes."
            )
        pieces.append(piece)
    for start, end in cutter.evened(pieces) if even else pieces:
        yield cutter.sortie(start, end)


class Cutter:
    """Finds how far a battery takes a sortie along the lanes; remembers the ways home."""

    def __init__(
        self,
        lanes: Chain,
        free: FreeSpace,
        launch: tuple[float, float],
        patrol: Patrol,
        frame: LocalFrame,
        *,
        over: Follower | None = None,
    ) -> None:
        self._lanes = lanes
        self._over = over
        self._lengths = lanes.spans()
        self._free = free
        self._launch = launch
        self._patrol = patrol
        self._frame = frame
        safe = [point.position for point in patrol.site.safe_points]
        kept_wh = reserve_of(patrol.vehicle, patrol.limits, frame.point_to_lonlat(launch), safe)
        self._budget_wh = (patrol.vehicle.battery_wh - kept_wh) * (1 - (ROUNDING if over is None else ROUNDING_OVER))
        self._hover_w = float(power_w(np.array([patrol.limits.energy_wind_mps]), patrol.vehicle)[0])
        self._pitched = patrol.camera.stabilised and bool(patrol.site.of_kind(ZoneKind.NO_LOOK))
        self._stop_wh = _stop_s(patrol) * self._hover_w / JOULES_PER_WH
        self.cost = lru_cache(maxsize=4096)(self._find_cost)
        self._way_to = lru_cache(maxsize=1024)(self._find_way_to)

    @property
    def budget_wh(self) -> float:
        """What a sortie may take of the battery, watt-hours."""
        return self._budget_wh

    @property
    def lanes(self) -> Chain:
        """The way that is cut."""
        return self._lanes

    def along(self, lanes: Chain) -> Cutter:
        """The same for another way."""
        return Cutter(lanes, self._free, self._launch, self._patrol, self._frame, over=self._over)

    def way_to(self, place: Points) -> Points:
        """The way (k, 2) from the launch to a place (2,)."""
        return self._way_to(*place)

    def pieces(self, most_s: float) -> Iterator[Piece]:
        """Where each sortie starts and ends on the lanes, none longer than ``most_s``; raises ``PlanError``."""
        place = self.next_lane(0.0)
        while place < len(self._lanes.looks):
            end = self.farthest(place, most_s)
            yield place, end
            place = self.next_lane(end)

    def evened(self, filled: list[Piece]) -> list[Piece]:
        """As many sorties, the longest of them shorter; the same ones where that cannot be had for the price."""
        lasting = [self.cost(start, end).duration_s for start, end in filled]
        for share in EVEN_SHARES:
            most_s = share * sum(lasting) / len(lasting)
            if len(filled) < 2 or most_s >= max(lasting):
                break
            try:
                pieces = list(itertools.islice(self.pieces(most_s), len(filled) + 1))
            except PlanError:
                continue
            if len(pieces) > len(filled):
                continue
            if sum(self.cost(start, end).duration_s for start, end in pieces) <= (1 + EVEN_COST) * sum(lasting):
                return pieces
        return filled

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

    def farthest(self, start: float, most_s: float) -> float:
        """The farthest place that still fits one battery, one mission, and so many seconds."""
        last = self._trimmed(float(len(self._lanes.looks)))
        if self.fits(start, last, most_s):
            return last
        metres = np.concatenate([[0.0], np.cumsum(self._lengths + CORNER_M)])
        places = np.arange(len(metres), dtype=np.float64)
        low, high = (float(np.interp(place, places, metres)) for place in (start, last))
        aim, edge = (1.0 + FULL) / 2, 0.2
        short, over = _EMPTY - aim, self._fill(start, last, most_s) - aim
        best = start
        while high - low > 2.5 * edge:
            share = -short / (over - short) if math.isfinite(over) else 0.5
            there = min(max(low + share * (high - low), low + edge), high - edge)
            place = float(np.interp(there, metres, places))
            fill = self._fill(start, place, most_s)
            # false position, in the Illinois way: an end that stays counts half (Dowell and Jarratt, 1971)
            if fill <= 1.0:
                low, short, over, best = there, fill - aim, over / 2, place
            else:
                high, short, over = there, short / 2, fill - aim
            if FULL <= fill <= 1.0:
                break
        return self._tidied(start, best)

    def _tidied(self, start: float, place: float) -> float:
        """A place moved back to the end of a lane, where it is on the way to the next one or hardly on that."""
        leg = min(int(place), len(self._lanes.looks) - 1)
        begun = max(float(leg), start)
        whole = self._trimmed(float(leg)) if leg > start else start
        if not self._lanes.looks[leg]:
            return self._progress(start, whole)
        if (place - begun) * float(self._lengths[leg]) < SHORTEST_PIECE_M and whole > start:
            return whole
        return self._progress(start, place)

    def _progress(self, start: float, end: float) -> float:
        leg = int(start)
        if end > start and (end - start) * float(self._lengths[leg]) > SAME_PLACE_M:
            return end
        ahead = min(start + SHORTEST_PIECE_M / max(float(self._lengths[leg]), SAME_PLACE_M), float(leg + 1))
        if ahead > start and self.fits(start, ahead):
            return ahead
        place = self._lanes.at(ahead)
        where = self._frame.point_to_lonlat((float(place[0]), float(place[1])))
        missing = self.cost(start, ahead).needed_wh - self._budget_wh
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

    def fits(self, start: float, end: float, most_s: float = math.inf) -> bool:
        """Whether a sortie over the lanes between two places fits one battery, one mission, and so many seconds."""
        return self._fill(start, end, most_s) <= 1.0

    def _fill(self, start: float, end: float, most_s: float) -> float:
        """How full a sortie makes what it may fill most: the battery, the mission, or so many seconds; 1 is full."""
        end = self._trimmed(end)
        if end <= start:
            return 0.0
        if self._budget_wh <= 0:
            return math.inf
        cost = self.cost(start, end)
        items = cost.items / self._patrol.vehicle.mission_items
        return max(items, cost.needed_wh / self._budget_wh, cost.duration_s / most_s)

    def _find_cost(self, start: float, end: float) -> Cost:
        """What a sortie takes. Breaking off is possible anywhere: after a stay, and in the middle of a leg."""
        way = self.sortie(start, end)
        heights = np.full(len(way.points), self._patrol.pattern.altitude.metres)
        if self._over is not None:
            way, heights = self._over.followed(way, heights, self._patrol.pattern.speed_mps)
        cost = self._forecast(way, heights)
        stays_wh = np.append(0.0, way.stays_s) * self._hover_w / JOULES_PER_WH
        breaking_off = np.array(cost.used_wh) + np.array(cost.return_wh) + np.maximum(stays_wh, self._stop_wh)
        needed_wh = max(cost.energy_wh, float(breaking_off.max()))
        return Cost(cost.duration_s, needed_wh, items_of(way.looks, way.aims, pitched=self._pitched))

    def _forecast(self, way: Chain, heights: Points) -> Forecast:
        points = way.points - self._launch
        count = len(points)
        return forecast_local(
            points,
            heights,
            np.full(count, self._patrol.pattern.speed_mps),
            np.append(0.0, way.stays_s),
            self._patrol.vehicle,
            wind_mps=self._patrol.limits.energy_wind_mps,
        )

    def _find_way_to(self, east: float, north: float) -> Points:
        return self._free.path(self._launch, (float(east), float(north)), corner_m=CORNER_M)


def _stop_s(patrol: Patrol) -> float:
    """Seconds lost by braking in the middle of a leg and speeding up for home.

    A change of speed by v at acceleration a and jerk j loses v / 2a + a / 2j against flying on.
    """
    vehicle = patrol.vehicle
    acceleration, jerk = vehicle.acceleration_mps2, vehicle.jerk_mps3
    speeds = patrol.pattern.speed_mps + vehicle.return_speed_mps
    return speeds / (2 * acceleration) + acceleration / jerk


__all__ = ["CORNER_M", "Chain", "Cost", "Cutter", "cut_into_sorties", "items_of", "joined"]
