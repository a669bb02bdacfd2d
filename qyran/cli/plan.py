"""``qyran plan``, ``check`` and ``export``: from an order to sorties, findings and mission files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

import click
from rich.table import Table

from planner.errors import SettingError
from planner.patrol import Patrol
from planner.patterns import PATTERNS, Pattern
from planner.plan import Finding, Plan, Severity
from planner.quantities import Altitude, AltitudeReference
from planner.sampling import sampling
from planner.terrain import Ground
from planner.vehicles import VehicleKind
from planner.zones import read_zone_files, with_zones
from qyran.cli.exits import Exit
from qyran.cli.talk import clock, progress, put_json, put_table, say, share
from qyran.cli.team import TEAM_OPTIONS, LaunchWord, hours, refuse_launch_word, tell_team, with_team
from qyran.cli.words import POSITIVE, NumberType
from qyran.report import finding_report, plan_report
from qyran.settings import TerrainSettings
from qyran.terrain import open_ground
from qyran.work import Compiled, Work, compile_plan, export_plan, open_work, plan_work

_GLYPHS = {Severity.INFO: "·", Severity.WARNING: "▲", Severity.BLOCKING: "✗"}


ZONES_HELP = """A file of zones to keep out of: ED-269, ED-318, OpenAir, KML, KMZ, GeoJSON, GeoPackage, shapefile or
aerodrome rules. May be given several times."""


class Changes(TypedDict):
    """Options that stand in for the project's settings in this one run."""

    pattern: str | None
    swath: float | None
    altitude: float | None
    speed: float | None
    heading: float | None
    drones: int | None
    launch: tuple[LaunchWord, ...]
    shift: float | None
    rhythm: str | None
    longest_gap: float | None
    settings: tuple[str, ...]
    seed: int | None
    terrain: tuple[Path, ...]
    flat: bool
    zones: tuple[Path, ...]


def _with_order_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("path", type=click.Path(path_type=Path)),
            click.option("--pattern", type=click.Choice(list(PATTERNS)), help="How; the settings say where left out."),
            click.option("--swath", type=POSITIVE, help="Metres between lanes; the camera decides where left out."),
            click.option("--altitude", type=POSITIVE, help="Metres above ground (above home where settings say HOME)."),
            click.option("--speed", type=POSITIVE, help="Metres per second in lanes and transits."),
            click.option("--heading", type=NumberType(), help="Direction of the lanes, degrees from true north."),
            *TEAM_OPTIONS,
            click.option(
                "--terrain",
                type=click.Path(path_type=Path),
                multiple=True,
                help="Terrain file (.hgt, GeoTIFF) or a folder of them; give it several times for several.",
            ),
            click.option("--flat", is_flag=True, help="Take the ground as flat, whatever terrain the settings name."),
            click.option("--seed", type=int, help="Seed of everything that is drawn by chance."),
            click.option("--zones", type=click.Path(path_type=Path), multiple=True, help=ZONES_HELP),
            click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object."),
        )
    ):
        command = option(command)
    return command


def _planned(path: Path, changes: Changes) -> tuple[Plan, tuple[Compiled, ...], Work]:
    work = _with_zones(_changed(open_work(path, changes["settings"]), changes), changes["zones"])
    with progress("planning") as step:
        made = plan_work(work, step)
    kind = work.patrol.vehicle.kind
    if kind is not VehicleKind.COPTER:
        say(f"▲ Missions are compiled for a {kind.value}; lanes, times and energies are those of a multicopter.")
    return made, compile_plan(made), work


def _with_zones(work: Work, files: tuple[Path, ...]) -> Work:
    """The work with the zones of further files; what a person should know of all its zone files is said."""
    found = read_zone_files(files)
    for note in (*(work.project.notes if work.project else ()), *found.notes):
        say(f"▲ {note}")
    return replace(work, patrol=replace(work.patrol, site=with_zones(work.patrol.site, found.zones)))


def _changed(work: Work, changes: Changes) -> Work:
    pattern = _pattern(work, changes["pattern"])
    fields: dict[str, Any] = {}
    if changes["altitude"] is not None:
        fields["altitude"] = Altitude(changes["altitude"], pattern.altitude.reference or AltitudeReference.AGL)
    for name, value in (
        ("swath_m", changes["swath"]),
        ("speed_mps", changes["speed"]),
        ("heading_deg", changes["heading"]),
        ("shift_s", changes["shift"]),
        ("rhythm", changes["rhythm"]),
        ("longest_gap_s", changes["longest_gap"]),
    ):
        if value is None:
            continue
        if not hasattr(pattern, name):
            raise SettingError(f"The pattern {pattern.word} has no {name}.", mend="Leave that option out.")
        fields[name] = value
    patrol: Patrol = replace(work.patrol, pattern=replace(pattern, **fields))
    if changes["seed"] is not None:
        patrol = replace(patrol, seed=changes["seed"])
    if changes["terrain"] or changes["flat"]:
        patrol = replace(patrol, ground=_ground(work, changes["terrain"], flat=changes["flat"]))
    refuse_launch_word(changes["launch"])
    return with_team(work, patrol, changes["drones"], changes["launch"])


