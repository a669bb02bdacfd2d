"""``qyran preflight``: every line asked, mended, ticked, overridden, kept, on a simulator and on a small peer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from missions import identity, read_mission, write_mission
from planner.errors import NotConfirmedError
from planner.quantities import LonLat
from qyran.cli import run
from qyran.cli.exits import Exit
from qyran.flying import fly_order, read_order
from qyran.needs import needs_report
from qyran.preflighting import HAND_ITEMS, before_flight, flights_folder, kept_path, open_kept
from sim import Simulator, SimulatorSettings
from telemetry import Needs, Outcome, Vehicle, fly, preflight_checks
from telemetry.clock import utc_now
from telemetry.confirmation import Confirmation
from telemetry.link import wait_for

HOME = LonLat(76.9286, 43.2567)
AS_47 = {
    "RTL_ALT_M": 15.0,
    "WP_SPD_UP": 2.5,
    "MAV_GCS_SYSID": 250.0,
    "MAV_GCS_SYSID_HI": 255.0,
    "ARMING_SKIPCHK": 4.0,
    "FS_GCS_ENABLE": 1.0,
    "FS_GCS_TIMEOUT": 5.0,
}


@pytest.fixture
def file(tmp_path: Path, mission) -> Path:
    """A mission in a project's folder, with a plan beside it that was reckoned with a return at 30 m."""
    path = tmp_path / "p" / "missions" / "sortie-1.plan"
    path.parent.mkdir(parents=True)
    write_mission(mission, path)
    needs = Needs(0.2, 0.25, 30.0, 40.0, 30.0, 120.0, "The way home is free.", 5.0, 12.0, 15.0)
    sortie = {
        "identity": identity(read_mission(path)),
        "duration_s": 107.0,
        "distance_m": 340.0,
        "battery_used": 0.2,
        "energy_wh": 30.0,
        "needs": needs_report(needs),
    }
    (path.parent / "plan.json").write_text(json.dumps({"sorties": [sortie], "findings": []}))
    return path


@pytest.fixture
def link() -> Iterator[str]:
    # Between two commands nobody sends heartbeats, and five of the vehicle's seconds are a quarter of ours.
    quick = SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=20.0, parameters={"FS_GCS_TIMEOUT": 100.0})
    with Simulator(quick) as simulator:
        with Vehicle.connect(simulator.addresses[0].address, system_id=1) as vehicle:
            assert wait_for(lambda: bool(vehicle.state.can_arm), 10)
        yield simulator.addresses[0].address


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict, dict[str, dict]]:
    code = run(["preflight", *map(str, words), "--vehicle", "1", "--json"])
    answer = json.loads(capsys.readouterr().out)
    return code, answer, {one["name"]: one for one in answer["lines"]}


def test_from_refused_to_ready_and_kept_over_a_restart(file: Path, link: str, capsys) -> None:
    """A pilot could not find out what stands in the way, mend it, and come back to it after a restart."""
    code, answer, lines = asked(capsys, file, "--on", link)
    assert (code, answer["ready"]) == (Exit.NO, False)
    assert lines["mission"]["ok"] is False
    assert "There are 0 items after home" in lines["mission"]["sentence"]
    assert lines["return altitude"]["change"] == {"parameter": "RTL_ALT", "old": 1500.0, "new": 3000.0}
    assert "proven at 30 m HOME" in lines["return altitude"]["sentence"]
    assert lines["ground station lost"]["blocks"], "its failsafe is off: a lost link would be the end"
    assert lines["battery"]["sentence"].startswith("100% full; the sortie takes")
    assert "reserve of 25%" in lines["battery"]["sentence"]
    assert lines["wind"]["ok"] is None and lines["storage"]["ok"] and lines["compass"]["ok"]
    assert not lines["by hand: propellers"]["blocks"], "a simulator has none"
    assert all(one["age_s"] is None or one["age_s"] < 5 for one in lines.values())

    words = [
        "--load",
        "--mend",
        "--yes",
        "--tick",
        "propellers",
        "--wind",
        "4",
        "--celsius",
        "16",
        "--as",
        "A. Serikov",
    ]
    code, answer, lines = asked(capsys, file, "--on", link, *words)
    assert (code, answer["ready"]) == (Exit.DONE, True), [one for one in lines.values() if one["blocks"]]
    assert lines["return altitude"]["sentence"].endswith("as planned. The way home is free.")
    assert {"RTL_ALT", "FS_GCS_ENABLE", "FENCE_ENABLE", "BATT_FS_LOW_ACT"} <= {
        one["parameter"] for one in answer["changes"]
    }
    assert {one["person"] for one in answer["changes"]} == {"the simulator"}

    code, answer, lines = asked(capsys, file, "--on", link)
    assert code == Exit.DONE, (
        [one for one in lines.values() if one["blocks"]],
        "the mission is read from the vehicle and is the one that was loaded",
    )
    assert lines["by hand: propellers"]["sentence"].count("A. Serikov") == 1
    assert lines["wind"]["sentence"].startswith("4 m/s by A. Serikov; the plan reckons with 5 m/s")

    assert run(["preflight", str(file), "--json"]) == Exit.DONE
    kept = json.loads(capsys.readouterr().out)["kept"][0]
    assert {one["name"] for one in kept["lines"]} == set(lines)
    assert run(["preflight", str(file)]) == Exit.DONE
    told = capsys.readouterr().out
    assert "✓ by hand: propellers" in told
    assert "▲ by hand: camera" in told


