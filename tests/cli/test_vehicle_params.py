"""Parameters and signing from the command line, in the person's own words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from qyran.cli import run
from qyran.cli.exits import Exit
from sim import Simulator, SimulatorSettings


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    monkeypatch.setenv("QYRAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("QYRAN_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with Simulator(SimulatorSettings(port=0, speedup=1.0)) as one:
        yield one


def test_nothing_is_set_without_a_persons_word(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """A script could switch a drone's failsafe off."""
    address = simulator.addresses[0].address
    words = ["vehicle", "params", address, "--vehicle", "1", "--set", "RTL_ALT=3000", "--set", "FS_GCS_ENABLE=1"]
    assert run(words) == Exit.REFUSED
    assert "Nobody is there to confirm" in capsys.readouterr().err
    assert simulator.vehicles[0].parameters["RTL_ALT"] == 1500
    assert run([*words, "--yes", "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["set"] == {"RTL_ALT": [1500.0, 3000.0], "FS_GCS_ENABLE": [0.0, 1.0]}
    assert simulator.vehicles[0].parameters["RTL_ALT"] == 3000
    assert run(["vehicle", "params", address, "--set", "RTL_ALT=9", "--set", "NO_SUCH=1", "--yes"]) == Exit.REFUSED
    assert simulator.vehicles[0].parameters["RTL_ALT"] == 3000


def test_a_broken_file_and_a_dry_run_call_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person would wait half a minute for a vehicle to learn that the file is wrong."""
    (tmp_path / "bad.param").write_text("RTL_ALT,1\nRTL_ALT\n")
    nobody = "tcp:127.0.0.1:1"
    assert run(["vehicle", "params", nobody, "--compare", str(tmp_path / "bad.param")]) == Exit.WRONG_INPUT
    assert "bad.param, line 2" in capsys.readouterr().err
    assert run(["vehicle", "params", nobody, "--set", "RTL_ALT=15", "--dry-run"]) == Exit.DONE
    assert "would set RTL_ALT=15" in capsys.readouterr().err
    assert run(["vehicle", "params", "nonsense"]) == Exit.WRONG_INPUT
    assert run(["sim", "link", nobody, "--loss", "2"]) == Exit.WRONG_INPUT
    assert run(["sim", "link", nobody, "--up-only", "--down-only"]) == Exit.WRONG_INPUT


def test_a_key_is_made_given_and_taken_away(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """A drone could be locked, and nobody would find the way to unlock it."""
    address = simulator.addresses[0].address
    assert run(["vehicle", "signing", "new", "one"]) == Exit.DONE
    assert run(["vehicle", "signing", "setup", address, "--key", "one"]) == Exit.REFUSED
    assert simulator.vehicles[0].signing.guard is None
    assert run(["vehicle", "signing", "setup", address, "--key", "one", "--vehicle", "1", "--yes"]) == Exit.DONE
    capsys.readouterr()
    assert run(["vehicle", "signing", "status", address, "--vehicle", "1", "--json"]) == Exit.DONE
    status = json.loads(capsys.readouterr().out)
    assert (status["key"], status["ignored_unsigned"]) == ("one", 0)
    assert status["good"] > 0
    assert run(["vehicle", "signing", "end", address, "--vehicle", "1", "--yes"]) == Exit.DONE
    assert simulator.vehicles[0].signing.guard is None