def _ground(work: Work, files: tuple[Path, ...], *, flat: bool) -> Ground | None:
    """The ground that is asked for, with the obstacles and distances of the project's settings."""
    if files and flat:
        raise SettingError("Terrain is given, and flat ground asked for.", mend="Leave out --terrain or --flat.")
    settings = work.project.settings.terrain if work.project else TerrainSettings()
    places = settings.places(work.project.folder if work.project else Path())
    return open_ground(replace(places, files=files, flat=flat), settings.room())


def _pattern(work: Work, word: str | None) -> Pattern:
    """The pattern that is asked for, as the project's settings have it; the project's own where none is."""
    if word is None:
        return work.patrol.pattern
    return work.settings.pattern(word)


@click.command()
@_with_order_options
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the mission files; a project's missions/.")
@click.option("--dry-run", is_flag=True, help="Plan and answer, but write no file.")
def plan(path: Path, as_json: bool, out: Path | None, dry_run: bool, **changes: Unpack[Changes]) -> None:
    """Plan the patrol in PATH, a project's folder or a bare GeoJSON file with areas (or lines, points) in it.

    Writes each sortie as .waypoints (with .fence and .rally beside it) and as .plan, and plan.json with what it came
    to. Exits with 1 where a finding blocks the plan.
    """
    made, compiled, work = _planned(path, changes)
    folder = out or (work.project.missions if work.project else None)
    writes = folder is not None and not dry_run
    report = export_plan(made, compiled, folder) if folder and writes else plan_report(made, compiled, {})
    if as_json:
        put_json(report)
    else:
        put_table(plan_table(made, compiled))
        tell_team(made)
        covered = "" if made.covered is None else f"covered {share(made.covered)} · "
        say(f"{covered}{made.outside_m:.1f} m outside{_sampling_words(made)}")
        show_findings(made.findings)
        say(f"written to {folder}" if writes else "nothing written")
    _exit_for(made)


@click.command()
@_with_order_options
def check(path: Path, as_json: bool, **changes: Unpack[Changes]) -> None:
    """Plan PATH and say what every safety rule found; exits with 1 where one blocks."""
    made, _, _ = _planned(path, changes)
    if as_json:
        put_json({"blocked": made.is_blocked, "findings": [finding_report(finding) for finding in made.findings]})
    else:
        show_findings(made.findings)
        say("✗ blocked: this plan may not be loaded" if made.is_blocked else "✓ nothing blocks this plan")
    _exit_for(made)


@click.command()
@_with_order_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the mission files.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def export(path: Path, as_json: bool, out: Path, dry_run: bool, **changes: Unpack[Changes]) -> None:
    """Plan PATH and write its missions for Mission Planner, QGroundControl and MAVProxy into a folder."""
    made, compiled, _ = _planned(path, changes)
    names = [out / f"{one.name}{ending}" for one in compiled for ending in (".waypoints", ".plan")]
    if not dry_run:
        export_plan(made, compiled, out)
    if as_json:
        put_json(
            {
                "files": [str(name) for name in names],
                "identities": {one.name: one.identity for one in compiled},
                "written": not dry_run,
                "blocked": made.is_blocked,
            }
        )
    else:
        for name in names:
            say(f"{'would write' if dry_run else 'wrote'} {name}")
        for one in compiled:
            say(f"{one.name}: {len(one.mission.items)} items, identity {one.identity}")
        show_findings([finding for finding in made.findings if finding.severity.blocks])
    _exit_for(made)


def plan_table(made: Plan, compiled: tuple[Compiled, ...]) -> Table:
    """Sorties with what each will take."""
    table = Table(title=f"{made.patrol.name}: {len(made.sorties)} sortie{'s' if len(made.sorties) != 1 else ''}")
    team = ("drone", "starts") if len(made.drones) > 1 or made.shift else ()
    for heading in ("sortie", *team, "items", "time", "distance", "battery", "mission"):
        table.add_column(heading, justify="left" if heading == "mission" else "right")
    for one in compiled:
        forecast = one.sortie.forecast
        table.add_row(
            str(one.sortie.number),
            *((str(one.sortie.drone), hours(one.sortie.starts_s)) if team else ()),
            str(len(one.mission.items)),
            clock(forecast.duration_s),
            f"{forecast.distance_m / 1000:.2f} km",
            share(forecast.battery_used),
            one.identity,
        )
    return table


def show_findings(findings: tuple[Finding, ...] | list[Finding]) -> None:
    """What the rules found, worst first."""
    order = list(_GLYPHS)
    for finding in sorted(findings, key=lambda one: -order.index(one.severity)):
        places = [f"sortie {finding.sortie}"] if finding.sortie else []
        places += [str(finding.place)] if finding.place else []
        where = f" ({', '.join(places)})" if places else ""
        say(f"{_GLYPHS[finding.severity]} {finding.rule}{where}: {finding.sentence} {finding.mend}".rstrip())


def _sampling_words(made: Plan) -> str:
    found = sampling(made)
    if found is None:
        return ""
    finest, coarsest = f"{found.finest_m * 100:.1f}", f"{found.coarsest_m * 100:.1f}"
    return f" · {finest if finest == coarsest else f'{finest} to {coarsest}'} cm of ground a pixel"


def _exit_for(made: Plan) -> None:
    if made.is_blocked:
        raise click.exceptions.Exit(Exit.NO)
