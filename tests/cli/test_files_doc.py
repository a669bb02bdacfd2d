"""The commands in docs/files.md."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from missions import read_mission
from missions.contents import READ
from missions.convert import WRITTEN
from qyran.cli import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    qyran (.*)$", TEXT, re.MULTILINE)


def test_each_command_does_what_the_docs_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's first command with files would fail."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) >= 8
    for command in COMMANDS:
        done = CliRunner().invoke(app, shlex.split(command))
        assert done.exit_code == 0, f"{command}: {done.output} {done.exception}"
    assert len(read_mission(tmp_path / "out" / "laps.waypoints").items) == 9
    assert (tmp_path / "out" / "field" / "sortie-1.plan").exists()


def test_the_table_names_every_format() -> None:
    """A format would be read or written that nobody knows of."""
    named = set(re.findall(r"`(\.\w+)`", TEXT[TEXT.index("| Ending") : TEXT.index("In KML and GPX")]))
    assert set(WRITTEN.split(", ")) <= named
    assert set(re.findall(r"\.\w+", READ)) <= named
