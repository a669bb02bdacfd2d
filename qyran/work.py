"""What the commands and the screens do alike: take an order, plan it, write it, fly it.

No words on a screen here; progress is a value, and what is written is written whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import shapely

from missions import compile_sortie, identity, write_mission
from missions.atomic import write_atomically
from missions.contents import read_contents
from missions.items import Mission
from missions.sites import site_of
from planner.errors import InputError
from planner.geojson import read_site
from planner.patrol import Patrol
from planner.plan import Plan, Sortie
from planner.planning import plan
from planner.quantities import LonLat
from planner.site import Area, Launch, Perimeter, Point, Site
from qyran.overrides import overridden
from qyran.plain import json_bytes
from qyran.project import Project, is_project
from qyran.report import plan_geojson, plan_report
from qyran.settings import Settings

PLAN_FILE = "plan.json"

_OURS = re.compile(r"(drone-[0-9]+-)?sortie-[0-9]+")
"""Names of mission files that a plan writes."""
DRAWN_SUFFIXES = (".kml", ".kmz", ".gpx", ".gpkg", ".shp", ".zip", ".poly")
"""Files of others whose outlines, ways and places may be planned as they are."""

Step = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """An order and where it came from."""

    patrol: Patrol
    launch: Launch
    project: Project | None = None
    settings: Settings = field(default_factory=Settings)
    """The project's, or the defaults for a bare file."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A sortie and what the autopilot is told of it."""

    sortie: Sortie
    mission: Mission
    of_team: bool = False
    """Whether several drones fly the plan."""

    @property
    def name(self) -> str:
        """The file name without its ending; of a team it tells which drone it is for."""
        sortie = f"sortie-{self.sortie.number}"
        return f"drone-{self.sortie.drone}-{sortie}" if self.of_team else sortie

    @property
    def identity(self) -> str:
        """The mission's short identity, the same in file, plan and vehicle."""
        return identity(self.mission)


def open_work(path: Path, changes: Iterable[str] = ()) -> Work:
    """The order in a project's folder, or the default order for a bare GeoJSON file or a drawing of others.

    ``changes`` are single settings, "relay.batteries=4", in the place of the project's. Where no launch is drawn, the
    launch is a point inside the first area. Raises ``InputError``.
    """
    if path.is_dir():
        project = Project.open(path)
        project = replace(project, settings=overridden(project.settings, changes))
        return Work(project.patrol, project.launch or launch_inside(project.site), project, project.settings)
    if not path.exists():
        raise InputError("There is no such file or folder.", about=str(path))
    if is_project(path.parent) and path.name == "patrol.toml":
        return open_work(path.parent, changes)
    site = site_of(read_contents(path), str(path)) if path.suffix.lower() in DRAWN_SUFFIXES else read_site(path)
    settings = overridden(Settings(), changes)
    patrol = replace(settings.to_patrol(site), name=path.stem)
    return Work(patrol, site.launches[0] if site.launches else launch_inside(site), settings=settings)


def launch_inside(site: Site) -> Launch:
    """A launch inside the first area, or at the first thing to be watched, for a site on which none is drawn."""
    if site.areas:
        point = site.areas[0].shape.representative_point()
        return Launch("launch", LonLat(point.x, point.y), "inside the first area")
    if not site.watched:
        raise InputError(
            "No area is drawn, so there is nothing to patrol.",
            about=site.source or None,
            mend="Draw one in the TUI (qyran tui FOLDER), or put a polygon into areas.geojson.",
        )
    first = site.watched[0]
    if isinstance(first, Point):
        return Launch("launch", first.position, "at the first point")
    lon, lat = shapely.get_coordinates(first.shape if isinstance(first, Area | Perimeter) else first.line)[0].tolist()
    return Launch("launch", LonLat(lon, lat), "where the first line begins")


def plan_work(work: Work, on_progress: Step | None = None, should_stop: Callable[[], bool] | None = None) -> Plan:
    """Plan an order; see ``planner.planning.plan``."""
    return plan(work.patrol, launch=work.launch, on_progress=on_progress, should_stop=should_stop)


def compile_plan(made: Plan) -> tuple[Compiled, ...]:
    """Every sortie as the autopilot takes it."""
    of_team = len(made.drones) > 1
    return tuple(Compiled(sortie, compile_sortie(made, sortie), of_team) for sortie in made.sorties)


def export_plan(made: Plan, compiled: tuple[Compiled, ...], folder: Path) -> dict[str, object]:
    """Write each sortie as ``.waypoints`` (with ``.fence`` and ``.rally``) and ``.plan``, then ``plan.json``.

    Every file is whole or absent; sorties of an earlier plan that are no longer part of it are removed. Returns the
    report that ``plan.json`` holds.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder cannot be made: {error.strerror}.", about=str(folder)) from error
    files = {one.sortie.number: folder / f"{one.name}.waypoints" for one in compiled}
    _forget_earlier(folder, keep={one.name for one in compiled})
    for one in compiled:
        write_mission(one.mission, folder / f"{one.name}.waypoints")
        write_mission(one.mission, folder / f"{one.name}.plan")
    report = plan_report(made, compiled, files)
    write_atomically(folder / "plan.geojson", json_bytes(plan_geojson(made)) + b"\n")
    write_atomically(folder / PLAN_FILE, json_bytes(report, indent=1) + b"\n")
    return report


def with_settings(work: Work, changed: Patrol) -> Work:
    """The same work under another order."""
    return replace(work, patrol=changed)


def _forget_earlier(folder: Path, keep: set[str]) -> None:
    for suffix in ("waypoints", "fence", "rally", "plan"):
        for file in folder.glob(f"*sortie-*.{suffix}"):
            if file.stem not in keep and _OURS.fullmatch(file.stem):
                file.unlink()
