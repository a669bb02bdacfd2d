"""The way home from everywhere, as ArduCopter flies it by itself: which place it chooses, and along which line.

On the command to return (``ModeRTL``, ArduPilot 4.6) the vehicle brakes, climbs to the return altitude where it is
lower, flies a straight line to home or to a rally point, and lands. It chooses by where it is when the command comes
(``AP_Rally::calc_best_rally_or_home_location``), and sets out from where it comes to rest.

A route is cut into pieces of at most ``STEP_M``. For each piece, and for each place that may be chosen from anywhere in
it, a :class:`Returns` row holds the hull of all straight ways there: what lies clear of the hull lies clear of every
way home from that piece, not only of those from its ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.forecast import homeward_wh
from planner.heights import HEIGHT_MARGIN_M
from planner.motion import return_height_m
from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shapes = NDArray[np.object_]

STEP_M = 10.0
"""Longest piece of a route."""

SETTLING_S = 10.0
"""After speeding up the vehicle still falls behind for so long (:mod:`planner.motion.tracking`)."""

NEAR_STEPS = 65
"""Distances in the table of what short ways home cost."""

MOST_HEIGHTS = 12
"""So many steps of height are told apart in that table over a route's whole range of heights."""

SAME_HEIGHT_M = 1e-6
ROUNDING_M = 1e-6

CHOICE_SLACK_M = 1.0
CHOICE_SLACK_SHARE = 0.004
"""ArduPilot measures distances on a sphere, with one scale for a whole comparison; so far may that be off."""

Highest = Callable[[Shapes], Floats]
"""For shapes (n,) in local metres: the highest ground or obstacle anywhere in each, metres above home, (n,)."""


