"""The way that a mission would fly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mission_plans import ALMATY, FRAME, LANES, at, plan, waypoint

from missions.compile import compile_sortie
from missions.files import read_mission
from missions.items import Mission, MissionItem
from missions.plan_file import UNKNOWN_HOME
from missions.route import home_of, route_of
from missions.wire import to_e7
from planner.errors import PlanError
from planner.plan import Leg, Route, Waypoint
from planner.quantities import Altitude

MISSIONS = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "missions"


def point(command: int, x: float, y: float, z: float = 60.0, *params: float, frame: int = 3) -> MissionItem:
    place = at(x, y)
    four = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return MissionItem(command, frame, four, to_e7(place.lat), to_e7(place.lon), z)


def do(command: int, *params: float) -> MissionItem:
    return MissionItem(command, params=(*params, 0.0, 0.0, 0.0, 0.0)[:4])  # type: ignore[arg-type]


HOME = point(16, 0, 0, 700.0, frame=0)
TAKEOFF = point(22, 30, 30, 20.0)


def route(*items: MissionItem, home: MissionItem = HOME, endless: bool = False) -> Route:
    return route_of(Mission((home, *items)), 5.0, endless=endless)


def places(made: Route) -> list[tuple[int, int]]:
    return [(round(x), round(y)) for x, y in (FRAME.point_to_local(w.position) for w in made.waypoints)]


def near(one: Waypoint, other: Waypoint) -> bool:
    away = abs(FRAME.point_to_local(one.position)[0] - FRAME.point_to_local(other.position)[0])
    up = abs(FRAME.point_to_local(one.position)[1] - FRAME.point_to_local(other.position)[1])
    same = (one.speed_mps, one.leg, one.hold_s) == (other.speed_mps, other.leg, other.hold_s)
    return away < 0.02 and up < 0.02 and same and one.altitude.metres == other.altitude.metres


def test_a_compiled_sortie_flies_as_planned() -> None:
    """The prediction for an exported file is the prediction for its plan."""
    slow = (*LANES[:-1], waypoint(100, -50, speed_mps=4.0, hold_s=3.0), waypoint(0, 0, speed_mps=12.0))
    for waypoints in (LANES, slow):
        made = plan(*waypoints)
        flown = route_of(compile_sortie(made, made.sorties[0]), 5.0).waypoints
        assert len(flown) == len(waypoints)
        assert all(map(near, flown[1:], waypoints[1:]))
        assert flown[0].altitude == Altitude.home(60) and near(flown[0], waypoint(0, 0, speed_mps=5.0))


def test_take_off_goes_straight_up() -> None:
    """ArduCopter climbs where it stands, wherever the take-off item lies."""
    assert places(route(TAKEOFF, point(16, 50, 0))) == [(0, 0), (50, 0)]


def test_nothing_comes_after_the_return() -> None:
    """Items after a return or a landing are never flown."""
    assert places(route(TAKEOFF, point(16, 50, 0), do(20), point(16, 90, 0))) == [(0, 0), (50, 0)]
    assert places(route(TAKEOFF, point(21, 50, 0, 0.0), point(16, 90, 0))) == [(0, 0), (50, 0)]


def test_landing_elsewhere_is_flown_at_the_height_of_before() -> None:
    """A landing item's own altitude of 0 does not make the drone sink on the way."""
    assert route(TAKEOFF, point(21, 50, 0, 0.0)).waypoints[-1].altitude == Altitude.home(20)


def test_speed_hold_and_camera_are_of_the_way() -> None:
    """Each leg has the speed and camera that were set when it began."""
    made = route(
        TAKEOFF,
        do(178, 1, 8),
        point(16, 50, 0, 60, 4),
        do(206, 20),
        point(16, 90, 0),
        do(206, 0),
        do(178, 1, -1),
        point(16, 0, 0),
    )
    assert [w.speed_mps for w in made.waypoints] == [5.0, 8.0, 8.0, 8.0]
    assert [w.hold_s for w in made.waypoints] == [0.0, 4.0, 0.0, 0.0]
    assert [w.leg for w in made.waypoints] == [Leg.TRANSIT, Leg.TRANSIT, Leg.LANE, Leg.TRANSIT]


@pytest.mark.parametrize(("kind", "speed"), [(0, 9.0), (1, 9.0), (2, 5.0), (3, 5.0)])
def test_climb_speeds_are_not_ground_speeds(kind: int, speed: float) -> None:
    """A slower climb does not make the whole patrol slow in the prediction."""
    assert route(TAKEOFF, do(178, kind, 9), point(16, 50, 0)).waypoints[-1].speed_mps == speed


def test_stays_add_up() -> None:
    """A delay after a loiter is time at the same place."""
    made = route(TAKEOFF, point(19, 50, 0, 60, 10), do(93, 7), point(16, 0, 0))
    assert [w.hold_s for w in made.waypoints] == [0.0, 17.0, 0.0]


