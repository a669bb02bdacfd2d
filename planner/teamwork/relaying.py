"""A relay as drones really fly it: turns at points, or turns over areas, with the times that the forecast gives.

:mod:`planner.fleet.relay` says who is due when. Drones that follow each other at a post fly at two altitudes by turns,
so that both can be there for a moment; the next one comes ``overlap_s`` before the one before leaves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.chain import Chain, joined, unseeing
from planner.errors import PlanError, SettingError
from planner.fleet import Schedule, Stay, Turn, relay
from planner.patrol import Patrol
from planner.patterns import Relay
from planner.plan import Leg, Sortie, Visit
from planner.shifts import Handover, RelayReport
from planner.sorties import CORNER_M, Cutter
from planner.teamwork.apart import conflicts_of
from planner.teamwork.job import Job, Seat, sortie_of
from planner.teamwork.net import Net, with_visits
from planner.teamwork.pace import Clock, Pace
from planner.terrain.follow import Follower
from planner.terrain.sorties import sorties_over

LONGEST_STAY_S = 6 * 3600.0
"""No battery lasts longer at a post."""

ROUNDING = 0.99
"""Share of the longest stay that is used: places and seconds are rounded after it is found."""

LAUNCH_ROOM_S = 45.0
"""Drones of one launch that begin a shift take off so long after each other."""

SPARE_S = 90.0
"""A turn may last so much longer to be clear of turns at other posts; batteries keep as much for it."""

SHIFTS_S = tuple(
    sorted(
        ((float(early), float(late)) for early in range(-20, 91, 10) for late in range(0, 91 - max(early, 0), 10)),
        key=lambda one: (abs(one[0]) + one[1], one),
    )
)
"""How much earlier such a turn begins, and how much later it ends; the least first. One begins later (below 0) only by
as much as it overlaps with the one before."""

LONGER = 1.15
"""Rounds over an area are laid for so much more than the shift."""

LATE_S = tuple(float(late) for late in range(0, 181, 15))
"""The last turn over an area ends so much later, where else it would meet the drone before it on the way home."""

LEAST_PLACE = 1e-3
"""Of a leg: places on the lanes are found this closely."""

Result = tuple[tuple[Sortie, ...], float, RelayReport]


@dataclass(frozen=True, slots=True)
class _Given:
    """What turns at posts of one launch give: for each post and layer."""

    out_s: tuple[float, ...]
    home_s: tuple[float, ...]
    stay_s: float
    used: float


def held_by_turns(job: Job) -> Result:
    """The sorties of a relay at points, each held from the nearest launch; metres points were moved; the report.

    Raises ``PlanError`` where one battery does not last for a turn, ``SettingError`` for too few drones or batteries.
    """
    pattern = _pattern(job)
    net = Net.of(job)
    posts: dict[str, list[int]] = {}
    starts = {crew.launch.id: job.frame.point_to_local(crew.launch.position) for crew in job.crews}
    for number, stand in enumerate(net.stands):
        nearest = min(starts, key=lambda name: math.dist(starts[name], stand.at))
        posts.setdefault(nearest, []).append(number)
    made, schedules, first = list[Sortie](), list[tuple[Schedule, list[str]]](), 1
    for crew in job.crews:
        own = posts.get(crew.launch.id, [])
        if not own:
            continue
        seat = Seat(first, crew.launch, starts[crew.launch.id])
        given = [_given(net, seat, place, job) for place in own]
        kept_s = pattern.overlap_s + (SPARE_S if len(own) > 1 else 0.0)
        stays = [[Stay(max(one.out_s), one.stay_s - kept_s, max(one.home_s))] for one in given]
        schedule = _scheduled(job, stays, max(one.used for one in given), crew.drones)
        schedules.append((schedule, [net.stands[place].label for place in own]))
        for turn, number in _numbered(schedule.turns):
            due = _Due(turn, number, schedule)
            made.append(_clear_of(made, net, seat, (own[turn.post], given[turn.post]), due))
        first += schedule.drones
    told = {stand.label: stand.told for stand in net.stands}
    sorties, from_s = _in_order(made)
    return tuple(with_visits(one, told) for one in sorties), net.left_out_m, _report(pattern, schedules, from_s)


def swept_by_turns(job: Job, lanes: Chain) -> Result:
    """The sorties of a relay over areas: ``lanes`` are swept again and again, each drone goes on where one stopped."""
    pattern = _pattern(job)
    if len(job.crews) > 1:
        raise SettingError("A relay over areas flies from one launch.", mend="Name one launch, or watch points.")
    crew = job.crews[0]
    seat = Seat(1, crew.launch, job.frame.point_to_local(crew.launch.position))
    label = ", ".join(area.label for area in job.patrol.site.areas)
    step_m = job.patrol.team.layer_step_m
    highest = job.raised((job.layers - 1) * step_m)
    way = _Way.of(lanes, seat, highest, job)
    cuts = way.cuts()
    pieces = [_piece(way.sortie(*cut), seat, job, (k % job.layers) * step_m, label) for k, cut in enumerate(cuts)]
    stays = [_stay_over(sortie, pattern.overlap_s) for sortie in pieces]
    schedule = _scheduled(job, [stays], max(one.forecast.battery_used for one in pieces), crew.drones)
    made: list[Sortie] = []
    for turn, number in _numbered(schedule.turns):
        sortie, at_s = pieces[number % len(pieces)], turn.arrive_s

        def flown(one: Sortie, turn: Turn = turn, number: int = number) -> Sortie:
            at_s, visits = turn.arrive_s, (Visit(label, turn.arrive_s, 1 + number),)
            starts_s = at_s - _first_lane_s(one)
            return replace(one, drone=1 + turn.drone, battery=1 + turn.battery, starts_s=starts_s, visits=visits)

        for late_s in LATE_S if turn.leave_s >= schedule.shift_s else ():
            ending = way.until(*cuts[number % len(cuts)], turn.leave_s - at_s + late_s)
            sortie = _piece(ending, seat, job, sortie.raised_m, label)
            found = conflicts_of((*made, flown(sortie)), job.patrol.team, job.frame, job.patrol.ground)
            if not any(one.second == len(made) for one in found):
                break
        made.append(flown(sortie))
    sorties, from_s = _in_order(made)
    shifted = tuple(replace(s, visits=tuple(replace(v, at_s=v.at_s + from_s) for v in s.visits)) for s in sorties)
    return shifted, 0.0, _report(pattern, [(schedule, [label])], from_s)


def _pattern(job: Job) -> Relay:
    assert isinstance(job.patrol.pattern, Relay)
    return job.patrol.pattern


def _scheduled(job: Job, stays: Sequence[Sequence[Stay]], used: float, drones: int) -> Schedule:
    """The turns with what there is; as many drones as it takes where the patrol does not say how many."""
    pattern, vehicle, team = _pattern(job), job.patrol.vehicle, job.patrol.team
    assert pattern.shift_s is not None
    return relay(
        0.0,
        0.0,
        vehicle.charge_s * used,
        pattern.batteries,
        pattern.shift_s,
        gap_goal_s=pattern.gap_goal_s + pattern.overlap_s,
        drones=drones if team.crews or team.drones is not None else None,
        swap_s=vehicle.swap_s + (SPARE_S if len(stays) > 1 else 0.0),
        chargers=pattern.chargers,
        stays=stays,
    )


def _given(net: Net, seat: Seat, place: int, job: Job) -> _Given:
    """How long a drone can stay at a place, at the worst of the altitudes used, and how long its ways take."""
    pattern, step_m = _pattern(job), job.patrol.team.layer_step_m
    layers = [job.raised(k * step_m) for k in range(job.layers)]
    chain = net.stay(place, LONGEST_STAY_S)
    ends = [job.cutter(chain, seat, patrol, job.over(seat, patrol)).farthest(0.0, math.inf) for patrol in layers]
    stay_s = math.floor(ROUNDING * min(ends) * LONGEST_STAY_S)
    if stay_s <= 2 * pattern.overlap_s:
        raise PlanError(
            f"One battery lasts for {stay_s:.0f} s at {net.stands[place].label!r}; changes that overlap by "
            f"{pattern.overlap_s:g} s take more than that.",
            mend="Launch nearer to it, make overlap_s smaller, or take a vehicle with a larger battery.",
        )
    trials = [_held(net, seat, place, float(stay_s), k) for k in range(job.layers)]
    arrivals = [_arrival_s(one) for one in trials]
    homes = [one.forecast.duration_s - at - stay_s for one, at in zip(trials, arrivals, strict=True)]
    return _Given(tuple(arrivals), tuple(homes), stay_s, max(one.forecast.battery_used for one in trials))


def _held(net: Net, seat: Seat, place: int, stay_s: float, layer: int) -> Sortie:
    """One sortie to a place, with a stay there."""
    job = net.job
    raised_m = layer * job.patrol.team.layer_step_m

    def cut(order: Patrol, over: Follower | None) -> tuple[Sortie, ...]:
        chain = job.cutter(net.stay(place, stay_s), seat, order, over).sortie(0.0, 1.0)
        return (sortie_of(1, chain, seat.launch, order, job.frame),)

    sortie = sorties_over(cut, job.raised(raised_m), seat.launch, job.frame)[0]
    return replace(sortie, raised_m=raised_m)


def _arrival_s(sortie: Sortie) -> float:
    """When the place to stay at is reached, seconds after arming."""
    waypoints = sortie.route.waypoints
    stay = next(number for number, waypoint in enumerate(waypoints) if waypoint.hold_s > 0)
    place = waypoints[stay].position
    first = next(number for number, waypoint in enumerate(waypoints) if waypoint.position == place)
    return sortie.forecast.leg_end_s[first]


@dataclass(frozen=True, slots=True)
class _Due:
    """A turn, its number at its post, and the schedule it is from."""

    turn: Turn
    number: int
    schedule: Schedule


def _clear_of(made: list[Sortie], net: Net, seat: Seat, post: tuple[int, _Given], due: _Due) -> Sortie:
    """The sortie of one turn, so much longer that it is clear of those before; as it is due where nothing helps."""
    patrol, frame = net.job.patrol, net.job.frame
    on_time = _turn(net, seat, post, due, (0.0, 0.0))
    shifts = [one for one in SHIFTS_S if one[0] >= -_pattern(net.job).overlap_s]
    if due.schedule.posts == 1:
        # Drones that take turns at one post meet nowhere but at the end of the shift, when two come home.
        shifts = [one for one in shifts if one[0] == 0.0] if due.turn.leave_s >= due.schedule.shift_s else []
    near = [one for one in made if one.ends_s > on_time.starts_s - SPARE_S]
    for shift_s in shifts:
        sortie = _turn(net, seat, post, due, shift_s)
        found = conflicts_of((*near, sortie), patrol.team, frame, patrol.ground)
        if not any(one.second == len(near) for one in found):
            return sortie
    return on_time


def _turn(net: Net, seat: Seat, post: tuple[int, _Given], due: _Due, shift_s: tuple[float, float]) -> Sortie:
    """The sortie of one turn, so much earlier and later; the first ones of several posts take off one by one."""
    (place, given), turn, job = post, due.turn, net.job
    layer = (2 * turn.post + due.number % 2) % job.layers
    early_s, late_s = shift_s
    if due.number == 0:
        early_s += LAUNCH_ROOM_S * (due.schedule.posts - 1 - turn.post)
    last = turn.leave_s >= due.schedule.shift_s
    stay_s = turn.leave_s - turn.arrive_s + early_s + late_s + (0.0 if last else _pattern(job).overlap_s)
    sortie = _held(net, seat, place, float(min(max(math.ceil(stay_s), 1), given.stay_s)), layer)
    label = net.stands[place].label
    return replace(
        sortie,
        drone=seat.drone + turn.drone,
        battery=1 + turn.battery,
        starts_s=turn.arrive_s - early_s - given.out_s[layer],
        visits=(Visit(label, math.nan, 1 + due.number),),
    )


def _numbered(turns: Sequence[Turn]) -> list[tuple[Turn, int]]:
    """Each turn with its number at its post, from 0."""
    counts: dict[int, int] = {}
    found = []
    for turn in turns:
        found.append((turn, counts.get(turn.post, 0)))
        counts[turn.post] = counts.get(turn.post, 0) + 1
    return found


def _in_order(made: list[Sortie]) -> tuple[tuple[Sortie, ...], float]:
    """The sorties drone by drone, begun so that the first take-off is the patrol's start; when the shift begins."""
    from_s = -min(one.starts_s for one in made)
    ordered = sorted(made, key=lambda one: (one.drone, one.starts_s))
    return tuple(replace(s, number=n, starts_s=s.starts_s + from_s) for n, s in enumerate(ordered, 1)), from_s


