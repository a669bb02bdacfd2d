"""From a planned sortie to mission items."""

from __future__ import annotations

import math
import re

import pytest
from mission_plans import ALMATY, LANES, at, plan, waypoint

from missions.compile import compile_sortie
from missions.items import Command, Frame, MissionItem
from missions.storage import as_stored, stored_cm
from missions.wire import to_e7
from planner.errors import PlanError
from planner.plan import Leg, Plan, Waypoint
from planner.quantities import Altitude
from planner.vehicles import VehicleProfile


def items_of(made: Plan, **options: bool) -> tuple[MissionItem, ...]:
    return compile_sortie(made, made.sorties[0], **options).items


def words(items: tuple[MissionItem, ...]) -> str:
    """A mission as letters: H home, T take-off, W waypoint, S speed, + and - camera, R return."""
    letters = {16: "W", 22: "T", 178: "S", 20: "R"}
    text = ""
    for item in items:
        text += ("+" if item.params[0] else "-") if item.command == 206 else letters[item.command]
    return "H" + text[1:]


def test_a_sortie_reads_as_it_is_flown() -> None:
    """Home, take-off, speed, then each leg with the camera on exactly in the lanes, then the way home."""
    items = items_of(plan())
    assert words(items) == "HTSW+W-W+W-WR"
    home, takeoff, speed, first = items[:4]
    assert (home.command, home.frame, home.x, home.y, home.z) == (16, 0, to_e7(ALMATY.lat), to_e7(ALMATY.lon), 0.0)
    assert (takeoff.frame, takeoff.z, takeoff.x, takeoff.y) == (3, 60.0, home.x, home.y)
    assert speed.params == (1.0, 10.0, -1.0, 0.0)
    assert (first.x, first.y) == (to_e7(at(50, 0).lat), to_e7(at(50, 0).lon))
    on, off = items[4], items[6]
    assert on.params == (20.0, 0.0, 1.0, 0.0) and off.params[0] == 0.0


def test_speed_changes_where_the_leg_begins() -> None:
    """A slow lane is flown slowly from its start, and the transit after it fast again."""
    route = (
        waypoint(0, 0),
        waypoint(50, 0, speed_mps=12.0),
        waypoint(50, 300, Leg.LANE, speed_mps=5.0),
        waypoint(0, 0, speed_mps=12.0),
    )
    items = items_of(plan(*route))
    assert words(items) == "HTSW+SW-SWR"
    assert [item.params[1] for item in items if item.command == 178] == [12.0, 5.0, 12.0]


def test_the_camera_comes_before_the_speed() -> None:
    """The first do-command after a waypoint runs at once, so that pictures start and stop where the lane does."""
    route = (waypoint(0, 0), waypoint(0, 100, Leg.LANE), waypoint(50, 100, speed_mps=3.0), waypoint(0, 0))
    assert "-S" in words(items_of(plan(*route))) and "S-" not in words(items_of(plan(*route)))


def test_a_lane_that_bends_is_one_lane() -> None:
    """The camera is not switched off and on at a bend."""
    route = (waypoint(0, 0), waypoint(0, 100, Leg.LANE), waypoint(50, 150, Leg.LANE), waypoint(0, 0))
    assert words(items_of(plan(*route))) == "HT+SWW-WR"


def test_a_route_that_ends_in_a_lane_stops_the_camera() -> None:
    """No pictures of the way home."""
    assert words(items_of(plan(waypoint(0, 0), waypoint(0, 100, Leg.LANE)))) == "HT+SW-R"


def test_a_first_waypoint_away_from_the_launch_stays() -> None:
    """A route that begins elsewhere is flown to."""
    assert words(items_of(plan(waypoint(30, 0), waypoint(60, 0)))) == "HTSWWR"


def test_a_hold_over_the_launch_stays() -> None:
    """A hold after take-off is not lost with the waypoint that take-off makes needless."""
    items = items_of(plan(waypoint(0, 0, hold_s=7.0), waypoint(60, 0)))
    assert words(items) == "HTSWWR" and items[3].params[0] == 7.0


def test_a_waypoint_on_the_spot_is_left_out() -> None:
    """Two waypoints at one place would make ArduPilot drop the do-commands between them."""
    route = (waypoint(0, 0), waypoint(0, 100), waypoint(0, 100, Leg.LANE), waypoint(0, 200, Leg.LANE), waypoint(0, 0))
    assert words(items_of(plan(*route))) == "HTSW+W-WR"