def test_zeros_mean_as_it_is() -> None:
    """A waypoint at (0, 0) or at altitude 0 is not in the Gulf of Guinea or on the ground."""
    made = route(TAKEOFF, MissionItem(16, 3, z=40.0), point(16, 50, 0, 0.0))
    assert places(made) == [(0, 0), (0, 0), (50, 0)]
    assert [w.altitude.metres for w in made.waypoints] == [20.0, 40.0, 40.0]


@pytest.mark.parametrize(
    ("frame", "home_m", "altitude"),
    [
        (0, 700.0, Altitude.home(60)),
        (0, 0.0, Altitude.amsl(760)),
        (3, 700.0, Altitude.home(760)),
        (6, 700.0, Altitude.home(760)),
        (10, 700.0, Altitude.agl(760)),
    ],
)
def test_altitudes_keep_their_reference(frame: int, home_m: float, altitude: Altitude) -> None:
    """Above the sea is above home only where home's height is known."""
    made = route(TAKEOFF, point(16, 50, 0, 760.0, frame=frame), home=point(16, 0, 0, home_m, frame=0))
    assert made.waypoints[-1].altitude == altitude


def test_jumps_are_taken_as_often_as_they_say() -> None:
    """Three laps are three laps in the prediction."""
    made = route(TAKEOFF, point(16, 10, 0), point(16, 20, 0), do(177, 2, 2), point(16, 0, 0))
    assert places(made) == [(0, 0), (10, 0), (20, 0), (10, 0), (20, 0), (10, 0), (20, 0), (0, 0)]
    tagged = route(TAKEOFF, do(600, 7), point(16, 10, 0), do(601, 7, 1), point(16, 0, 0))
    assert places(tagged) == [(0, 0), (10, 0), (10, 0), (0, 0)]


def test_an_endless_mission_has_no_duration_but_a_way() -> None:
    """A guard circling for ever is drawn once, and not predicted to land."""
    laps = (TAKEOFF, point(16, 10, 0), point(16, 20, 0), do(177, 2, -1), point(16, 0, 0))
    with pytest.raises(PlanError, match="jumps without end") as caught:
        route(*laps)
    assert caught.value.about == "item 4 (jump)"
    assert places(route(*laps, endless=True)) == [(0, 0), (10, 0), (20, 0), (0, 0)]
    with pytest.raises(PlanError, match="stays there without end"):
        route(TAKEOFF, point(17, 10, 0))
    assert places(route(TAKEOFF, point(17, 10, 0), point(16, 90, 0), endless=True)) == [(0, 0), (10, 0)]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ((TAKEOFF, do(177, 9, 1)), "jump goes to item 9, and there is none"),
        ((TAKEOFF, do(177, 0, 1)), "jump goes to item 0"),
        ((TAKEOFF, do(177, float("nan"), 1)), "jump goes to item nan"),
        ((TAKEOFF, do(601, 5, 1)), "and there is none"),
        ((TAKEOFF, point(16, 9, 0), do(177, 1, 30_000)), "more than 20000 steps"),
        ((do(178, 1, 5),), "flies nowhere"),
        ((), "flies nowhere"),
    ],
)
def test_what_cannot_be_flown_is_said(items: tuple[MissionItem, ...], words: str) -> None:
    """A mission that makes no sense gets a sentence, not an endless loop."""
    with pytest.raises(PlanError, match=words):
        route(*items)


@pytest.mark.parametrize(("radius", "side"), [(20.0, 1), (-20.0, -1), (0.0, 1)])
def test_turns_are_flown_around(radius: float, side: int) -> None:
    """A loiter of two turns is as long as two circles, in the direction its radius says."""
    made = route(TAKEOFF, point(18, 100, 0, 60, 2, 0, radius))
    around = [FRAME.point_to_local(w.position) for w in made.waypoints[1:]]
    assert len(around) == 25
    assert {round(((x - 100) ** 2 + y**2) ** 0.5) for x, y in around} == {round(abs(radius)) or 10}
    (x0, y0), (x1, y1) = around[:2]
    assert ((x0 - 100) * y1 - y0 * (x1 - 100)) * side < 0
    assert made.waypoints[2].speed_mps == pytest.approx(min(5.0, (abs(radius) or 10) * 0.349), rel=1e-3)


def test_without_a_home_the_drone_starts_where_it_first_goes() -> None:
    """A list without home is drawn where it is, not off Africa."""
    assert places(route(TAKEOFF, point(16, 50, 0), home=UNKNOWN_HOME)) == [(30, 30), (50, 0)]
    assert home_of(Mission((UNKNOWN_HOME,))) is None
    assert home_of(Mission((HOME,))) == pytest.approx(ALMATY, abs=1e-7)


@pytest.mark.skipif(not MISSIONS.exists(), reason="the shared mission files are not here (QYRAN_SHARED)")
def test_a_survey_of_qgroundcontrol_has_lanes() -> None:
    """Somebody else's survey is drawn with its pictures where they are taken."""
    name = "cpp__src__mavsdk__plugins__mission_raw__test_plans__qgroundcontrol_sample_with_survey.plan"
    made = route_of(read_mission(MISSIONS / "mavlink+MAVSDK" / name), 5.0)
    assert [w.leg for w in made.waypoints].count(Leg.LANE) == 7 and len(made.waypoints) == 8
