"""Relay: a post that is never left for a whole shift, by drones that take turns.

A drone flies out, stays as long as its battery allows, and flies home when the next one has come. On the ground it gets
another battery; the one it brought is charged. Everything is worked out by going through the shift change by change:
each next drone leaves early enough to be there in time, or as soon as there is a drone and a charged battery.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.errors import PlanError, SettingError

MOST_TURNS = 100_000


@dataclass(frozen=True, slots=True)
class Stay:
    """What one battery gives: seconds from take-off to the post, at it, and from there to the ground."""

    out_s: float
    on_station_s: float
    home_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.on_station_s) and self.on_station_s > 0):
            raise SettingError(f"on_station_s must be greater than zero, not {self.on_station_s}.")
        if not (math.isfinite(self.out_s + self.home_s) and self.out_s >= 0 and self.home_s >= 0):
            raise SettingError(f"The ways of a turn take zero seconds or more, not {self.out_s} and {self.home_s}.")


@dataclass(frozen=True, slots=True)
class Turn:
    """One drone's turn at a post, seconds from the shift's begin (the first takes off before it: below 0).

    ``charged_s`` is when its battery is full again. Numbers of posts, drones and batteries count from 0.
    """

    post: int
    drone: int
    battery: int
    takeoff_s: float
    arrive_s: float
    leave_s: float
    land_s: float
    charged_s: float


@dataclass(frozen=True, slots=True)
class Change:
    """One drone leaves a post at ``at_s``, the next is there ``gap_s`` later (0: before it left)."""

    post: int
    at_s: float
    gap_s: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """A shift of turns. ``drones`` and ``batteries`` are what it uses; ``missing_s`` is why it may not be enough.

    ``drones_needed`` and ``batteries_needed`` are the least with which the goal for gaps holds for the whole shift;
    None where no number of them helps.
    """

    turns: tuple[Turn, ...]
    changes: tuple[Change, ...]
    drones: int
    batteries: int
    drones_needed: int | None
    batteries_needed: int | None
    gap_goal_s: float
    shift_s: float
    posts: int

    @property
    def worst_gap_s(self) -> float:
        """The longest time that a post is left."""
        return max((change.gap_s for change in self.changes), default=0.0)

    @property
    def uncovered_s(self) -> float:
        """Seconds that posts are left, all together."""
        return math.fsum(change.gap_s for change in self.changes)

    @property
    def missing_s(self) -> float:
        """By how much the longest gap passes the goal; 0 where it holds."""
        return max(0.0, self.worst_gap_s - self.gap_goal_s)

    @property
    def holds(self) -> bool:
        """Whether no gap is longer than the goal."""
        return self.missing_s <= 1e-6


@dataclass(frozen=True, slots=True)
class _Terms:
    stays: tuple[tuple[Stay, ...], ...]
    charge_s: float
    shift_s: float
    swap_s: float
    handover_s: float
    chargers: int | None

    @property
    def posts(self) -> int:
        """How many posts are held."""
        return len(self.stays)

    @property
    def on_station_s(self) -> float:
        """The shortest stay of all."""
        return min(stay.on_station_s for stays in self.stays for stay in stays)

    @property
    def transit_s(self) -> float:
        """The longest way of all, out or home."""
        return max(max(stay.out_s, stay.home_s) for stays in self.stays for stay in stays)

    def stay(self, post: int, number: int) -> Stay:
        """What a post's turn of that number gives; they begin anew after the last."""
        return self.stays[post][number % len(self.stays[post])]

    def check(self) -> None:
        if not (math.isfinite(self.shift_s) and self.shift_s > 0):
            raise SettingError(f"shift_s must be greater than zero, not {self.shift_s}.")
        for name in ("charge_s", "swap_s", "handover_s"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SettingError(f"{name} must be zero or more, not {getattr(self, name)}.")
        if self.posts < 1 or (self.chargers is not None and self.chargers < 1):
            raise SettingError("A relay needs at least one post, and one charger where their number is given.")
        if self.shift_s / self.on_station_s * self.posts > MOST_TURNS:
            raise PlanError(f"The shift takes more than {MOST_TURNS} turns.", mend="Shorten it, or stay longer.")


def relay(
    on_station_s: float,
    transit_s: float,
    charge_s: float,
    batteries: int | None,
    shift_s: float,
    *,
    gap_goal_s: float = 8.0,
    drones: int | None = None,
    swap_s: float = 60.0,
    handover_s: float = 0.0,
    chargers: int | None = None,
    posts: int = 1,
    stays: Sequence[Sequence[Stay]] | None = None,
) -> Schedule:
    """The turns of a shift, with what there is, or with the least that it takes where that is None.

    ``on_station_s`` is the longest stay on one battery with the ways there and back (``transit_s`` each) and the
    reserve taken off, ``charge_s`` how long a battery is charged, ``swap_s`` how long a drone is on the ground between
    two turns, ``handover_s`` the gap at every change that is in time, because the next drone must move into the place
    of the one before (0: both are there for a moment, one above the other). ``chargers`` None: one for each battery.
    ``posts`` that must all be held are served from one pool, and their first changes are spread over time. All
    batteries are full at the begin. ``stays``: for each post what each of its turns in order gives (begun anew after
    the last), where turns are not alike; it stands in for ``posts``, ``on_station_s`` and ``transit_s``.

    Raises ``SettingError`` for numbers that make no sense.
    """
    given = [[Stay(transit_s, on_station_s, transit_s)]] * posts if stays is None else stays
    turns_of = tuple(tuple(turns) for turns in given)
    if not all(turns_of):
        raise SettingError("Every post of a relay needs a turn.")
    posts = len(turns_of)
    terms = _Terms(turns_of, charge_s, shift_s, swap_s, handover_s, chargers)
    terms.check()
    if not (math.isfinite(gap_goal_s) and gap_goal_s >= 0):
        raise SettingError(f"gap_goal_s must be zero or more, not {gap_goal_s}.")
    for name, number in (("drones", drones), ("batteries", batteries)):
        if number is not None and number < posts:
            raise SettingError(f"{posts} posts need at least as many {name}, not {number}.")
    plenty = _plenty(terms)
    best, drones_needed, batteries_needed = _least(terms, gap_goal_s, plenty)
    flown = best if drones is None else drones
    charged = _least_batteries(terms, gap_goal_s, flown, plenty) if batteries is None else batteries
    turns, changes = _shift(terms, flown, charged)
    return Schedule(turns, changes, flown, charged, drones_needed, batteries_needed, gap_goal_s, shift_s, posts)


def _plenty(terms: _Terms) -> int:
    """More drones and batteries than can ever be of use: one for each turn, or for each moment of a cycle."""
    turns = terms.posts * (math.ceil(terms.shift_s / terms.on_station_s) + 2)
    busy = 2 * terms.transit_s + terms.on_station_s + max(terms.swap_s, terms.charge_s)
    cycle = terms.posts * (math.ceil(busy / terms.on_station_s) + 2)
    return turns if terms.chargers is not None else min(turns, cycle)


def _worst(terms: _Terms, drones: int, batteries: int) -> float:
    return max((change.gap_s for change in _shift(terms, drones, batteries)[1]), default=0.0)


def _least(terms: _Terms, goal_s: float, plenty: int) -> tuple[int, int | None, int | None]:
    """The least drones that do best, and the least drones and batteries that reach the goal (None: nothing does)."""
    reachable = max(goal_s, _worst(terms, plenty, plenty)) + 1e-6
    drones = _first(terms.posts, plenty, lambda number: _worst(terms, number, plenty) <= reachable)
    if reachable > goal_s + 2e-6:
        return drones, None, None
    return drones, drones, _least_batteries(terms, goal_s, drones, plenty)


def _least_batteries(terms: _Terms, goal_s: float, drones: int, plenty: int) -> int:
    """The least batteries with which the goal holds, or with which it is missed by no more than with plenty."""
    reachable = max(goal_s, _worst(terms, drones, plenty)) + 1e-6
    return _first(terms.posts, plenty, lambda number: _worst(terms, drones, number) <= reachable)


def _first(low: int, high: int, good: Callable[[int], bool]) -> int:
    """The least number from low to high that is good; high is, and all above a good one are."""
    while low < high:
        middle = (low + high) // 2
        if good(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _shift(terms: _Terms, drones: int, batteries: int) -> tuple[tuple[Turn, ...], tuple[Change, ...]]:
    """Turn after turn, the post that is left first served first."""
    ready_drones = [(-math.inf, number) for number in range(drones)]
    ready_batteries = [(-math.inf, number) for number in range(batteries)]
    chargers = [-math.inf] * (terms.chargers if terms.chargers is not None else batteries)
    left = [(0.0, post) for post in range(terms.posts)]
    turns: list[Turn] = []
    changes: list[Change] = []
    count = [0] * terms.posts
    while left:
        left_s, post = heapq.heappop(left)
        drone_s, drone = heapq.heappop(ready_drones)
        battery_s, battery = heapq.heappop(ready_batteries)
        first, given = count[post] == 0, terms.stay(post, count[post])
        arrive = max(left_s, drone_s + given.out_s, battery_s + given.out_s)
        if not first:
            gap = min(max(arrive - left_s, terms.handover_s), terms.shift_s - left_s)
            changes.append(Change(post, left_s, gap))
            if arrive >= terms.shift_s:
                heapq.heappush(ready_drones, (drone_s, drone))
                heapq.heappush(ready_batteries, (battery_s, battery))
                continue
        stay = given.on_station_s * ((post + 1) / terms.posts if first else 1.0)
        leave = min(arrive + stay, terms.shift_s)
        land = leave + given.home_s
        charged = max(land, heapq.heappop(chargers)) + terms.charge_s
        heapq.heappush(chargers, charged)
        heapq.heappush(ready_drones, (land + terms.swap_s, drone))
        heapq.heappush(ready_batteries, (charged, battery))
        turns.append(Turn(post, drone, battery, arrive - given.out_s, arrive, leave, land, charged))
        count[post] += 1
        if leave < terms.shift_s:
            heapq.heappush(left, (leave, post))
    return tuple(turns), tuple(changes)