def test_a_person_lets_a_line_pass_by_name_and_reason(peer, file: Path, mission, capsys, tmp_path: Path) -> None:
    """Nobody could say afterwards who flew without a failsafe, and why; or anybody could wave anything through."""
    peer.parameters[1] |= {"FS_GCS_ENABLE": 0.0, "RTL_ALT": 3000.0}
    words = ["--tick", "all", "--as", "A. Serikov", "--override", "ground station lost=order 17: within sight"]
    code, _, lines = asked(capsys, file, "--on", peer.address, *words)
    assert code == Exit.NO
    line = lines["ground station lost"]
    assert (line["ok"], line["blocks"], line["override"]["person"]) == (False, False, "A. Serikov")
    assert line["override"]["reason"] == "order 17: within sight"
    assert all(lines[f"by hand: {item}"]["ok"] for item in HAND_ITEMS)
    for wrong in ("mission=never mind", "link=never mind"):
        assert (
            run(["preflight", str(file), "--on", peer.address, "--vehicle", "1", "--override", wrong, "--as", "x"])
            == Exit.REFUSED
        )
    assert run(["preflight", str(file), "--on", peer.address, "--override", "fence="]) == Exit.WRONG_INPUT
    assert run(["preflight", str(file), "--on", peer.address, "--tick", "wings"]) == Exit.WRONG_INPUT
    assert run(["preflight", str(file), "--tick", "all"]) == Exit.WRONG_INPUT, "for which vehicle?"
    assert "--on" in capsys.readouterr().err
    assert run(["preflight", str(file), "--on", peer.address, "--vehicle", "1", "--mend", "--yes"]) == Exit.REFUSED
    assert "does not announce itself as a simulator" in capsys.readouterr().err
    assert peer.parameters[1]["FS_GCS_ENABLE"] == 0.0

    order = read_order(file)
    before = before_flight(flights_folder(file), order)
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        told = before(vehicle)
        assert all(one.ok for one in told.by_hand)
        word = Confirmation("A. Serikov", 1, "fly", utc_now())
        record = fly(
            vehicle,
            order.mission,
            confirmation=word,
            predicted_s=None,
            folder=tmp_path / "f",
            needs=order.needs,
            by_hand=told.by_hand,
            overrides=told.overrides,
        )
    assert record.outcome is Outcome.REFUSED
    assert "radio lost" in record.reason
    assert "ground station lost" not in record.reason
    assert any("A. Serikov lets it pass: order 17" in one.text for one in record.events)
    assert next(one for one in record.to_json()["preflight"] if one["name"] == "ground station lost")["override"]


def test_yesterdays_ticks_and_words_do_not_hold(file: Path) -> None:
    """A drone would fly today on yesterday's look at its propellers."""
    order = read_order(file)
    kept = open_kept(kept_path(flights_folder(file), order, 1), order, 1)
    long_ago = datetime.now(UTC) - timedelta(hours=13)
    kept.tick(["all"], "A. Serikov", long_ago)
    kept.let_pass("fence", "order 17", "A. Serikov", long_ago)
    kept.save()
    again = open_kept(kept.path, order, 1)
    now = datetime.now(UTC)
    assert all(one.blocks for one in again.by_hand(now, is_simulator=False))
    assert again.standing(now) == {}
    assert again.standing(long_ago)["fence"].reason == "order 17"


