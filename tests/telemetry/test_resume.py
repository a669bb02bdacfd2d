"""After a change of battery the sortie goes on at the place in the lane, camera and speed as they were."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from missions.items import Command, Mission, MissionItem
from missions.wire import place_of
from planner.errors import InputError, PlanError
from planner.geodesy import distance_m
from planner.plan import Plan
from planner.quantities import Altitude
from qyran.cli import run
from qyran.cli.exits import Exit
from qyran.flying import Order, fly_order, read_order
from qyran.needs import needs_of
from qyran.record import seen_by
from qyran.resuming import Broken, broken_off, rest_of, rest_of_flight
from qyran.work import compile_plan, open_work, plan_work, with_settings
from sim import Simulator, SimulatorSettings
from telemetry import FlightRecord, Outcome, Vehicle, commands, read_tlog, simulator_confirmation

AREAS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "field",
            "properties": {"kind": "area", "name": "Field"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[76.930, 43.230], [76.9322, 43.230], [76.9322, 43.2313], [76.930, 43.2313], [76.930, 43.230]]
                ],
            },
        },
        {
            "type": "Feature",
            "id": "barn",
            "properties": {"kind": "keep_out", "name": "Barn"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[76.9309, 43.2306], [76.9313, 43.2306], [76.9313, 43.2309], [76.9309, 43.2309], [76.9309, 43.2306]]
                ],
            },
        },
        {
            "type": "Feature",
            "id": "launch",
            "properties": {"kind": "launch", "name": "Launch"},
            "geometry": {"type": "Point", "coordinates": [76.9302, 43.2303]},
        },
    ],
}
INSTANCE = 132


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A field of 180 by 145 m around a barn, in one sortie."""
    file = tmp_path_factory.mktemp("areas") / "areas.geojson"
    file.write_text(json.dumps(AREAS))
    work = open_work(file)
    pattern = replace(work.patrol.pattern, altitude=Altitude.agl(40.0))
    plan = plan_work(with_settings(work, replace(work.patrol, pattern=pattern)))
    assert not plan.is_blocked, plan.findings
    assert len(plan.sorties) == 1
    return plan


def order_of(made: Plan) -> Order:
    compiled = compile_plan(made)[0]
    ahead = compiled.sortie.forecast
    return Order(
        compiled.mission,
        "sortie-1",
        compiled.identity,
        ahead.duration_s,
        ahead.distance_m,
        needs_of(made, compiled.sortie),
        profile=made.patrol.vehicle,
    )


@contextmanager
def embedded(made: Plan, speedup: float = 50.0) -> Iterator[str]:
    home = made.sorties[0].launch.position
    with Simulator(SimulatorSettings(port=0, home=home, home_amsl_m=800.0, speedup=speedup)) as one:
        yield one.addresses[0].address


@contextmanager
def sitl(made: Plan) -> Iterator[str]:
    from sim.sitl import Sitl, SitlSettings

    home = made.sorties[0].launch.position
    battery = {"BATT_CAPACITY": round(made.patrol.vehicle.battery_wh / 12.6 * 1000)}
    settings = SitlSettings(home=home, home_amsl_m=800.0, instance=INSTANCE, speedup=20.0, parameters=battery)
    with Sitl(settings) as program:
        program.wait_ready()
        yield program.address


