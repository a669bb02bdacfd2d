"""``qyran vehicle VERB LINK``: single commands as a pilot types them, over real sockets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.quantities import LonLat
from qyran.cli import run
from qyran.cli.exits import Exit
from sim import Simulator, SimulatorSettings
from telemetry import Vehicle
from telemetry.link import wait_for

HOME = LonLat(76.9286, 43.2567)


def answers(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object], str]:
    code = run(["vehicle", *words, "--vehicle", "1", "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out), said.err


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QYRAN_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "orders.jsonl"


def test_up_there_and_back_by_single_commands(capsys, journal: Path) -> None:
    """Who has only a terminal could not move a drone, or would not know whether it did as told."""
    with Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=20.0)) as simulator:
        link = simulator.addresses[0].address
        with Vehicle.connect(link, system_id=1) as watching:
            assert wait_for(lambda: bool(watching.state.can_arm) and watching.state.home is not None, 10)
            code, answer, said = answers(capsys, "takeoff", link, "15", "--yes")
            assert (code, answer["outcome"], answer["seen"], answer["armed"]) == (Exit.DONE, "done", True, True)
            assert answer["altitude_home_m"] == pytest.approx(15, abs=1.5)
            assert answer["confirmation"]["person"] == "the simulator"
            assert "FS_GCS_ENABLE 0" in answer["without_us"], "an armed vehicle and no heartbeats: it must be said"
            assert "FS_GCS_ENABLE 0" in said
            code, answer, _ = answers(capsys, "goto", link, "43.2575,76.9286", "--height", "20 m HOME", "--yes")
            assert (code, answer["mode"]) == (Exit.DONE, "GUIDED")
            code, answer, said = answers(capsys, "goto", link, "43.2575,76.9286", "--height", "20 m HOME")
            assert (code, answer["outcome"]) == (Exit.REFUSED, "refused")
            assert "Nobody is there to confirm" in said
            code, answer, said = answers(capsys, "takeoff", link, "30", "--yes")
            assert code == Exit.REFUSED
            assert "in the air already" in said
            assert run(["vehicle", "mode", link, "HOVER", "--yes"]) == Exit.WRONG_INPUT
            code, answer, _ = answers(capsys, "pause", link)
            assert (code, answer["mode"], answer["confirmation"]) == (Exit.DONE, "BRAKE", None)
            code, answer, _ = answers(capsys, "land", link)
            assert (code, answer["mode"]) == (Exit.DONE, "LAND")
            assert watching.seen(lambda state: state.armed is False, 60)
    kept = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(one["event"], one["command"]) for one in kept[:2]] == [("asked", "takeoff"), ("answered", "takeoff")]
    assert kept[0]["confirmation"]["at"] <= kept[1]["at"]
    assert [one["outcome"] for one in kept if one["event"] == "failed"] == ["refused", "refused"]
    assert [one["command"] for one in kept if one["event"] == "answered"] == ["takeoff", "goto", "pause", "land"]


def test_a_real_drone_is_stopped_at_once_and_armed_on_a_word_only(peer, capsys) -> None:
    """Seconds would be lost on a question when a drone must stop; or ``--yes`` would arm a real one."""
    peer.armed, peer.mode = True, 3
    heard = []

    def answer(command) -> int:
        heard.append((int(command.command), command.param2))
        if command.command == mavlink.MAV_CMD_DO_SET_MODE:
            peer.mode = int(command.param2)
        return mavlink.MAV_RESULT_ACCEPTED

    peer.answers = answer
    code, answered, _ = answers(capsys, "pause", peer.address)
    assert (code, answered["mode"], answered["is_simulator"]) == (Exit.DONE, "BRAKE", False)
    assert (mavlink.MAV_CMD_DO_SET_MODE, 17.0) in heard
    for words in (["arm"], ["resume"], ["mode", "AUTO"], ["speed", "5"], ["skip", "2"]):
        heard.clear()
        assert run(["vehicle", words[0], peer.address, *words[1:], "--yes", "--vehicle", "1"]) == Exit.REFUSED
        assert "does not announce itself as a simulator" in capsys.readouterr().err
        assert not [one for one in heard if one[0] not in (511, 512, 520)]


def test_nothing_is_called_in_a_dry_run_and_nobody_at_a_silent_address(capsys, journal: Path) -> None:
    """Trying a command out would move a drone; a wrong address would end in a traceback."""
    code, answer, said = answers(capsys, "return", "udpin:127.0.0.1:1", "--dry-run")
    assert (code, answer["outcome"]) == (Exit.DONE, "not_asked")
    assert "would ask" in said
    assert not journal.exists()
    assert run(["vehicle", "land", "carrier pigeon"]) == Exit.WRONG_INPUT


@pytest.mark.parametrize(
    "words",
    [
        ["takeoff", "L", "5000 ft"],
        ["takeoff", "L", "nan"],
        ["takeoff", "L", "40 m"],
        ["goto", "L", "143.2,76.9"],
        ["goto", "L", "43.2"],
        ["speed", "L", "0"],
        ["speed", "L", "fast"],
        ["skip", "L", "-1"],
        ["skip", "L", "one"],
        ["height", "L", ""],
        ["arm"],
        ["arm", "L", "--vehicle", "0"],
    ],
)
def test_slips_are_told_in_words(words: list[str], capsys) -> None:
    """A slip of the finger would be sent to a drone, or answered with a traceback."""
    code = run(["vehicle", *[("udpin:127.0.0.1:1" if one == "L" else one) for one in words], "--dry-run"])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert code == (Exit.DONE if words[-1] == "40 m" else Exit.WRONG_INPUT), said
