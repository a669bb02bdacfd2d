"""``qyran log coverage``: what the camera really saw, and what is left to be flown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from planner.errors import InputError
from planner.files import write_atomically
from planner.geojson.write import site_to_geojson
from planner.patrol import Patrol
from planner.terrain import Ground
from qyran.cli.talk import put_json, say, share
from qyran.cli.words import NumberType
from qyran.logs import find_log
from qyran.plain import json_bytes
from qyran.project import is_project
from qyran.settings import TerrainSettings
from qyran.terrain import open_ground
from qyran.witness import LEAST_GAP_M2, gaps_site, look
from qyran.work import PLAN_FILE, Work, open_work

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("flights", type=FILE, nargs=-1, required=True, metavar="FLIGHT…")
@click.option("--of", "order", type=FILE, help="The project, or areas.geojson; the one the flights lie in if left out.")
@click.option("--gaps", type=FILE, help="GeoJSON to write: what was not seen, as areas for qyran plan.")
@click.option("--least", type=NumberType(least=0), default=LEAST_GAP_M2, show_default=True, help="Smallest gap, m².")
@click.option("--film", is_flag=True, help="The camera filmed all along the track, whatever pictures are told.")
@click.option("--terrain", type=FILE, multiple=True, help="Heights of the ground (.hgt, GeoTIFF), as for qyran plan.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Reckon and say, and write nothing.")
def coverage(
    *,
    flights: tuple[Path, ...],
    order: Path | None,
    gaps: Path | None,
    least: float,
    film: bool,
    terrain: tuple[Path, ...],
    as_json: bool,
    dry_run: bool,
) -> None:
    """Say what share of the areas the camera really saw in FLIGHTs (logs or their folders), all together.

    From where pictures were taken and how the drone leaned; a log without pictures is taken for a film along its way.
    """
    from telemetry.logs import read_log  # noqa: PLC0415

    logs = [find_log(flight) for flight in flights]
    source = order or _project_of(logs[0])
    work = open_work(source)
    patrol = _on_ground(work, terrain)
    opened = [read_log(log) for log in logs]
    is_film = film or not any(one.pictures for one in opened)
    if is_film and not film:
        say("▲ no picture is told in the log: taken as a film all along the way")
    looked = look(patrol, work.launch, opened, film=is_film)
    missed = looked.gaps(least)
    planned = _planned(source)
    say(f"seen {share(looked.share)} of what was to be watched; planned {share(planned)}")
    on_ground = patrol.ground is not None and patrol.ground.terrain is not None
    say(f"on {'terrain' if on_ground else 'flat ground'}; {looked.seen.unknown} pictures without height or attitude")
    say(f"{len(missed)} gaps of {least:g} m² or more" if missed else f"no gap of {least:g} m² or more")
    file = _write_gaps(gaps, patrol, work, missed, dry_run=dry_run)
    if as_json:
        put_json(
            {
                "logs": [str(log) for log in logs],
                "of": str(source),
                "seen": round(looked.share, 6),
                "planned": None if planned is None else round(planned, 6),
                "film": is_film,
                "terrain": on_ground,
                "pictures": sum(len(one.pictures) for one in opened),
                "unknown": looked.seen.unknown,
                "watched_m2": round(looked.watched.area, 1),
                "gaps": len(missed),
                "gaps_m2": round(sum(looked.frame.to_local(gap).area for gap in missed), 1),
                "gaps_file": None if file is None else str(file),
            }
        )


def _write_gaps(
    gaps: Path | None, patrol: Patrol, work: Work, missed: tuple[object, ...], *, dry_run: bool
) -> Path | None:
    if gaps is None or dry_run:
        return None
    if not missed:
        say("nothing is left to be flown; no file is written")
        return None
    site = gaps_site(patrol.site, missed)  # type: ignore[arg-type]
    if not site.launches:
        site = replace(site, launches=(work.launch,))
    write_atomically(gaps, json_bytes(site_to_geojson(site)) + b"\n")
    say(f"written: {gaps}; plan it with: qyran plan {gaps}")
    return gaps


def _project_of(log: Path) -> Path:
    """The project that a flight lies in."""
    for folder in log.resolve().parents:
        if is_project(folder):
            return folder
    raise InputError(
        "It lies in no project, so nobody knows what was to be watched.",
        about=str(log),
        mend="Say it: --of PROJECT or --of areas.geojson.",
    )


def _on_ground(work: Work, files: tuple[Path, ...]) -> Patrol:
    if not files:
        return work.patrol
    settings = work.project.settings.terrain if work.project else TerrainSettings()
    places = settings.places(work.project.folder if work.project else Path())
    ground: Ground | None = open_ground(replace(places, files=files, flat=False), settings.room())
    return replace(work.patrol, ground=ground)


def _planned(source: Path) -> float | None:
    """What the project's plan promised; None where it was not planned, or says nothing of it."""
    folder = source if source.is_dir() else source.parent
    try:
        covered = json.loads((folder / "missions" / PLAN_FILE).read_text(encoding="utf-8"))["covered"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return float(covered) if isinstance(covered, int | float) else None
