"""The rooms stand apart: what each may load, and that every file in them loads at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = ("planner", "missions", "telemetry", "sim", "qyran")
FACES = {"textual", "folium", "fastapi", "click", "rich"}
WIRE = {"pymavlink", "dronekit", "serial"}


def modules_of(room: str) -> list[str]:
    """The dotted names of every file of a room, scripts (``__main__``) left out."""
    files = sorted((HOUSE / room).rglob("*.py"))
    names = [".".join(file.relative_to(HOUSE).with_suffix("").parts) for file in files if file.stem != "__main__"]
    return [name.removesuffix(".__init__") for name in names]


def loaded_by(statement: str) -> set[str]:
    """The top-level modules a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=HOUSE, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("room", ["planner", "missions"])
def test_planning_needs_no_screen_and_no_vehicle(room: str) -> None:
    """A server or a notebook that only plans would drag in terminal, browser and radio libraries."""
    assert not loaded_by("".join(f"import {name}\n" for name in modules_of(room))) & (FACES | WIRE)


@pytest.mark.parametrize("room", ["telemetry", "sim"])
def test_flying_needs_no_screen(room: str) -> None:
    """A headless station or a CI run would need terminal and map libraries only to fly."""
    assert not loaded_by("".join(f"import {name}\n" for name in modules_of(room))) & FACES


def test_importing_the_planner_is_light() -> None:
    """``import planner`` in a script would load a face's libraries or the vehicle's wire."""
    assert not loaded_by("import planner") & (FACES | WIRE)


def test_the_maps_load_folium_only_to_draw() -> None:
    """Every command would start slower for a map it does not draw."""
    assert "folium" not in loaded_by("import qyran.maps")


@pytest.mark.parametrize("room", ROOMS)
def test_every_file_of_a_room_imports(room: str) -> None:
    """A file that nobody else imports could be broken and go out broken."""
    names = modules_of(room)
    assert names
    code = "".join(f"import {name}\n" for name in names)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=HOUSE)
    assert done.returncode == 0, done.stderr


def test_arrows_run_one_way() -> None:
    """A room could come to depend on one above it, and the planner could no longer be used alone."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=HOUSE, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_the_linter_sees_an_arrow_that_runs_back(tmp_path: Path) -> None:
    """The rule itself could have gone blind, and every change would pass it."""
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    (tmp_path / "planner" / "plan.py").write_text("import qyran\nimport click\n")
    (tmp_path / "pyproject.toml").write_text((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 1, done.stdout
    assert "arrows run one way BROKEN" in done.stdout
    assert "only the faces know screens, maps and words BROKEN" in done.stdout