@dataclass(frozen=True, slots=True)
class Refuge:
    """Where a vehicle may come home to: home itself, or a rally point with its altitude above home."""

    point: tuple[float, float]
    height_m: float = 0.0
    is_home: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A route in m pieces: ``starts``, ``ends`` (m, 2) local metres, ``start_m``, ``end_m`` (m,) heights above home.

    ``rests`` (m, 2): the farthest place where a vehicle that is told to return in the piece comes to rest. ``leg`` (m,)
    the leg each lies in, ``start_share``, ``end_share`` (m,) how far along that leg it begins and ends, 0 to 1.
    """

    starts: Floats
    ends: Floats
    rests: Floats
    start_m: Floats
    end_m: Floats
    leg: Numbers
    start_share: Floats
    end_share: Floats

    def __len__(self) -> int:
        return len(self.leg)


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """p ways home, each from a whole piece of a route to one place that may be chosen from it.

    ``piece``, ``refuge`` (p,) say which; ``hulls`` (p,) hold all straight ways, ``origins`` (p,) where they set out;
    ``low_m``, ``top_m`` (p,) the least and the greatest height of the way, ``from_m`` (p,) the least height it climbs
    from; metres above home.
    """

    pieces: Pieces
    refuges: tuple[Refuge, ...]
    piece: Numbers
    refuge: Numbers
    hulls: Shapes
    origins: Shapes
    low_m: Floats
    top_m: Floats
    from_m: Floats

    def __len__(self) -> int:
        return len(self.piece)


@dataclass(frozen=True, slots=True)
class Barrier:
    """A place not to be flown through, local metres, between two heights above home; infinite where unknown."""

    shape: BaseGeometry
    floor_m: float = -math.inf
    ceiling_m: float = math.inf


def stopping_m(speed_mps: Floats | float, profile: VehicleProfile) -> Floats:
    """Metres a vehicle goes on after the command to return (``AC_PosControl``, gain 1: half a second, then braking)."""
    speed, brake = np.asarray(speed_mps, dtype=np.float64), profile.acceleration_mps2
    return np.where(speed < brake, speed, brake / 2 + speed**2 / (2 * brake))


def cut(points: Floats, heights_m: Floats, speeds_mps: Floats, profile: VehicleProfile) -> Pieces:
    """The pieces of a route through points (n, 2) at heights (n,), with the speeds (n,) on the way to each.

    A leg that stays in one place (a climb, a hold) is one piece. A vehicle comes to rest on the leg it is on: past a
    corner it is within the corner's rounding.
    """
    steps, rises = np.diff(points, axis=0), np.diff(heights_m)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    counts = np.maximum(np.ceil(lengths / STEP_M).astype(np.int64), 1)
    leg = np.repeat(np.arange(len(steps)), counts)
    number = np.arange(len(leg)) - np.repeat(np.cumsum(counts) - counts, counts)
    first, last = number / counts[leg], (number + 1) / counts[leg]
    ahead = stopping_m(speeds_mps[1:], profile) / np.maximum(lengths, 1e-9)
    rest = np.minimum(last + ahead[leg], 1.0)

    def places(share: Floats) -> Floats:
        return np.asarray(points[leg] + share[:, None] * steps[leg])

    return Pieces(
        places(first),
        places(last),
        places(rest),
        heights_m[leg] + first * rises[leg],
        heights_m[leg] + last * rises[leg],
        leg,
        first,
        last,
    )


def may_choose(pieces: Pieces, refuges: Sequence[Refuge], profile: VehicleProfile) -> Flags:
    """Which of k refuges, home among them, may be chosen from somewhere in each piece, (m, k); never too few."""
    middles = (pieces.starts + pieces.ends) / 2
    half = np.hypot(*(pieces.ends - pieces.starts).T) / 2
    away = np.stack([np.hypot(*(middles - np.array(refuge.point)).T) for refuge in refuges], axis=1)
    slack = half[:, None] + CHOICE_SLACK_M + CHOICE_SLACK_SHARE * away
    near, far = away - slack, away + slack
    home = np.array([refuge.is_home for refuge in refuges])
    chosen = np.zeros_like(away, dtype=np.bool_)
    if home.all():
        chosen[:, 0] = True
        return chosen
    rally = ~home
    nearest = far[:, rally].min(axis=1)
    limit = profile.rally_limit_m if profile.rally_limit_m > 0 else math.inf
    chosen[:, rally] = (near[:, rally] <= nearest[:, None]) & (near[:, rally] <= limit)
    if profile.rally_include_home:
        chosen[:, rally] &= near[:, rally] <= far[:, home]
    beyond = nearest > limit
    nearer = near[:, home][:, 0] <= nearest if profile.rally_include_home else np.zeros(len(away), dtype=np.bool_)
    chosen[:, home] = (beyond | nearer)[:, None]
    return chosen


def returns_of(pieces: Pieces, refuges: Sequence[Refuge], profile: VehicleProfile) -> Returns:
    """All ways home from a route's pieces. ``refuges`` holds home exactly once."""
    piece, refuge = np.nonzero(may_choose(pieces, refuges, profile))
    goals = np.array([one.point for one in refuges])[refuge]
    asked = np.array([max(one.height_m, 0.0) for one in refuges])[refuge]
    starts, rests = pieces.starts[piece], pieces.rests[piece]
    origins = shapely.linestrings(np.stack([starts, rests], axis=1))
    hulls = shapely.convex_hull(shapely.multipoints(np.stack([starts, rests, goals], axis=1)))
    away = np.maximum(np.hypot(*(starts - goals).T), np.hypot(*(rests - goals).T))
    nearest = np.asarray(shapely.distance(origins, shapely.points(goals)))
    from_m = np.minimum(pieces.start_m, pieces.end_m)[piece]
    highest = np.maximum(pieces.start_m, pieces.end_m)[piece]
    return Returns(
        pieces,
        tuple(refuges),
        piece,
        refuge,
        np.asarray(hulls),
        np.asarray(origins),
        return_height_m(from_m, nearest, asked, profile),
        return_height_m(highest, away, asked, profile),
        from_m,
    )


def crosses(ways: Returns, barrier: Barrier) -> Flags:
    """Which ways home (p,) may pass through a barrier: climbing, on the straight line, or landing.

    A barrier that ends within ``HEIGHT_MARGIN_M`` of a height counts as reaching it.
    """
    low, high = barrier.floor_m - HEIGHT_MARGIN_M, barrier.ceiling_m + HEIGHT_MARGIN_M
    shape = barrier.shape
    shapely.prepare(shape)
    goals = np.asarray(shapely.points(np.array([refuge.point for refuge in ways.refuges])))
    on_way = (low <= ways.top_m) & (high >= ways.low_m)
    on_climb = (low <= ways.top_m) & (high >= ways.from_m)
    on_landing = (low <= ways.top_m) & (high >= 0.0)
    crossed = np.zeros(len(ways), dtype=np.bool_)
    crossed[on_way] = shapely.intersects(shape, ways.hulls[on_way])
    crossed[on_climb] |= shapely.intersects(shape, ways.origins[on_climb])
    return np.asarray(crossed | (on_landing & shapely.intersects(shape, goals[ways.refuge])))


