"""Laps as drones really fly them: rounds cut into sorties by battery, with changes of battery in between.

:mod:`planner.laps` says who goes where and when, for drones that never land. Here each drone leaves its round where
coming home costs least of its time in the air, and goes on either with the next place, or with the place where the
rounds that never stop would be by then. All is worked out, and what has the shortest longest gap is taken.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np

from planner.errors import PlanError, SettingError
from planner.laps import BINS_A_ROUND, BOUND_ROUNDS, Lap, Laps, Rhythm, laps
from planner.laps.visits import report_place
from planner.patrol import Patrol
from planner.patterns import Laps as LapsPattern
from planner.plan import Sortie, Visit
from planner.routing import round_trip
from planner.shifts import LapsReport, PlaceGaps
from planner.sorties import MOST_SORTIES, Cutter
from planner.teamwork.apart import conflicts_of, kept_apart
from planner.teamwork.job import Job, Seat, sortie_of
from planner.teamwork.net import Floats, Net, Tour, pace_of, tour_of, ways_from, with_visits
from planner.terrain.follow import Follower
from planner.terrain.sorties import sorties_over

LONGER = 1.25
"""Rounds are drawn for this much more than the shift: drones that slip behind need no more than that."""

LAUNCH_ROOM_S = 25.0
"""Drones of one launch take off at least so long after each other, beside the seconds that keep them apart."""

TOUR_EFFORT_S = 1.0
"""How long to look for the shortest round, at most; ``A_PLACE_S`` for each place."""

A_PLACE_S = 0.025

MOST_PLACES_A_SORTIE = 1500

LEAST_PLACES = 2


@dataclass(frozen=True, eq=False)
class _Round:
    """One drone's places as they would be if it never landed, with ways out and home, seconds."""

    seat: Seat
    raised_m: float
    lap: Lap
    tour: Tour
    out_s: Floats
    home_s: Floats
    ready_s: float
    patrol: Patrol
    cutter: Cutter
    made: dict[tuple[int, int], Sortie] = field(default_factory=dict)
    """Sorties from visit to visit that were made already; those over terrain are not kept."""


@dataclass(frozen=True, slots=True)
class _Habit:
    """How rounds and batteries go together.

    ``catches_up``: after a change of battery a drone goes on where a drone that never landed would be by then, not with
    the next place. ``staggers``: first batteries are used to different shares, so that not all drones land at once.
    """

    catches_up: bool
    staggers: bool


def lapped(job: Job) -> tuple[tuple[Sortie, ...], float, LapsReport]:
    """The sorties of a shift of laps, metres that places were moved, and what the laps come to.

    Raises ``SettingError`` with fewer than two places, ``PlanError`` where the bound is below what can be kept or one
    battery does not take a drone to a place and home.
    """
    pattern = job.patrol.pattern
    assert isinstance(pattern, LapsPattern)
    assert pattern.shift_s is not None
    net = Net.of(job)
    if len(net.stands) < LEAST_PLACES:
        raise SettingError(
            f"Laps go round at least {LEAST_PLACES} places, and there is {len(net.stands)}.",
            about=job.patrol.name,
            mend="Draw more points, or choose the pattern relay or watch.",
        )
    job.tell(0.2, "Finding the round")
    drawn = _drawn(net, pattern)
    rounds = _rounds(net, drawn, pattern)
    job.tell(0.4, "Filling batteries")
    told = {stand.label: stand.told for stand in net.stands}
    share_s = drawn.round_s / len(job.seats)
    bound_s = BOUND_ROUNDS * share_s if pattern.longest_gap_s is None else pattern.longest_gap_s
    tried: list[tuple[float, float, int, tuple[Sortie, ...], LapsReport]] = []
    habits = [_Habit(*one) for one in itertools.product((False, True), (False, True)[: len(rounds)])]
    for habit in habits:
        sorties = _apart(tuple(s for one in rounds for s in _flown(net, one, pattern, habit)), job)
        numbered = tuple(with_visits(replace(one, number=n), told) for n, one in enumerate(sorties, 1))
        report = _report(net, numbered, pattern, share_s, bound_s)
        tried.append((report.worst_gap_s, report.idle_s, len(tried), numbered, report))
        job.tell(0.6, "Filling batteries")
    _, _, _, best, report = min(tried, key=lambda one: one[:3])
    return best, net.left_out_m, report


