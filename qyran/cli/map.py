"""``qyran map``: a plan, a mission, flights, on one page that opens without internet."""

from __future__ import annotations

from pathlib import Path

import click

from missions import read_mission
from planner.errors import InputError
from qyran.cli.talk import progress, put_json, say
from qyran.maps import NO_BACKGROUND, Background
from qyran.project import is_project
from qyran.record import draw_record, seen_by, unfinished
from qyran.witness import Recorded
from qyran.work import open_work, plan_work

MISSION_ENDINGS = {".plan", ".waypoints", ".txt", ".mission"}


@click.command("map")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--flight", "flights", type=click.Path(path_type=Path), multiple=True, help="A .tlog or its folder.")
@click.option(
    "--tiles", default="none", show_default=True, help="Tile folder (z/x/y.png), https://…{z}/{x}/{y}…, none."
)
@click.option("--out", type=click.Path(path_type=Path), help="The page to write; map.html beside PATH if left out.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what would be drawn, and write nothing.")
def draw(*, path: Path, flights: tuple[Path, ...], tiles: str, out: Path | None, as_json: bool, dry_run: bool) -> None:
    """Draw PATH: a project (its plan and its flights), a mission file, a bare GeoJSON, a flight's folder or a .tlog."""
    if not path.exists():
        raise InputError("There is no such file or folder.", about=str(path))
    logs = [_log_in(flight) for flight in flights]
    page = out or (path if path.is_dir() else path.parent) / "map.html"
    project = is_project(path)
    if project and not flights:
        logs = sorted(path.glob("flights/**/*.tlog"))
    if _is_flight(path):
        logs = [_log_in(path), *logs]
    if dry_run:
        say(f"would draw {path} with {len(logs)} flights into {page}")
        return
    recorded = _opened(logs)
    if _is_flight(path):
        draw_record(page, title=path.stem, flights=recorded, background=_background(tiles))
    elif path.is_file() and path.suffix.lower() in MISSION_ENDINGS:
        mission = read_mission(path)
        draw_record(page, title=path.stem, mission=mission, flights=recorded, background=_background(tiles))
    else:
        with progress("planning") as step:
            made = plan_work(open_work(path), step)
        seen = seen_by(made, recorded)
        draw_record(
            page, title=made.patrol.name, made=made, flights=recorded, witnessed=seen, background=_background(tiles)
        )
    if as_json:
        put_json(
            {
                "map": str(page),
                "flights": [str(log) for log in logs],
                "unfinished": [str(log) for log in logs if unfinished(log) is not None],
            }
        )
    else:
        say(f"drawn: {page}")


def _is_flight(path: Path) -> bool:
    return path.suffix == ".tlog" or (path.is_dir() and not is_project(path) and any(path.glob("*.tlog")))


def _log_in(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.glob("*.tlog"))
    if not found:
        raise InputError("There is no .tlog in it.", about=str(path))
    return found[0]


def _opened(logs: list[Path]) -> list[Recorded]:
    from telemetry import read_tlog  # noqa: PLC0415

    opened: list[Recorded] = []
    for log in logs:
        reading = read_tlog(log)
        if not reading.damage.is_none:
            say(f"▲ {log} is damaged; it opens as far as it goes: {reading.damage}")
        if (words := unfinished(log)) is not None:
            say(f"▲ {log}: {words}")
        opened.append(reading)
    return opened


def _background(tiles: str) -> Background:
    if tiles == "none":
        return NO_BACKGROUND
    return Background(url=tiles) if "://" in tiles else Background(folder=Path(tiles))