def clearance_m(ways: Returns, highest: Highest) -> Floats:
    """Metres between each way home (p,) at its lowest and the highest ground or obstacle below it."""
    return np.asarray(ways.low_m - highest(ways.hulls))


def needed_wh(ways: Returns, used_wh: Floats, profile: VehicleProfile, *, wind_mps: float) -> Floats:
    """The most that may be gone of the battery after landing, for each way home (p,), watt-hours.

    ``used_wh`` (n,): what is used when each waypoint of the route is reached; between two it grows with the way. The
    wind blows against every way home. Nowhere in a piece is more needed than told here: far from the refuge the cost
    is a straight line over the distance, and the distance along a straight piece is convex, so that an end is the
    dearest place; near it, what is used at the piece's end is added to the way home from its dearer end.
    """
    pieces, piece = ways.pieces, ways.piece
    goals = np.array([refuge.point for refuge in ways.refuges])[ways.refuge]
    asked = np.array([max(refuge.height_m, 0.0) for refuge in ways.refuges])[ways.refuge]
    number = np.arange(len(used_wh), dtype=np.float64)
    ends = (
        (pieces.starts, pieces.start_m, pieces.start_share),
        (pieces.ends, pieces.end_m, pieces.end_share),
    )
    spent, back = [], []
    for places, heights, shares in ends:
        away, height = np.hypot(*(places[piece] - goals).T), heights[piece]
        tops = return_height_m(height, np.full(len(piece), np.inf), asked, profile)
        back.append(homeward_bound_wh(height, away, tops, profile, wind_mps=wind_mps))
        spent.append(np.interp((pieces.leg + shares)[piece], number, used_wh))
    near = shapely.distance(ways.origins, shapely.points(goals)) < cruising_m(profile)
    far_most = np.maximum(spent[0] + back[0], spent[1] + back[1])
    return np.where(near, spent[1] + np.maximum(back[0], back[1]), far_most)


def cruising_m(profile: VehicleProfile) -> float:
    """A way home longer than this reaches its full speed, and costs the same for each metre more."""
    speed, brake = profile.return_speed_mps, profile.acceleration_mps2
    return speed**2 / brake + 2 * speed * brake / profile.jerk_mps3 + SETTLING_S * speed


def homeward_bound_wh(
    heights_m: Floats, away_m: Floats, tops_m: Floats, profile: VehicleProfile, *, wind_mps: float
) -> Floats:
    """Watt-hours to come home (n,) against the wind, never too little: from a table over the distance.

    Heights are rounded down and return heights up, to the metre or to a few over hills, and a short way up to the next
    of the table.
    """
    cruise = cruising_m(profile)
    table = np.append(np.linspace(0.0, cruise, NEAR_STEPS), max(float(away_m.max(initial=0.0)), 2 * cruise))
    step = max(1.0, float(np.ptp(heights_m)) / MOST_HEIGHTS) if len(heights_m) else 1.0
    rounded = np.column_stack([np.floor(heights_m / step), np.ceil(tops_m / step)]) * step
    kinds, kind = np.unique(rounded, axis=0, return_inverse=True)
    exact = np.ptp(heights_m) < SAME_HEIGHT_M and np.ptp(tops_m) < SAME_HEIGHT_M
    if exact and len(heights_m):
        kinds, kind = np.array([[heights_m.min(), tops_m.max()]]), np.zeros(len(heights_m), dtype=np.int64)
    rows = np.repeat(kinds, len(table), axis=0)
    ways = np.column_stack([np.tile(table, len(kinds)), np.zeros(len(rows))])
    costs = homeward_wh(rows[:, 0], ways, profile, wind_mps=wind_mps, tops=rows[:, 1]).reshape(len(kinds), len(table))
    costs = np.maximum.accumulate(costs, axis=1)
    kind = kind.ravel()
    near = np.minimum(np.searchsorted(table, away_m - ROUNDING_M), NEAR_STEPS - 1)
    share = (away_m - cruise) / (table[-1] - cruise)
    far = costs[kind, -2] + share * (costs[kind, -1] - costs[kind, -2])
    return np.asarray(np.where(away_m <= cruise, costs[kind, near], far))