def _drawn(net: Net, pattern: LapsPattern) -> Laps:
    """Rounds for drones that never land, by times that the forecast confirms."""
    job, count = net.job, len(net.stands)
    stopping = pattern.stay_s > 0
    model = net.seconds(pattern.speed_mps, stopping=stopping)
    effort_s = min(TOUR_EFFORT_S, A_PLACE_S * count)
    order, _ = round_trip(model, time_limit_s=effort_s / 4, seed=job.patrol.seed)
    travel = model * pace_of(net, model, [int(place) for place in order], pattern.stay_s)
    assert pattern.shift_s is not None
    return laps(
        travel,
        drones=len(job.seats),
        shift_s=LONGER * pattern.shift_s,
        rhythm=Rhythm(pattern.rhythm),
        stay_s=np.full(count, pattern.stay_s),
        longest_gap_s=pattern.longest_gap_s,
        time_limit_s=effort_s,
        seed=job.patrol.seed,
    )


def _rounds(net: Net, drawn: Laps, pattern: LapsPattern) -> list[_Round]:
    """Each drone with its round, near its launch where there is a choice, at its own altitude while there is one."""
    job = net.job
    room_s = LAUNCH_ROOM_S + job.patrol.team.apart_s
    rounds: list[_Round] = []
    for number, (seat, lap) in enumerate(zip(job.seats, _dealt(net, drawn), strict=True)):
        raised_m = (number % job.layers) * job.patrol.team.layer_step_m
        out_s, home_s = ways_from(net, seat.start, pattern.speed_mps, raised_m)
        tour = tour_of(net, lap.places, [pattern.stay_s] * len(lap.places))
        waiting = sum(earlier.seat.launch.id == seat.launch.id for earlier in rounds)
        patrol = job.raised(raised_m)
        cutter = job.cutter(tour.chain, seat, patrol, None)
        rounds.append(_Round(seat, raised_m, lap, tour, out_s, home_s, waiting * room_s, patrol, cutter))
    return rounds


def _dealt(net: Net, drawn: Laps) -> list[Lap]:
    """The rounds, one for each drone in turn: of those left the one whose places lie nearest to its launch."""
    rest, dealt = list(drawn.drones), list[Lap]()
    for seat in net.job.seats:
        here = np.array(seat.start)
        away = [
            float(np.hypot(*(net.points[list(set(lap.places))] - here).T).mean()) if lap.places else math.inf
            for lap in rest
        ]
        nearest = min(range(len(rest)), key=lambda k: (round(away[k], 3), k))
        dealt.append(rest.pop(nearest))
    return dealt


def _apart(sorties: tuple[Sortie, ...], job: Job) -> tuple[Sortie, ...]:
    """The sorties, begun later where they would come too near to each other; else the rhythm stays as it is."""
    patrol = job.patrol
    if not conflicts_of(sorties, patrol.team, job.frame, patrol.ground):
        return sorties
    return kept_apart(sorties, patrol.team, job.frame, patrol.ground)