def _report(pattern: Relay, schedules: list[tuple[Schedule, list[str]]], from_s: float) -> RelayReport:
    """What all launches' turns come to; the overlap is taken off gaps, because the drone before is still there."""
    assert pattern.shift_s is not None
    overlap_s = pattern.overlap_s
    handovers = [
        Handover(labels[change.post], from_s + change.at_s + overlap_s, max(change.gap_s - overlap_s, 0.0))
        for schedule, labels in schedules
        for change in schedule.changes
    ]
    drones = [schedule.drones_needed for schedule, _ in schedules]
    batteries = [schedule.batteries_needed for schedule, _ in schedules]
    return RelayReport(
        tuple(itertools.chain.from_iterable(labels for _, labels in schedules)),
        tuple(sorted(handovers, key=lambda one: (one.at_s, one.place))),
        sum(schedule.drones for schedule, _ in schedules),
        sum(len({turn.battery for turn in schedule.turns}) for schedule, _ in schedules),
        _sum(drones),
        _sum(batteries),
        pattern.gap_goal_s,
        from_s,
        from_s + pattern.shift_s,
    )


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


@dataclass(frozen=True, eq=False)
class _Way:
    """Lanes that begin anew after their end, for a whole shift, and what cuts them."""

    cutter: Cutter
    pace: Pace
    long_s: float

    @classmethod
    def of(cls, lanes: Chain, seat: Seat, patrol: Patrol, job: Job) -> _Way:
        """As many rounds as a shift may take."""
        pattern = _pattern(job)
        assert pattern.shift_s is not None
        start, end = lanes.points[0], lanes.points[-1]
        back = job.free.path((float(end[0]), float(end[1])), (float(start[0]), float(start[1])), corner_m=CORNER_M)
        once = joined([lanes, unseeing(back)])
        seconds = Clock.of(once, job).seconds(float(len(once.looks)))
        rounds = max(1, math.ceil(LONGER * pattern.shift_s / max(seconds, 1.0)) + 1)
        chain = joined([once] * rounds)
        cutter = job.cutter(chain, seat, patrol, job.over(seat, patrol))
        return cls(cutter, Pace(Clock.of(chain, job), cutter, patrol), LONGER * pattern.shift_s)

    def cuts(self) -> list[tuple[float, float]]:
        """From where to where each battery flies, one after the other, for a whole shift."""
        found, done_s = list[tuple[float, float]](), 0.0
        at, last = self.cutter.next_lane(0.0), float(len(self.cutter.lanes.looks))
        while at < last and done_s < self.long_s:
            end, _ = self.pace.piece(at, last)
            while not self.cutter.fits(at, end) and end > at + LEAST_PLACE:
                end = at + 0.97 * (end - at)
            if end <= at + LEAST_PLACE:
                end = self.cutter.farthest(at, math.inf)
            found.append((at, end))
            done_s += self.pace.between_s(at, end)
            at = self.cutter.next_lane(end)
        return found

    def sortie(self, begin: float, end: float) -> Chain:
        """Out, from place to place, and home."""
        return self.cutter.sortie(begin, end)

    def until(self, begin: float, end: float, seconds: float) -> Chain:
        """The same, so many seconds of it on the lanes."""
        low, high = begin, end
        while high - low > LEAST_PLACE:
            middle = (low + high) / 2
            low, high = (middle, high) if self.pace.between_s(begin, middle) < seconds else (low, middle)
        return self.cutter.sortie(begin, high)


