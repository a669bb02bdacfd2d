"""One way shared by several drones: each flies a run of it, in as many sorties as its battery asks for.

The way is cut into one run for each drone, in the order in which their launches lie along it. The longest is made as
short as can be by looking for the least time in which all drones together come to the way's end, with an estimate of
how long each run takes (:mod:`planner.teamwork.pace`). Then the runs are cut into sorties and forecast, and the
estimate is corrected by what they really take, until they are even.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import shapely

from planner.chain import Chain
from planner.fleet import split_lanes, stop_and_go
from planner.patrol import Patrol
from planner.plan import Sortie
from planner.sorties import cut_into_sorties
from planner.teamwork.apart import kept_apart, raises_of
from planner.teamwork.job import Job, Seat, sortie_of
from planner.teamwork.pace import Clock, Pace
from planner.terrain.follow import Follower
from planner.terrain.sorties import sorties_over

MOST_ORDERED = 4
"""Up to this many drones every order of launches along the way is tried."""

TRIES = 30
"""Times that all runs are laid out by the estimate, to find how long they must be."""

CLOSE = 0.002
"""The least time is found to this share of it."""

CORRECTIONS = 4
"""Times that the estimate is corrected by what sorties really take."""

EVEN = 1.02
"""Runs are even enough where the longest takes this many times the mean of all drones."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a drone flies of the way, from place to place on it; nothing where the two are the same."""

    seat: Seat
    begin: float
    end: float
    seconds: float


def shared_and_apart(lanes: Chain, job: Job) -> tuple[Sortie, ...]:
    """The sorties of all drones that share a way, numbered drone by drone, begun when they can be and kept apart."""
    if len(job.seats) == 1:
        return flown(lanes, Run(job.seats[0], 0.0, float(len(lanes.looks)), 0.0), job)
    patrol = job.patrol
    order = _order(lanes, job)
    cutters = {seat.launch.id: job.cutter(lanes, seat, patrol, job.over(seat, patrol)) for seat in job.seats}
    clock = Clock.of(lanes, job)
    paces = {seat.drone: Pace(clock, cutters[seat.launch.id], patrol) for seat in order}
    sorties = balanced(lanes, job, order, paces, {})
    job.tell(0.85, "Keeping drones apart")
    raises = raises_of(sorties, patrol.team, job.frame, patrol.ground, job.layers)
    if any(raises.values()):
        sorties = balanced(lanes, job, order, paces, raises)
    return kept_apart(sorties, patrol.team, job.frame, patrol.ground)


def balanced(
    lanes: Chain, job: Job, order: list[Seat], paces: dict[int, Pace], raises: Mapping[int, float]
) -> tuple[Sortie, ...]:
    """All drones' sorties, some flown higher, so that all are in the air about equally long; ``paces`` get better."""
    best: tuple[float, list[Sortie]] = (math.inf, [])
    for _ in range(CORRECTIONS):
        job.tell(0.5, "Sharing the work")
        runs = {run.seat.drone: run for run in runs_of(order, paces, float(len(lanes.looks))) if run.end > run.begin}
        made = [one for drone, run in sorted(runs.items()) for one in flown(lanes, run, job, raises.get(drone, 0.0))]
        real = {drone: sum(one.forecast.duration_s for one in made if one.drone == drone) for drone in runs}
        if max(real.values()) < best[0]:
            best = (max(real.values()), made)
        if max(real.values()) <= EVEN * sum(real.values()) / len(order):
            break
        for drone, run in runs.items():
            paces[drone] = paces[drone].corrected(real[drone] / run.seconds)
    return tuple(replace(one, number=number) for number, one in enumerate(best[1], 1))


def flown(lanes: Chain, run: Run, job: Job, raised_m: float = 0.0) -> tuple[Sortie, ...]:
    """The sorties of one drone, numbered from 1, one after the other with a change of battery between them."""
    whole = run.begin == 0 and run.end == len(lanes.looks)
    own = lanes if whole else lanes.between(run.begin, run.end)
    seat, count = run.seat, len(job.seats)

    def cut(order: Patrol, over: Follower | None) -> tuple[Sortie, ...]:
        chains = cut_into_sorties(
            own,
            job.free,
            seat.start,
            order,
            job.frame,
            between=lambda number, share: job.tell(
                0.5 + 0.4 * (seat.drone - 1 + share) / count,
                f"Filling battery {number}" + (f" of drone {seat.drone}" if count > 1 else ""),
            ),
            over=over,
            even=count == 1,
        )
        return tuple(sortie_of(number, chain, seat.launch, order, job.frame) for number, chain in enumerate(chains, 1))

    sorties = sorties_over(cut, job.raised(raised_m), seat.launch, job.frame)
    return in_turn(tuple(replace(one, drone=seat.drone, raised_m=raised_m) for one in sorties), job.patrol)


def in_turn(sorties: tuple[Sortie, ...], patrol: Patrol) -> tuple[Sortie, ...]:
    """One drone's sorties, each begun when the one before is down and the battery is changed."""
    starts = itertools.accumulate((one.forecast.duration_s + patrol.vehicle.swap_s for one in sorties), initial=0.0)
    return tuple(replace(one, starts_s=start) for one, start in zip(sorties, starts, strict=False))


def runs_of(order: list[Seat], paces: Mapping[int, Pace], last: float) -> list[Run]:
    """The run of each drone by the estimates, for the least time in which all together come to the way's end."""
    low, high, best = 0.0, math.inf, list[Run]()
    longest = paces[order[0].drone].run(0.0, math.inf)[1] / len(order)
    for _ in range(TRIES):
        runs, over_s = _laid(order, paces, last, longest)
        guess = longest + over_s / len(order)
        if over_s > 0:
            low, guess = longest, guess * 1.001
        else:
            high, best = longest, runs
        if high - low < CLOSE * high:
            break
        inside = low < guess < high
        longest = guess if inside else (low + min(high, 2 * max(low, 1.0))) / 2
    return best or _laid(order, paces, last, math.inf)[0]


def _laid(order: list[Seat], paces: Mapping[int, Pace], last: float, longest_s: float) -> tuple[list[Run], float]:
    """The runs for a time that each may be in the air, and seconds left over (negative: more could be done)."""
    runs, at = list[Run](), 0.0
    for seat in order:
        end, seconds = paces[seat.drone].run(at, longest_s)
        runs.append(Run(seat, at, end, seconds))
        at = end
    if at < last:
        return runs, paces[order[-1].drone].between_s(at, last)
    return runs, sum(run.seconds - longest_s for run in runs if run.end == last)


def _order(lanes: Chain, job: Job) -> list[Seat]:
    """The drones in the order in which their launches lie along the way."""
    seats = list(job.seats)
    if len({seat.launch.id for seat in seats}) == 1:
        return seats
    if len(seats) <= MOST_ORDERED:
        pattern, vehicle = job.patrol.pattern, job.patrol.vehicle
        seconds = stop_and_go(pattern.speed_mps, vehicle.acceleration_mps2)
        split = split_lanes(lanes.points, lanes.looks, [seat.start for seat in seats], seconds=seconds)
        begins = [(share.begin if share.end > share.begin else math.inf) for share in split.shares]
        return [seats[k] for k in sorted(range(len(seats)), key=lambda k: (begins[k], k))]
    line = shapely.LineString(lanes.points)
    return sorted(seats, key=lambda seat: (line.project(shapely.Point(seat.start)), seat.drone))
