"""The program in a real terminal: tmux, its own bytes, a vehicle on a real socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from missions import read_mission
from qyran.project import Project

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed: no real terminal to test in"
)


class Terminal:
    """One tmux server of our own, with one window."""

    def __init__(self, name: str) -> None:
        self._tmux = ["tmux", "-L", name, "-f", os.devnull, "-u"]

    def run(self, command: list[str]) -> None:
        """Start a program in a window of 120×40; a size that the test's own environment names does not count."""
        self._do("new-session", "-d", "-x", "120", "-y", "40", "env", "-u", "COLUMNS", "-u", "LINES", *command)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names, as fast as a person."""
        for key in keys:
            self._do("send-keys", key)
            time.sleep(0.15)

    @property
    def screen(self) -> str:
        """What stands on the screen; empty where the program has ended."""
        done = subprocess.run([*self._tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    def wait_for(self, words: str, seconds: float = 40.0) -> None:
        """Wait until words stand on the screen."""
        end = time.monotonic() + seconds
        while words not in self.screen:
            assert time.monotonic() < end, f"never saw {words!r}:\n{self.screen}"
            time.sleep(0.1)

    def wait_until_gone(self, words: str, seconds: float = 40.0) -> None:
        """Wait until words stand there no more."""
        end = time.monotonic() + seconds
        while words in self.screen:
            assert time.monotonic() < end, f"{words!r} stays:\n{self.screen}"
            time.sleep(0.1)

    def wait_for_end(self, seconds: float = 20.0) -> None:
        """Wait until the program has ended."""
        end = time.monotonic() + seconds
        while self.screen:
            assert time.monotonic() < end, self.screen
            time.sleep(0.1)

    def close(self) -> None:
        """End our server, and whatever still runs in it."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _do(self, *words: str) -> None:
        subprocess.run([*self._tmux, *words], check=True, capture_output=True)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal that is closed whatever happens."""
    opened = Terminal(f"qyran-{os.getpid()}-{tmp_path.name[-8:]}")
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.slow
def test_draw_plan_export_and_fly_in_a_real_terminal(project: Path, terminal: Terminal, simulator):
    """Everything would work in tests and nothing in a pilot's terminal."""
    address = simulator.address
    terminal.run([sys.executable, "-m", "qyran", "tui", str(project), "--on", address])
    terminal.wait_for("1 sortie")
    assert "field │ NO LINK │ m AGL" in terminal.screen
    assert "⣀" in terminal.screen or "⠤" in terminal.screen, "no braille on the map"
    terminal.press("H", "H", "n", "a", "H", "a", "J", "a", "enter")
    terminal.wait_for("area-1")
    terminal.wait_for("field*")
    terminal.wait_until_gone("earlier drawing")
    terminal.press("C-s")
    terminal.wait_for("field │")
    terminal.press("e")
    terminal.wait_for("written to field/missions")
    terminal.press("4", "enter")
    terminal.wait_for("vehicle number, only where")
    terminal.press("enter", "enter")
    terminal.wait_for("▸ enter loads")
    terminal.press("enter")
    terminal.wait_for("items read back equal")
    terminal.press("enter")
    terminal.wait_for("▸ S S starts")
    terminal.press("S", "S")
    terminal.wait_for("AUTO  ARMED")
    terminal.wait_for("✓ landed", 90)
    terminal.press("C-q")
    terminal.wait_for_end()
    assert [area.id for area in Project.open(project).site.areas] == ["field", "area-1"]
    assert len(read_mission(project / "missions" / "sortie-1.waypoints").items) > 10
    assert len(list((project / "flights").glob("*-sortie-1/flight.json"))) == 1


def test_a_folder_that_is_no_project_is_refused_in_words(tmp_path: Path):
    """The terminal would be left full of a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "qyran", "tui", str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "patrol.toml" in done.stderr
    assert "Traceback" not in done.stderr