def _piece(cut: Chain, seat: Seat, job: Job, raised_m: float, label: str) -> Sortie:
    def make(order: Patrol, over: Follower | None) -> tuple[Sortie, ...]:
        return (sortie_of(1, cut, seat.launch, order, job.frame),)

    sortie = sorties_over(make, job.raised(raised_m), seat.launch, job.frame)[0]
    if not any(waypoint.leg is Leg.LANE for waypoint in sortie.route.waypoints):
        raise PlanError(f"One battery does not take the drone to {label} and home with the reserve.")
    return replace(sortie, raised_m=raised_m)


def _first_lane_s(sortie: Sortie) -> float:
    """When the first lane begins, seconds after arming."""
    looks = [waypoint.leg is Leg.LANE for waypoint in sortie.route.waypoints]
    return float(sortie.forecast.leg_end_s[looks.index(True) - 1])


def _stay_over(sortie: Sortie, overlap_s: float) -> Stay:
    """What a sortie over an area gives: from its first lane to the end of its last."""
    looks = np.array([waypoint.leg is Leg.LANE for waypoint in sortie.route.waypoints])
    begin, end = _first_lane_s(sortie), sortie.forecast.leg_end_s[int(np.flatnonzero(looks)[-1])]
    if end - begin <= 2 * overlap_s:
        raise PlanError(
            f"One battery lasts for {end - begin:.0f} s over the area; changes that overlap by {overlap_s:g} s take "
            "more than that.",
            mend="Launch nearer to it, make overlap_s smaller, or take a vehicle with a larger battery.",
        )
    return Stay(begin, end - begin - overlap_s, sortie.forecast.duration_s - end)
