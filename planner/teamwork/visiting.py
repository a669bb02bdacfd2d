"""Visits as drones really fly them: tours that bring much prize, each within one battery by the forecast.

:mod:`planner.routing` works in seconds. How many seconds a battery lasts is found by trying: tours are forecast, and
the limit is corrected by what they need. Where a tour then still needs a little too much, places are left out of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from planner.energy import JOULES_PER_WH
from planner.errors import PlanError
from planner.patrol import Patrol
from planner.patterns import Visit as VisitPattern
from planner.patterns.pattern import Thing
from planner.plan import Sortie, Visit
from planner.routing import Drone, Tour, round_trip, visit
from planner.shifts import VisitReport
from planner.sorties import Cutter
from planner.teamwork.apart import kept_apart
from planner.teamwork.job import Job, Seat, sortie_of
from planner.teamwork.net import Floats, Net, pace_of, tour_of, ways_from, with_visits
from planner.terrain.follow import Follower
from planner.terrain.sorties import sorties_over

EFFORTS_S = ((66, 1.0), (120, 5.0), (math.inf, 20.0))
"""Up to so many places, tours are looked for so many seconds."""

A_PLACE_S = 0.04
"""No more than this for each place: few places are soon solved."""

TRIAL_S = 0.2
"""Seconds to look for tours that only show how long a battery lasts."""

TRIALS = 3
CLOSE = 0.99
"""A limit is good where the neediest tour takes this share of the battery that may be used."""

ROOM_S = 15.0
"""Windows are kept with so many seconds to spare at their end, because forecasts are not exact."""

LAUNCH_ROOM_S = 45.0
"""Where windows say when drones fly, those of one launch take off at least so long after each other."""


@dataclass(frozen=True, eq=False)
class _Task:
    """The places with the launches behind them: seconds between all, what a visit is worth, how long it takes."""

    net: Net
    travel_s: Floats
    prizes: Floats
    stay_s: Floats
    windows_s: Floats | None
    bases: dict[str, int]
    cutters: dict[str, Cutter]


@dataclass(frozen=True, slots=True)
class _Way:
    """One tour: its seat (None: of its launch, whoever is free), its places, the stay at each, when it leaves."""

    launch_id: str
    places: tuple[int, ...]
    stays_s: tuple[float, ...]
    leave_s: float
    slot: int


def visited(job: Job) -> tuple[tuple[Sortie, ...], float, VisitReport]:
    """The sorties of visits, metres that places were moved, and what was brought.

    Raises ``PlanError`` where no place can be visited.
    """
    pattern = job.patrol.pattern
    assert isinstance(pattern, VisitPattern)
    net = Net.of(job)
    task = _task(net, pattern)
    budget = next(iter(task.cutters.values())).budget_wh
    power_w = max(job.patrol.vehicle.hover_w, job.patrol.vehicle.cruise_w)
    limit_s = budget * JOULES_PER_WH / power_w
    job.tell(0.2, "Looking how far a battery lasts")
    for _ in range(TRIALS):
        trial = _toured(task, job, pattern, limit_s, min(TRIAL_S, A_PLACE_S * len(net.stands)))
        share = max((_share(task, way) for way in trial), default=1.0)
        left_out = sum(len(way.places) for way in trial) < int(np.count_nonzero(task.prizes))
        if share <= 1.0 and (share >= CLOSE or not left_out):
            break
        limit_s *= 0.998 / share
    job.tell(0.3, "Looking for the best tours")
    count = len(net.stands)
    effort_s = pattern.effort_s or min(next(seconds for most, seconds in EFFORTS_S if count <= most), A_PLACE_S * count)
    ways = _toured(task, job, pattern, limit_s, effort_s)
    share = max((_share(task, way) for way in ways), default=1.0)
    if share > 1.0:
        ways = _toured(task, job, pattern, limit_s * 0.998 / share, effort_s)
    ways = [_fitting(task, way) for way in ways]
    ways = [way for way in ways if way.places]
    if not ways:
        raise PlanError(
            "None of the places can be visited on one battery and within their windows.",
            about=job.patrol.name,
            mend="Launch nearer to them, widen their windows, or take a vehicle with a larger battery.",
        )
    job.tell(0.8, "Filling batteries")
    sorties = _sorties(task, ways, job)
    if task.windows_s is None:
        sorties = kept_apart(sorties, job.patrol.team, job.frame, job.patrol.ground)
    told = {stand.label: stand.told for stand in net.stands}
    done = tuple(with_visits(replace(one, number=number), told) for number, one in enumerate(sorties, 1))
    seen = {place for way in ways for place in way.places}
    return (
        done,
        net.left_out_m,
        VisitReport(
            float(sum(task.prizes[place] for place in sorted(seen))),
            float(task.prizes.sum()),
            len(seen),
            tuple(stand.label for number, stand in enumerate(net.stands) if number not in seen),
        ),
    )


def _task(net: Net, pattern: VisitPattern) -> _Task:
    job, count = net.job, len(net.stands)
    points = {thing.label: point for thing, point in zip(_things(job), job.patrol.site.points, strict=True)}
    drawn = [points[stand.label] for stand in net.stands]
    stays = np.array([pattern.stay_s if point.stay_s is None else point.stay_s for point in drawn])
    bases = {crew.launch.id: count + number for number, crew in enumerate(job.crews)}
    model = net.seconds(pattern.speed_mps, stopping=bool(stays.max(initial=0.0) > 0))
    if count > 1:
        order, _ = round_trip(model, time_limit_s=TRIAL_S, seed=job.patrol.seed)
        model = model * pace_of(net, model, [int(place) for place in order], float(stays.mean()))
    travel = np.zeros((count + len(bases), count + len(bases)))
    travel[:count, :count] = model
    windowed = any(point.window_s is not None for point in drawn)
    for crew in job.crews:
        base = bases[crew.launch.id]
        raised_m = (job.layers - 1) * job.patrol.team.layer_step_m
        out, home = ways_from(net, job.frame.point_to_local(crew.launch.position), pattern.speed_mps, raised_m)
        # Without windows only the sum counts, and a matrix that is the same both ways is solved better.
        travel[base, :count], travel[:count, base] = (out, home) if windowed else ((out + home) / 2,) * 2
    windows = None
    if windowed:
        windows = np.tile([0.0, 1e9], (len(travel), 1))
        for number, point in enumerate(drawn):
            if point.window_s is not None:
                begin, end = point.window_s
                windows[number] = begin, end - min(ROOM_S, (end - begin) / 4)
    seats = {seat.launch.id: seat for seat in job.seats}
    highest = job.raised((job.layers - 1) * job.patrol.team.layer_step_m)
    empty = net.stay(0, 0.0)
    cutters = {name: job.cutter(empty, seat, highest, job.over(seat, highest)) for name, seat in seats.items()}
    return _Task(
        net,
        travel,
        np.array([point.prize for point in drawn]),
        stays,
        windows,
        bases,
        cutters,
    )


def _things(job: Job) -> tuple[Thing, ...]:
    return job.patrol.pattern.things(job.patrol.site, job.frame, job.patrol.camera)


def _toured(task: _Task, job: Job, pattern: VisitPattern, limit_s: float, effort_s: float) -> list[_Way]:
    """The tours that bring most within a limit on each, seconds."""
    swap_s = job.patrol.vehicle.swap_s
    shift_s = math.inf if pattern.shift_s is None else pattern.shift_s
    each_s = min(limit_s, shift_s)
    room = math.inf if math.isinf(shift_s) else (shift_s + swap_s) // (each_s + swap_s)
    slots = int(min(pattern.sorties, room))
    drones, seats, waiting = list[Drone](), list[tuple[Seat, int]](), dict[str, int]()
    for seat in job.seats:
        base = task.bases[seat.launch.id]
        late_s = waiting.get(seat.launch.id, 0) * LAUNCH_ROOM_S if task.windows_s is not None else 0.0
        waiting[seat.launch.id] = waiting.get(seat.launch.id, 0) + 1
        for slot in range(max(slots, 1)):
            seats.append((seat, slot))
            if task.windows_s is None:
                drones.append(Drone(base, base, each_s))
            else:
                from_s = late_s + slot * (each_s + swap_s)
                rest = slot == max(slots, 1) - 1
                drones.append(Drone(base, base, each_s, from_s, shift_s if rest else from_s + each_s))
    stays = np.append(task.stay_s, np.zeros(len(task.bases)))
    prizes = np.append(task.prizes, np.zeros(len(task.bases)))
    answer = visit(
        task.travel_s,
        prizes,
        drones,
        stay_s=stays,
        windows_s=task.windows_s,
        time_limit_s=effort_s,
        seed=job.patrol.seed,
    )
    return [_way(task, tour, seats[tour.drone]) for tour in answer.tours if tour.places]


def _way(task: _Task, tour: Tour, who: tuple[Seat, int]) -> _Way:
    seat, slot = who
    base, stays = task.bases[seat.launch.id], list[float]()
    here, clock = base, tour.leave_s
    for place, arrive_s in zip(tour.places, tour.arrive_s, strict=True):
        waited_s = arrive_s - clock - float(task.travel_s[here, place])
        # A drone that is early waits over its place, and the visit begins when the window does.
        stays.append(float(task.stay_s[place]) + (math.ceil(waited_s) if waited_s > 1.0 else 0.0))
        here, clock = place, arrive_s + float(task.stay_s[place])
    return _Way(seat.launch.id, tour.places, tuple(stays), tour.leave_s, seat.drone * 1000 + slot)


def _share(task: _Task, way: _Way) -> float:
    cutter = _cutter(task, way)
    last = float(len(cutter.lanes.looks))
    cost = cutter.cost(0.0, last)
    items = cost.items / task.net.job.patrol.vehicle.mission_items
    return max(cost.needed_wh / cutter.budget_wh, items if items > 1 else 0.0)


def _cutter(task: _Task, way: _Way) -> Cutter:
    return task.cutters[way.launch_id].along(tour_of(task.net, way.places, way.stays_s).chain)


def _fitting(task: _Task, way: _Way) -> _Way:
    """The tour without the places that bring least, as long as one battery does not last for it."""
    while way.places and _share(task, way) > 1.0:
        worst = min(range(len(way.places)), key=lambda k: (task.prizes[way.places[k]], k))
        places = way.places[:worst] + way.places[worst + 1 :]
        way = replace(way, places=places, stays_s=way.stays_s[:worst] + way.stays_s[worst + 1 :])
    return way


def _sorties(task: _Task, ways: list[_Way], job: Job) -> tuple[Sortie, ...]:
    """The sorties, dealt to the drones of each launch so that all fly about equally long, each when it can."""
    made = list[Sortie]()
    if task.windows_s is not None:
        for seat in job.seats:
            own = sorted((way for way in ways if way.slot // 1000 == seat.drone), key=lambda one: one.leave_s)
            made += _in_turn([_sortie(task, way, seat, job) for way in own], [way.leave_s for way in own], job.patrol)
        return tuple(made)
    for crew in job.crews:
        seats = [seat for seat in job.seats if seat.launch.id == crew.launch.id]
        flights = [_sortie(task, way, seats[0], job) for way in ways if way.launch_id == crew.launch.id]
        loads: dict[int, list[Sortie]] = {seat.drone: [] for seat in seats}
        for flight in sorted(flights, key=lambda one: -one.forecast.duration_s):
            least = min(loads, key=lambda drone: (sum(one.forecast.duration_s for one in loads[drone]), drone))
            loads[least].append(flight)
        for seat in seats:
            raised_m = _raised_m(seat, job)
            dealt = [replace(one, drone=seat.drone) for one in loads[seat.drone]]
            if raised_m != _raised_m(seats[0], job):
                dealt = [_again(task, one, ways, seat, job) for one in dealt]
            made += _in_turn(dealt, [0.0] * len(dealt), job.patrol)
    return tuple(made)


def _again(task: _Task, sortie: Sortie, ways: list[_Way], seat: Seat, job: Job) -> Sortie:
    """The same tour flown by another drone, at its own altitude."""
    names = tuple(visit.place for visit in sortie.visits)
    stands = task.net.stands
    way = next(one for one in ways if tuple(stands[place].label for place in one.places) == names)
    return _sortie(task, way, seat, job)


def _raised_m(seat: Seat, job: Job) -> float:
    return (seat.drone - 1) % job.layers * job.patrol.team.layer_step_m


def _in_turn(sorties: list[Sortie], leave_s: list[float], patrol: Patrol) -> list[Sortie]:
    made = list[Sortie]()
    for sortie, wanted_s in zip(sorties, leave_s, strict=True):
        ready_s = made[-1].ends_s + patrol.vehicle.swap_s if made else 0.0
        made.append(replace(sortie, starts_s=max(wanted_s, ready_s)))
    return made


def _sortie(task: _Task, way: _Way, seat: Seat, job: Job) -> Sortie:
    raised_m = _raised_m(seat, job)
    chain = tour_of(task.net, way.places, way.stays_s).chain

    def cut(order: Patrol, over: Follower | None) -> tuple[Sortie, ...]:
        route = job.cutter(chain, seat, order, over).sortie(0.0, float(len(chain.looks)))
        return (sortie_of(1, route, seat.launch, order, job.frame),)

    sortie = sorties_over(cut, job.raised(raised_m), seat.launch, job.frame)[0]
    visits = tuple(Visit(task.net.stands[place].label, math.nan) for place in way.places)
    return replace(sortie, drone=seat.drone, raised_m=raised_m, visits=visits)