def test_a_real_drone_is_not_touched_before_somebody_looked_at_it(peer, file: Path, capsys) -> None:
    """A drone would be loaded and armed with a loose propeller, because a checklist can be forgotten."""
    order = read_order(file)
    with pytest.raises(NotConfirmedError, match="by hand: propellers"):
        fly_order(
            order,
            peer.address,
            confirm=lambda vehicle: Confirmation("A. Serikov", 1, "fly", utc_now()),
            folder=file.parent / "f",
            system_id=1,
            before=before_flight(flights_folder(file), order),
        )
    assert not [one for one in peer.heard if one.get_type() in ("MISSION_COUNT", "PARAM_SET")]


def test_a_damaged_state_is_told_and_left_as_it_is(file: Path, peer, capsys) -> None:
    """A half file after a crash would end in a traceback, or in ticks that nobody gave."""
    order = read_order(file)
    path = kept_path(flights_folder(file), order, 1)
    path.parent.mkdir(parents=True)
    path.write_text('{"ticks": {"propellers": {"person": "A. Serikov"')
    assert run(["preflight", str(file), "--on", peer.address, "--vehicle", "1"]) == Exit.WRONG_INPUT
    assert str(path) in capsys.readouterr().err
    assert path.read_text().startswith('{"ticks"')


def test_a_vehicle_with_the_names_of_47_is_asked_by_them(peer, mission) -> None:
    """After a firmware update a failsafe would be shown as missing, or a height taken in the wrong unit."""
    peer.parameters[1] |= AS_47
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        lines = {one.name: one for one in preflight_checks(vehicle, mission, Needs(return_altitude_m=40.0))}
        assert str(lines["return altitude"].change) == "RTL_ALT_M 15 → 40"
        assert lines["ground station's number"].ok, "from 4.7 on a range may be told"
        assert str(lines["checks before arming"].change) == "ARMING_SKIPCHK 4 → 0"
        peer.parameters[1]["MAV_GCS_SYSID_HI"] = 0.0
        lines = {one.name: one for one in preflight_checks(vehicle, mission)}
        assert str(lines["ground station's number"].change) == "MAV_GCS_SYSID 250 → 255"


@pytest.mark.parametrize(
    ("settings", "line", "said"),
    [
        ({"FS_OPTIONS": 18.0}, "mission without ground station", "FS_OPTIONS 18 → 16"),
        ({"SYSID_MYGCS": 1.0}, "ground station's number", "SYSID_MYGCS 1 → 255"),
        ({"FS_EKF_THRESH": 0.0}, "estimator's threshold", "FS_EKF_THRESH 0 → 0.8"),
        ({"BATT_LOW_VOLT": 0.0, "BATT_CAPACITY": 10000.0}, "battery low is when", "BATT_LOW_MAH 0 → 3000"),
        ({"BATT_LOW_MAH": 5000.0, "BATT_CAPACITY": 10000.0}, "battery low is when", "BATT_LOW_MAH 5000 → 3000"),
        ({"RTL_ALT": 1000.0}, "return altitude", "RTL_ALT 1000 → 1500"),
        ({"RTL_ALT": 13000.0}, "return altitude", "above the limit of 120 m"),
        ({"RTL_ALT_TYPE": 1.0}, "return altitude's kind", "RTL_ALT_TYPE 1 → 0"),
    ],
)
def test_a_setting_that_does_not_fit_the_plan_is_found(peer, mission, settings, line: str, said: str) -> None:
    """A failsafe that is on but never acts, or acts against the plan, would pass as safe."""
    good = {"SYSID_MYGCS": 255.0, "FS_OPTIONS": 16.0, "BATT_FS_LOW_ACT": 2.0, "BATT_LOW_VOLT": 10.5, "RTL_ALT": 1500.0}
    peer.parameters[1] |= good | {"BATT_LOW_MAH": 0.0, "FS_EKF_THRESH": 0.8, "RTL_ALT_TYPE": 0.0} | settings
    needs = Needs(battery=0.7, reserve=0.3, return_altitude_m=15.0, highest_m=120.0)
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        lines = {one.name: one for one in preflight_checks(vehicle, mission, needs)}
    assert lines[line].ok is False
    assert said in f"{lines[line].change} {lines[line].sentence}"