@pytest.mark.parametrize(("hold_s", "kept"), [(0.0, 0.0), (2.0, 2.0), (2.2, 3.0), (65_535.0, 65_535.0)])
def test_a_hold_is_never_cut(hold_s: float, kept: float) -> None:
    """The autopilot stores whole seconds: a hold lasts at least as long as planned."""
    items = items_of(plan(waypoint(0, 0), waypoint(60, 0, hold_s=hold_s)))
    assert items[3].params[0] == kept


@pytest.mark.parametrize(
    ("altitude", "terrain", "frame"),
    [
        (Altitude.agl(60), False, Frame.GLOBAL_RELATIVE_ALT),
        (Altitude.agl(60), True, Frame.GLOBAL_TERRAIN_ALT),
        (Altitude.home(60), True, Frame.GLOBAL_RELATIVE_ALT),
        (Altitude.amsl(860), False, Frame.GLOBAL),
    ],
)
def test_an_altitude_keeps_its_reference(altitude: Altitude, terrain: bool, frame: Frame) -> None:
    """860 m above the sea never becomes 860 m above the launch."""
    items = items_of(plan(waypoint(0, 0, altitude=altitude), waypoint(60, 0, altitude=altitude)), terrain=terrain)
    assert items[3].frame == frame and items[3].z == altitude.metres


@pytest.mark.parametrize("metres", [60.07, 33.333333, 119.99, 0.01, 81.29])
def test_an_altitude_is_stored_to_the_centimetre(metres: float) -> None:
    """Read back equals sent: the autopilot's cut to centimetres takes nothing away."""
    altitude = Altitude.home(metres)
    item = items_of(plan(waypoint(0, 0, altitude=altitude), waypoint(60, 0, altitude=altitude)))[3]
    assert stored_cm(item.z) == round(metres * 100)


def test_all_items_survive_storage() -> None:
    """Nothing that is compiled is lost in the autopilot: every item comes back as it was sent, but for its frame."""
    for item in items_of(plan())[1:]:
        kept = as_stored(item)
        assert (kept.command, kept.params, kept.x, kept.y) == (item.command, item.params, item.x, item.y)
        assert kept.z == pytest.approx(item.z, abs=1e-3)


@pytest.mark.parametrize(
    ("route", "changes", "sentence"),
    [
        (LANES, {"vehicle": VehicleProfile(mission_items=12)}, "needs 13 mission items, and this vehicle holds 12"),
        (LANES, {"trigger_m": 0.0}, "distance between pictures must be above zero, not 0 m"),
        (LANES, {"trigger_m": math.inf}, "not inf m"),
        ((waypoint(0, 0), waypoint(9, 0, speed_mps=0.0)), {}, "speed must be above zero, not 0 m/s"),
        ((waypoint(0, 0), waypoint(9, 0, hold_s=65_536.0)), {}, "0 to 65535 s, not 65536 s"),
        ((waypoint(0, 0), waypoint(9, 0, altitude=Altitude.agl(0))), {}, "altitude of 0 m AGL"),
        ((waypoint(0, 0), waypoint(9, 0, altitude=Altitude.amsl(83_000))), {}, "altitude of 83000 m AMSL"),
    ],
)
def test_what_cannot_be_flown_is_said(route: tuple[Waypoint, ...], changes: dict[str, object], sentence: str) -> None:
    """Never a truncated mission: what an autopilot cannot be told is refused in words, with the sortie."""
    with pytest.raises(PlanError, match=re.escape(sentence)) as caught:
        items_of(plan(*route, **changes))  # type: ignore[arg-type]
    assert "sortie 1" in str(caught.value.about) and caught.value.mend


def test_a_sortie_without_waypoints_is_refused() -> None:
    """An empty route is an error, not a flight straight up and down."""
    made = plan()
    from dataclasses import replace

    from planner.plan import Route

    with pytest.raises(PlanError, match="no waypoints"):
        compile_sortie(made, replace(made.sorties[0], route=Route(())))


def test_commands_are_what_mavlink_calls_them() -> None:
    """The numbers are MAVLink's own."""
    from pymavlink.dialects.v20 import ardupilotmega as mavlink

    for command in Command:
        assert getattr(mavlink, f"MAV_CMD_{command.name}") == command
