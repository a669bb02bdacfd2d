"""What leaves the command line by odd ways: no reader, a full disk, a name that is no text, tiny lanes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qyran.cli import run
from qyran.cli.exits import Exit

RING = [[76.94, 43.23], [76.9402, 43.23], [76.9402, 43.2302], [76.94, 43.2302], [76.94, 43.23]]


def area(path: Path) -> Path:
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [RING]}))
    return path


def qyran(*words: str | bytes, stdout: int) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "qyran", *words]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, timeout=60, check=False)


def test_a_reader_that_goes_is_no_answer_of_no(tmp_path: Path) -> None:
    """Without it `qyran … | head -0` in a script looks like a blocked plan (1) or fails with a traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    done = qyran("plan", str(area(tmp_path / "a.geojson")), "--json", "--dry-run", stdout=writer)
    os.close(writer)
    assert done.returncode == Exit.DONE
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("help_only", [True, False])
def test_a_full_disk_under_stdout_is_said_in_words(tmp_path: Path, help_only: bool) -> None:
    """Without it the user gets a traceback instead of "no space left"."""
    words = ["--help"] if help_only else ["plan", str(area(tmp_path / "a.geojson")), "--json", "--dry-run"]
    with Path("/dev/full").open("wb") as full:
        done = qyran(*words, stdout=full.fileno())
    assert done.returncode == Exit.WRONG_INPUT
    assert b"cannot be written: No space left" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_a_file_name_that_is_no_text_does_not_stop_a_plan(tmp_path: Path) -> None:
    """Without it a file from an old Cyrillic disk ends in a traceback and half an export."""
    name = os.fsencode(tmp_path) + b"/\xf3\xf7.geojson"
    area(Path(os.fsdecode(name)))
    out = os.fsencode(tmp_path) + b"/\xe2\xfb"
    done = qyran("plan", name, "--json", "--out", out, stdout=subprocess.PIPE)
    assert done.returncode == Exit.DONE, done.stderr
    for text in (done.stdout, (Path(os.fsdecode(out)) / "plan.json").read_bytes()):
        assert Path(json.loads(text)["sorties"][0]["file"]).exists()


@pytest.mark.parametrize("words", [("--swath", "1e-9"), ("--swath", "0.004"), ("--altitude", "0.001")])
def test_lanes_far_too_narrow_are_refused(
    words: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without it a slip of the hand takes all of the machine's memory and ends in a traceback."""
    assert run(["plan", str(area(tmp_path / "a.geojson")), "--dry-run", *words]) == Exit.WRONG_INPUT
    assert "too narrow" in capfd.readouterr().err
