"""What a team is planned: shares, laps, relays, visits and separation, each reckoned again by other means."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shapely

from planner.checks import check
from planner.errors import PlanError, SettingError
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.patterns import Laps, Relay, Sweep, Visit
from planner.plan import Plan, Severity, Sortie
from planner.planning import plan
from planner.quantities import LonLat
from planner.shifts import LapsReport, RelayReport, VisitReport
from planner.site import Area, Launch, Point, Site, Zone, ZoneKind
from planner.team import Crew, Team, spread
from planner.vehicles import VehicleProfile

FRAME = LocalFrame(LonLat(76.945, 43.238))
FIELD = shapely.Polygon([(0, 0), (700, -30), (720, 300), (380, 330), (360, 520), (-10, 480)])
WEST = Launch("west", FRAME.point_to_lonlat((5.0, -20.0)))
EAST = Launch("east", FRAME.point_to_lonlat((690.0, 20.0)))
PLACES = {"a": (60.0, 60.0), "b": (640.0, 40.0), "c": (600.0, 250.0), "d": (300.0, 200.0), "e": (60.0, 420.0)}


def site(*points: Point, zones: tuple[Zone, ...] = (), launches: tuple[Launch, ...] = (WEST,)) -> Site:
    return Site((Area("field", FRAME.to_lonlat(FIELD)),), zones, launches, points=points)


def points(**words: dict[str, object]) -> tuple[Point, ...]:
    return tuple(Point(name, FRAME.point_to_lonlat(at), **words.get(name, {})) for name, at in PLACES.items())


def by_drone(made: Plan) -> dict[int, list[Sortie]]:
    return {drone: [one for one in made.sorties if one.drone == drone] for drone in made.drones}


def where(sortie: Sortie, at_s: np.ndarray) -> np.ndarray:
    """Places (n, 3) by the forecast, straight between waypoints; NaN on the ground. A second reckoning."""
    times, spots = [0.0], [(*FRAME.point_to_local(sortie.launch.position), 0.0)]
    for waypoint, end in zip(sortie.route.waypoints, sortie.forecast.leg_end_s, strict=True):
        spot = (*FRAME.point_to_local(waypoint.position), waypoint.altitude.metres)
        times += [end, end + waypoint.hold_s]
        spots += [spot, spot]
    times.append(sortie.forecast.duration_s)
    spots.append(spots[0])
    own = at_s - sortie.starts_s
    found = np.stack([np.interp(own, times, column) for column in np.array(spots).T], axis=1)
    found[(own <= 0) | (own >= sortie.forecast.duration_s)] = np.nan
    return found


def nearest_level_m(made: Plan) -> float:
    """How near two drones come across while they are within 10 m in height, looked at every half second."""
    at = np.arange(0.0, made.ends_s, 0.5)
    ways = [np.fmax.reduce([where(one, at) for one in own]) for own in by_drone(made).values()]
    least = np.inf
    for one, other in itertools.combinations(ways, 2):
        gap = one - other
        level = np.abs(gap[:, 2]) < made.patrol.team.in_height_m - 0.5
        if level.any():
            least = min(least, float(np.hypot(gap[level, 0], gap[level, 1]).min()))
    return least


@pytest.mark.parametrize(
    ("team", "battery_wh"),
    [
        (Team(drones=2), 200.0),
        (Team(crews=(Crew(WEST, 1), Crew(EAST, 2))), 200.0),
        pytest.param(Team(drones=2), 60.0, marks=pytest.mark.long),
        pytest.param(Team(crews=spread(4, (WEST, EAST)), layers=1), 200.0, marks=pytest.mark.long),
    ],
)
def test_an_area_is_shared_evenly_and_nobody_meets(team: Team, battery_wh: float) -> None:
    """One drone would fly long after the others are home, a strip would be seen by nobody, or two would meet."""
    launches = (WEST, EAST) if team.crews else (WEST,)
    vehicle = VehicleProfile(battery_wh=battery_wh)
    made = plan(Patrol("d", site(launches=launches), Sweep(swath_m=40), vehicle=vehicle, team=team))
    assert not made.is_blocked
    assert made.covered is not None
    assert made.covered >= 0.995
    assert made.outside_m == 0
    flown = [sum(one.forecast.duration_s for one in own) for own in by_drone(made).values()]
    assert len(flown) == sum(crew.drones for crew in team.crews_at(WEST))
    assert max(flown) <= 1.05 * np.mean(flown)
    for own in by_drone(made).values():
        assert len({one.launch for one in own}) == 1
        for before, after in itertools.pairwise(own):
            assert after.starts_s >= before.ends_s + vehicle.swap_s - 1e-6
    assert nearest_level_m(made) >= team.across_m - 6.0


def test_a_meeting_is_found_and_blocks() -> None:
    """Drones that take off from one place at the same time would be sent."""
    made = plan(Patrol("d", site(), Sweep(swath_m=40), team=Team(drones=2)))
    rash = replace(made, sorties=tuple(replace(one, starts_s=0.0, raised_m=0.0) for one in made.sorties))
    (found, *_) = [one for one in check(rash) if one.rule == "separation"]
    assert found.severity is Severity.BLOCKING
    assert found.margin is not None
    assert found.margin < 0
    held = [one for one in made.findings if one.rule == "separation"]
    assert [one.severity for one in held] == [Severity.INFO]


def test_one_drone_is_planned_as_if_there_were_no_teams() -> None:
    """Whoever has one drone would get another plan than before."""
    alone = plan(Patrol("d", site(), Sweep(swath_m=40)))
    assert plan(Patrol("d", site(), Sweep(swath_m=40), team=Team(drones=1))).sorties == alone.sorties
    assert {(one.drone, one.raised_m, one.battery, one.visits) for one in alone.sorties} == {(1, 0.0, None, ())}
    assert "separation" not in {one.rule for one in alone.findings}


@pytest.mark.parametrize("rhythm", [pytest.param("fixed", marks=pytest.mark.long), "unpredictable"])
def test_gaps_of_laps_are_those_of_the_sorties(rhythm: str) -> None:
    """The report would promise visits that no sortie makes, or hide the time that changes of battery take."""
    order = Patrol("d", site(*points()), Laps(rhythm=rhythm, shift_s=1800.0), team=Team(drones=2), seed=3)
    made = plan(order)
    assert not made.is_blocked
    assert isinstance(made.shift, LapsReport)
    frame_places = {name: FRAME.point_to_lonlat(at) for name, at in PLACES.items()}
    seen: dict[str, list[float]] = {name: [] for name in PLACES}
    for sortie in made.sorties:
        for waypoint, end in zip(sortie.route.waypoints, sortie.forecast.leg_end_s, strict=True):
            for name, place in frame_places.items():
                if max(abs(waypoint.position.lon - place.lon), abs(waypoint.position.lat - place.lat)) < 2e-7:
                    seen[name].append(sortie.starts_s + end)
    for one in made.shift.places:
        times = np.sort(seen[one.place])
        assert len(times) >= len([v for s in made.sorties for v in s.visits if v.place == one.place])
        times = times[(times >= made.shift.from_s) & (times <= made.shift.until_s)]
        worst = np.diff([made.shift.from_s, *times, made.shift.until_s]).max()
        assert one.gaps.worst_gap_s == pytest.approx(worst, abs=0.1)
        assert one.gaps.visits == len(times)
    assert nearest_level_m(made) >= 24.0
    assert plan(order) == made


def test_a_bound_that_cannot_be_kept_is_told() -> None:
    """A supervisor would rely on a longest gap that changes of battery break."""
    tight = Laps(shift_s=3000.0, longest_gap_s=260.0)
    made = plan(Patrol("d", site(*points()), tight))
    assert isinstance(made.shift, LapsReport)
    (told,) = [one for one in made.findings if one.rule == "shift"]
    assert told.severity is Severity.WARNING
    assert told.margin == pytest.approx(-made.shift.missing_s)
    with pytest.raises(PlanError, match="a round takes"):
        plan(Patrol("d", site(*points()), replace(tight, longest_gap_s=60.0)))
    with pytest.raises(SettingError, match="at least 2 places"):
        plan(Patrol("d", site(points()[0]), Laps()))


@pytest.mark.parametrize("count", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_post_is_never_left(count: int) -> None:
    """The watch would have holes that nobody is told of, or count on a drone that is still charging."""
    vehicle = VehicleProfile(swap_s=90.0, charge_s=2400.0)
    made = plan(Patrol("d", site(*points()[:count]), Relay(shift_s=4500.0), vehicle=vehicle))
    assert not made.is_blocked
    assert isinstance(made.shift, RelayReport)
    relay = made.shift
    assert relay.worst_gap_s <= 8
    assert len(made.drones) == relay.drones == relay.drones_needed
    for name in list(PLACES)[:count]:
        covered_s = relay.from_s
        own = sorted((s for s in made.sorties if s.visits[0].place == name), key=lambda one: one.starts_s)
        for sortie in own:
            hold = next(k for k, waypoint in enumerate(sortie.route.waypoints) if waypoint.hold_s)
            begin = sortie.starts_s + sortie.forecast.leg_end_s[hold - 1]
            end = sortie.starts_s + sortie.forecast.leg_end_s[hold] + sortie.route.waypoints[hold].hold_s
            assert begin <= covered_s + relay.gap_goal_s
            covered_s = max(covered_s, end)
        assert covered_s >= relay.until_s - 1.0
    for own in by_drone(made).values():
        for before, after in itertools.pairwise(own):
            assert after.starts_s >= before.ends_s + vehicle.swap_s - 1.0
    for number in {sortie.battery for sortie in made.sorties}:
        used = sorted((s for s in made.sorties if s.battery == number), key=lambda one: one.starts_s)
        for before, after in itertools.pairwise(used):
            charging_s = vehicle.charge_s * before.forecast.battery_used
            assert after.starts_s >= before.ends_s + charging_s - 60.0
    assert nearest_level_m(made) >= 24.0


def test_too_few_drones_for_a_relay_are_told_with_what_is_missing() -> None:
    """A post would be promised that one drone cannot hold."""
    made = plan(Patrol("d", site(points()[0]), Relay(shift_s=4500.0, batteries=2), team=Team(drones=1)))
    assert isinstance(made.shift, RelayReport)
    assert made.shift.missing_s > 60
    assert (made.shift.drones_needed or 0) >= 2
    (told,) = [one for one in made.findings if one.rule == "shift"]
    assert told.severity is Severity.WARNING
    assert told.margin == pytest.approx(8.0 - made.shift.worst_gap_s)


def test_an_area_is_swept_by_turns_without_a_break() -> None:
    """The area would be left while a battery is changed, or the same part swept again and again."""
    made = plan(Patrol("d", site(), Relay(of="areas", shift_s=4000.0)))
    assert not made.is_blocked
    assert isinstance(made.shift, RelayReport)
    assert made.shift.worst_gap_s <= 8
    assert made.covered is not None
    assert made.covered >= 0.99
    work = []
    for sortie in made.sorties:
        looks = [waypoint.leg.looks for waypoint in sortie.route.waypoints]
        ends = sortie.forecast.leg_end_s
        last = len(looks) - 1 - looks[::-1].index(True)
        work.append((sortie.starts_s + ends[looks.index(True) - 1], sortie.starts_s + ends[last]))
    work.sort()
    for (_, end), (begin, _) in itertools.pairwise(work):
        assert begin <= end + 1.0
    assert nearest_level_m(made) >= 24.0


def test_places_are_visited_for_their_prize_within_their_windows() -> None:
    """A drone would come to a school after its hours, fly past the place that matters most, or not come home."""
    windows = {"b": {"prize": 9.0, "window_s": (300.0, 420.0)}, "e": {"prize": 5.0, "window_s": (60.0, 200.0)}}
    vehicle = VehicleProfile(battery_wh=70.0)
    made = plan(Patrol("d", site(*points(**windows)), Visit(stay_s=12.0), vehicle=vehicle, team=Team(drones=2)))
    assert not made.is_blocked
    assert isinstance(made.shift, VisitReport)
    visits = [visit for sortie in made.sorties for visit in sortie.visits]
    assert sorted(visit.place for visit in visits) == sorted(PLACES)
    assert made.shift.prize == made.shift.prize_of_all == 17.0
    for sortie in made.sorties:
        for visit in sortie.visits:
            low, high = windows.get(visit.place, {}).get("window_s", (0.0, 1e9))
            place = FRAME.point_to_local(FRAME.point_to_lonlat(PLACES[visit.place]))
            there = [
                w for w in sortie.route.waypoints if np.hypot(*np.subtract(FRAME.point_to_local(w.position), place)) < 1
            ]
            stays_s = sum(waypoint.hold_s for waypoint in there)
            assert visit.at_s <= high
            assert visit.at_s + stays_s >= low + 12.0 - 5.0
            assert stays_s >= 12.0
    few = plan(Patrol("d", site(*points()), Visit(), vehicle=VehicleProfile(battery_wh=30.0)))
    assert isinstance(few.shift, VisitReport)
    assert few.shift.left
    assert not few.is_blocked
    assert {one.severity for one in few.findings if one.rule == "shift"} == {Severity.WARNING}


def test_layers_are_not_used_beside_what_may_not_be_seen() -> None:
    """A drone sent higher would see into a yard that is clear of pictures from below."""
    yard = Zone("yard", ZoneKind.NO_LOOK, FRAME.to_lonlat(shapely.box(300, 100, 330, 130)))
    made = plan(Patrol("d", site(zones=(yard,)), Sweep(swath_m=40), team=Team(drones=3)))
    assert not made.is_blocked
    assert {one.raised_m for one in made.sorties} == {0.0}


@pytest.mark.parametrize(
    "team",
    [
        lambda: Team(drones=0),
        lambda: Team(drones=2, crews=(Crew(WEST, 1),)),
        lambda: Team(crews=(Crew(WEST), Crew(WEST))),
        lambda: Crew(WEST, 0),
        lambda: Team(across_m=0.0),
        lambda: Team(layer_step_m=5.0),
    ],
)
def test_senseless_teams_are_refused(team) -> None:
    """A plan would be made for drones that nobody has."""
    with pytest.raises(SettingError):
        team()