def lane_in_the_middle(mission: Mission) -> int:
    """The waypoint at the end of a lane half-way through."""
    lanes, looks = [], False
    for index, item in enumerate(mission.items):
        if item.command == Command.DO_SET_CAM_TRIGG_DIST:
            looks = item.params[0] > 0
        elif looks and item.command == Command.NAV_WAYPOINT:
            lanes.append(index)
    return lanes[(2 * len(lanes)) // 3]


def flown(order: Order, address: str, folder: Path, until: int | None = None, how: str = "return") -> FlightRecord:
    """Fly; while it flies to item ``until``, 20 m on its way, break off."""
    broke = threading.Event()
    vehicles: list[Vehicle] = []

    def confirm(vehicle: Vehicle):
        vehicles.append(vehicle)
        return simulator_confirmation(vehicle)

    def on_state(state) -> None:
        if until is None or broke.is_set() or state.mission_current != until or state.position is None:
            return
        if distance_m(state.position, place_of(order.mission.items[until])) > 60 or state.speed_mps < 3:
            return
        broke.set()
        if how == "return":
            commands.return_home(vehicles[0])
        else:
            vehicles[0].set_parameter("BATT_LOW_MAH", 1e6)

    return fly_order(order, address, confirm=confirm, folder=folder, on_state=on_state)


def covered_by_both(made: Plan, first, second) -> float:
    witnessed = seen_by(made, [first, second])
    assert witnessed is not None
    return witnessed.share


def check_the_rest(made: Plan, whole: FlightRecord | None, first, second: FlightRecord, rest: Order) -> None:
    assert second.outcome is Outcome.LANDED, second.reason
    assert second.max_outside_m == 0
    assert second.resumes is not None
    assert second.duration_s == pytest.approx(rest.predicted_s, rel=0.1)
    assert covered_by_both(made, first, second) >= 0.99
    alone = seen_by(made, [second])
    assert alone is not None
    assert alone.share < 0.9, "the rest is not the whole again"


def test_called_back_in_a_lane_it_goes_on_there(made: Plan, tmp_path: Path) -> None:
    """After a change of battery half a lane would stay unseen, or the whole sortie be flown again."""
    order = order_of(made)
    until = lane_in_the_middle(order.mission)
    with embedded(made) as address:
        first = flown(order, address, tmp_path / "first", until)
        assert first.outcome is Outcome.BROKEN_OFF, first.reason
        rest = rest_of_flight(tmp_path / "first")
        assert rest.broken.item == until
        assert "AUTO → RTL" in rest.sentence
        items = rest.order.mission.items
        assert items[-1] == order.mission.items[-1]
        assert rest.order.predicted_s < order.predicted_s - 20
        second = flown(rest.order, address, tmp_path / "second")
    check_the_rest(made, None, first, second, rest.order)
    assert second.to_json()["resumes"] == "first"
    first_picture = second.pictures[0].position
    assert distance_m(first_picture, rest.broken.place) < 40, "the camera comes on at the place in the lane"
    with pytest.raises(PlanError, match="Nothing is left"):
        rest_of_flight(tmp_path / "second")
    told = read_tlog(tmp_path / "second" / "flight.tlog")
    disarmed = max(event.at for event in told.events if event.kind.value == "disarmed").timestamp()
    home_again = replace(told, currents=(*(one for one in told.currents if one[1] > 0), (disarmed, 0)))
    whole = broken_off(home_again)
    assert whole is not None
    assert whole.item == len(rest.order.mission.items) - 1, "it says 0 at its end: the mission is not to be flown again"


@pytest.mark.long
def test_a_low_battery_and_the_commands(made: Plan, tmp_path: Path, capsys) -> None:
    """A battery that runs low in a lane would end the patrol; or only a programmer could go on with it."""
    order = order_of(made)
    until = lane_in_the_middle(order.mission)
    with embedded(made) as address:
        with Vehicle.connect(address, system_id=1) as vehicle:
            vehicle.set_parameter("BATT_FS_LOW_ACT", 2)
        first = flown(order, address, tmp_path / "first", until, how="battery")
        assert first.outcome is Outcome.BROKEN_OFF
        assert any("Battery" in one.text for one in first.events)
    capsys.readouterr()
    assert run(["resume", str(tmp_path / "first"), "--json", "--out", str(tmp_path / "rest")]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["from_item"] == until
    assert 0 < told["duration_s"] < order.predicted_s
    assert Path(told["file"]).exists()
    again = read_order(Path(told["plan_file"]))
    assert (again.predicted_s, again.resumes) == (pytest.approx(told["duration_s"], abs=0.1), "first")
    assert again.needs.reserve == order.needs.reserve
    words = ["fly", "--resume", str(tmp_path / "first"), "--yes", "--out", str(tmp_path / "second"), "--json"]
    with embedded(made) as address:
        assert run([*words, "--on", address]) == Exit.DONE
    record = json.loads(capsys.readouterr().out)
    assert (record["outcome"], record["resumes"], record["max_outside_m"]) == ("landed", "first", 0)
    assert covered_by_both(made, first, read_tlog(tmp_path / "second" / "flight.tlog")) >= 0.99
    assert run(["fly", "--on", "udpin:127.0.0.1:1", "--dry-run"]) == Exit.WRONG_INPUT
    assert run(["resume", str(tmp_path)]) == Exit.WRONG_INPUT


FLY = """
import sys
from pathlib import Path
from missions import identity, read_mission
from qyran.flying import Order, fly_order, read_order
from telemetry import simulator_confirmation
mission = read_mission(Path(sys.argv[1]))
order = Order(mission, "sortie-1", identity(mission), 200.0, 1000.0)
fly_order(order, sys.argv[2], confirm=simulator_confirmation, folder=Path(sys.argv[3]),
          on_state=lambda state: print(state.mission_current, flush=True))
"""


@pytest.mark.long
def test_killed_in_a_lane_it_goes_on_where_the_log_ends(made: Plan, tmp_path: Path, capsys) -> None:
    """A crash of ours would cost the patrol: nobody could tell what was flown."""
    from missions import write_mission

    order = order_of(made)
    until = lane_in_the_middle(order.mission)
    write_mission(order.mission, tmp_path / "sortie-1.plan")
    with embedded(made) as address:
        words = [sys.executable, "-c", FLY, str(tmp_path / "sortie-1.plan"), address, str(tmp_path / "first")]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as pilot:
            assert pilot.stdout is not None
            while pilot.stdout.readline() != f"{until}\n":
                pass
            os.kill(pilot.pid, signal.SIGKILL)
    assert json.loads((tmp_path / "first" / "flight.json").read_text())["outcome"] == "flying"
    assert run(["map", str(tmp_path / "first"), "--json"]) == Exit.DONE
    told = capsys.readouterr()
    assert json.loads(told.out)["unfinished"] == [str(tmp_path / "first" / "flight.tlog")]
    assert "Qyran was ended before this flight was" in told.err
    rest = rest_of_flight(tmp_path / "first")
    assert rest.broken.item == until
    assert rest.broken.into == "the log ends there"
    first = read_tlog(tmp_path / "first" / "flight.tlog")
    with embedded(made) as address:
        second = flown(rest.order, address, tmp_path / "second")
    assert second.outcome is Outcome.LANDED
    assert covered_by_both(made, first, second) >= 0.99


@pytest.mark.sitl
@pytest.mark.timeout(300)
def test_on_ardupilot_it_goes_on_in_the_lane(made: Plan, tmp_path: Path, sitl_program: None) -> None:
    """What goes on in our own simulator would leave a gap on the autopilot that people have."""
    order = order_of(made)
    with sitl(made) as address:
        first = flown(order, address, tmp_path / "first", lane_in_the_middle(order.mission))
        assert first.outcome is Outcome.BROKEN_OFF, first.reason
        rest = rest_of_flight(tmp_path / "first")
        second = flown(rest.order, address, tmp_path / "second")
    check_the_rest(made, None, first, second, rest.order)


def item(command: int, *params: float, north: float = 0.0, east: float = 0.0, z: float = 0.0) -> MissionItem:
    first = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    if not (north or east or z):
        return MissionItem(command, 2, first)
    x, y = round((43.2567 + north / 111_100.0) * 1e7), round((76.9286 + east / 81_070.0) * 1e7)
    return MissionItem(command, 3, first, x, y, z)


HOME_ITEM = MissionItem(16, 0, (0.0, 0.0, 0.0, 0.0), 432567000, 769286000, 800.0)


def test_camera_aim_gimbal_and_speed_come_back(mission: Mission) -> None:
    """The rest of a lane would be flown without pictures, at another speed, or looking elsewhere."""
    items = (
        HOME_ITEM,
        item(22, z=20),
        item(178, 1, 12),
        item(16, north=30, east=1, z=20),
        item(195, north=50, east=50, z=1),
        item(1000, -60, 0),
        item(206, 10, 0, 1),
        item(178, 1, 6),
        item(16, north=230, east=1, z=20),
        item(206, 0),
        item(16, north=230, east=40, z=20),
        item(20),
    )
    place = place_of(item(16, north=130, east=1, z=20))
    rest = rest_of(Mission(items), Broken(8, place, datetime.now(UTC), "AUTO → RTL")).items
    assert (rest[:2], rest[3]) == (items[:2], items[2])
    assert (rest[2].command, rest[2].params[0]) == (206, 0), "no pictures on the way there"
    start = place_of(rest[4])
    assert distance_m(start, place) == pytest.approx(20, abs=1), "two pictures back along the lane"
    assert [one.command for one in rest[5:9]] == [206, 195, 1000, 178]
    assert rest[8].params[1] == 6
    assert rest[9:] == items[8:]
    between = rest_of(Mission(items), Broken(10, place, datetime.now(UTC), "AUTO → RTL")).items
    assert between[-2:] == items[-2:]
    assert next(one for one in between if one.command == 206).params[0] == 0, "no pictures between lanes"
    up = rest_of(Mission(items), Broken(1, None, datetime.now(UTC), "AUTO → LAND"))
    assert up.items == items, "broken off in the climb: all of it is left"
    with pytest.raises(PlanError, match="Nothing is left"):
        rest_of(Mission(items), Broken(11, None, datetime.now(UTC), "it was disarmed"))
    jumping = Mission((*items[:-1], item(177, 3, 2), items[-1]))
    with pytest.raises(PlanError, match="jumps"):
        rest_of(jumping, Broken(8, place, datetime.now(UTC), "AUTO → RTL"))


def test_over_hills_it_follows_its_own_way(mission: Mission) -> None:
    """The straight way to where it was broken off could lead through a hill."""
    legs = [(30, 0, 20.0), (130, 0, 45.0), (130, 80, 60.0), (30, 80, 30.0)]
    way = [item(16, north=north, east=east + 1, z=z) for north, east, z in legs]
    items = (HOME_ITEM, item(22, z=20), way[0], item(206, 10, 0, 1), *way[1:], item(20))
    rest = rest_of(Mission(items), Broken(6, place_of(way[2]), datetime.now(UTC), "AUTO → RTL")).items
    assert [one for one in rest if one.command == 16][1:4] == way[:3]


def test_the_way_there_keeps_to_the_fence(made: Plan) -> None:
    """The straight way to the lane could lead over the school yard that the patrol flies around."""
    mission = order_of(made).mission
    exclusion = [one for one in mission.fence.polygons if not one.inclusion]
    assert exclusion
    import numpy as np
    import shapely

    barn = shapely.Polygon(np.array(exclusion[0].vertices))
    for index in range(3, len(mission.items) - 1):
        if mission.items[index].command != 16:
            continue
        rest = rest_of(mission, Broken(index, place_of(mission.items[index]), datetime.now(UTC), "x"))
        places = [place_of(one) for one in rest.items[:-1] if one.command in (16, 22)]
        assert not shapely.LineString(places).intersects(barn)


def test_a_folder_without_a_flight_is_told(tmp_path: Path) -> None:
    """A slip in a folder's name would end in a traceback."""
    with pytest.raises(InputError, match="keeps no flight"):
        rest_of_flight(tmp_path / "nowhere")
