"""``qyran new``: a patrol project of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from planner.errors import InputError
from planner.geojson import read_site
from planner.quantities import LonLat
from planner.site import Launch, Site
from qyran.cli.talk import put_json, say
from qyran.cli.words import PLACE
from qyran.project import AREAS_FILE, SETTINGS_FILE, Project


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--area", type=click.Path(path_type=Path), help="GeoJSON file with the areas (and zones) to begin with.")
@click.option("--launch", type=PLACE, help="Where the drone starts and comes home.")
@click.option("--name", help="The patrol's name; the folder's where it is left out.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what would be made, and make nothing.")
def new(
    *, folder: Path, area: Path | None, launch: LonLat | None, name: str | None, as_json: bool, dry_run: bool
) -> None:
    """Make a patrol project in FOLDER: patrol.toml and areas.geojson, for people to read and git to keep."""
    site = read_site(area) if area else Site(areas=())
    if launch:
        others = tuple(one for one in site.launches if one.id != "launch")
        site = replace(site, launches=(Launch("launch", launch, "Launch"), *others))
    name = name or folder.resolve().name
    files = [folder / SETTINGS_FILE, folder / AREAS_FILE]
    if dry_run:
        taken = [str(file) for file in files if file.exists()]
        if taken:
            raise InputError(f"{taken[0]} is there already.", mend="Choose another folder.")
    else:
        Project.create(folder, name=name, site=site)
    if as_json:
        put_json({"folder": str(folder), "name": name, "files": [str(file) for file in files], "made": not dry_run})
        return
    for file in files:
        say(f"{'would make' if dry_run else 'made'} {file}")
    if not site.areas:
        say(f"Next: draw where to patrol with `qyran tui {folder}`, or put polygons into {folder / AREAS_FILE}.")
    else:
        say(f"Next: `qyran plan {folder}`.")