def _flown(net: Net, one: _Round, pattern: LapsPattern, habit: _Habit) -> tuple[Sortie, ...]:
    """One drone's sorties through a shift, the places and laps of their visits named."""
    job = net.job
    round_places = len(set(one.lap.places))

    def cut(order: Patrol, over: Follower | None) -> tuple[Sortie, ...]:
        flat = order is one.patrol and over is None
        cutter = one.cutter if flat else job.cutter(one.tour.chain, one.seat, order, over)
        made = []
        for number, (first, last, starts_s) in enumerate(_cuts(net, one, cutter, habit), 1):
            if flat and (first, last) in one.made:
                made.append(replace(one.made[first, last], number=number, starts_s=starts_s))
                continue
            chain = cutter.sortie(one.tour.reached[first], one.tour.left[last])
            visits = tuple(
                Visit(net.stands[one.lap.places[k]].label, math.nan, 1 + k // round_places)
                for k in range(first, last + 1)
            )
            sortie = sortie_of(number, chain, one.seat.launch, order, job.frame)
            made.append(replace(sortie, drone=one.seat.drone, starts_s=starts_s, raised_m=one.raised_m, visits=visits))
        return tuple(made)

    return _in_turn(sorties_over(cut, one.patrol, one.seat.launch, job.frame), job.patrol)


def _in_turn(sorties: tuple[Sortie, ...], patrol: Patrol) -> tuple[Sortie, ...]:
    """The sorties, none begun before the one before is down and the battery is changed."""
    made = list[Sortie]()
    for sortie in sorties:
        ready_s = made[-1].ends_s + patrol.vehicle.swap_s if made else sortie.starts_s
        made.append(replace(sortie, starts_s=max(sortie.starts_s, ready_s)))
    return tuple(made)


def _cuts(net: Net, one: _Round, cutter: Cutter, habit: _Habit) -> list[tuple[int, int, float]]:
    """For each sortie: the first and the last of the round's visits that it makes, and when it takes off."""
    pattern, drones, swap_s = net.job.patrol.pattern, len(net.job.seats), net.job.patrol.vehicle.swap_s
    assert isinstance(pattern, LapsPattern)
    assert pattern.shift_s is not None
    places, at_s = one.lap.places, np.array(one.lap.arrive_s)
    out_s, home_s = one.out_s[list(places)], one.home_s[list(places)]
    found = list[tuple[int, int, float]]()
    ready_s, slip_s, first, count = one.ready_s, 0.0, 0, len(set(places))
    while len(found) < MOST_SORTIES:
        if habit.catches_up or not found:
            ahead = np.flatnonzero(at_s[first:] >= ready_s + out_s[first:])
            if len(ahead) == 0:
                break
            first, slip_s = first + int(ahead[0]), 0.0
        if first >= len(places):
            break
        starts_s = max(ready_s, float(at_s[first] + slip_s - out_s[first]))
        slip_s = starts_s + float(out_s[first] - at_s[first])
        until = int(np.searchsorted(at_s + slip_s, pattern.shift_s, side="right"))
        if first >= until:
            break
        last = _last(cutter, one.tour, first, until, count)
        count = last - first
        if habit.staggers and not found:
            last = first + (last - first) * one.seat.drone // drones
        elif last < until - 1:
            lost_s = home_s + swap_s + np.append(out_s[1:], out_s[-1:])
            last = _cheapest_end(at_s, lost_s, first, last)
        found.append((first, last, starts_s))
        cost = cutter.cost(one.tour.reached[first], one.tour.left[last])
        ready_s, first = starts_s + cost.duration_s + swap_s, last + 1
    return found


def _last(cutter: Cutter, tour: Tour, first: int, until: int, guess: int) -> int:
    """The last visit that one battery takes the drone to and home from; raises ``PlanError`` where there is none.

    The search begins ``guess`` visits after the first, because one sortie goes about as far as another.
    """

    def fits(last: int) -> bool:
        return cutter.fits(tour.reached[first], tour.left[last])

    high = min(until, first + MOST_PLACES_A_SORTIE)
    at, step = min(first + guess, high - 1), 1
    if fits(at):
        low = at
        while low + step < high and fits(low + step):
            low, step = low + step, 2 * step
        high = min(high, low + step)
    else:
        high, low = at, at - 1
        while low > first and not fits(low):
            high, step = low, 2 * step
            low = max(first, low - step)
        if low < first or not fits(low):
            raise PlanError(
                "One battery does not take a drone to a place of the round and home with the reserve.",
                mend="Launch nearer to it, stay less long, or take a vehicle with a larger battery.",
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _cheapest_end(at_s: Floats, lost_s: Floats, first: int, last: int) -> int:
    """The visit after which to go home: most of the time is then spent on the round, not on ways out and home."""
    ends = np.arange(first, last + 1)
    useful = at_s[ends] - at_s[first]
    return int(ends[np.argmax(useful / (useful + lost_s[ends]))])


def _report(net: Net, sorties: tuple[Sortie, ...], pattern: LapsPattern, share_s: float, bound_s: float) -> LapsReport:
    assert pattern.shift_s is not None
    times: dict[str, list[float]] = {stand.label: [] for stand in net.stands}
    for sortie in sorties:
        for visit in sortie.visits:
            times[visit.place].append(visit.at_s)
    first = [min(at) for at in times.values() if at]
    from_s = min(max(first, default=0.0), pattern.shift_s / 2)
    places = tuple(
        PlaceGaps(label, report_place(np.array(at), from_s, pattern.shift_s, share_s / BINS_A_ROUND))
        for label, at in times.items()
    )
    rhythm = Rhythm(pattern.rhythm)
    return LapsReport(rhythm, places, share_s * len(net.job.seats), share_s, bound_s, from_s, pattern.shift_s)
