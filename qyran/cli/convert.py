"""``qyran convert``: missions and drawings from one format into another, with a word on what does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from missions import identity
from missions.atomic import write_atomically
from missions.contents import Contents
from missions.convert import Conversion, converted
from missions.drawings import Drawing, mission_along, ways
from missions.items import Mission
from missions.parts import fitted
from missions.support import Unsupported, unsupported
from planner.errors import FileFormatError, SettingError
from planner.quantities import Altitude
from planner.vehicles import VehicleKind, VehicleProfile
from qyran.cli.diff import KINDS, VEHICLE
from qyran.cli.sides import read_side
from qyran.cli.talk import put_json, say

USUAL_ITEMS = VehicleProfile().mission_items
_MISSION_ENDINGS = (".waypoints", ".txt", ".plan")


class AltitudeType(click.ParamType[Altitude]):
    """A height with its reference."""

    name = "ALTITUDE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Altitude:
        """Read it, or fail in words."""
        if isinstance(value, Altitude):
            return value
        try:
            return Altitude.parse(str(value))
        except SettingError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--altitude", type=AltitudeType(), help='Fly a drawn way at this height: "60 m HOME", "60 m AGL".')
@click.option("--for", "kind", type=KINDS, help="Refuse what this kind of vehicle would pass over.")
@click.option(
    "--most", type=click.IntRange(48, 65_535), help="Items a vehicle holds; laps become jumps, else several files."
)
@VEHICLE
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def convert(
    *,
    source: str,
    target: Path,
    altitude: Altitude | None,
    kind: str | None,
    most: int | None,
    vehicle_id: int | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Write IN, a file or the vehicle at an address, as OUT, in the format that OUT's name says.

    \b
    Reads  .waypoints .txt .fence .rally (QGC WPL 110), .plan .mission, .fen .ral .poly, KML, KMZ, GPX,
           GeoJSON, GeoPackage, shapefile; what is in a file decides, not its name.
    Writes .waypoints .txt .fence .rally .plan .fen .ral .poly .kml .kmz .gpx .geojson
    What OUT cannot hold is said, line by line; see docs/files.md.
    """
    side = read_side(source, vehicle_id)
    contents = _as_mission(side.contents, target, altitude, source)
    notes = list(dict.fromkeys((*side.doubts, *contents.notes)))
    whose = VehicleKind(kind) if kind else None
    if contents.mission is not None and whose is not None:
        _refuse_unsupported(contents.mission, whose, source)
    parts = _parts(contents, target, most, whose, notes)
    made = [converted(part, place, source) for place, part in parts]
    notes += [
        f"does not fit into {place.name}: {lost}"
        for (place, _), one in zip(parts, made, strict=True)
        for lost in one.lost
    ]
    if not dry_run:
        _write(made, source)
    files = [str(place) for one in made for place, _ in one.files]
    ids = [identity(part.mission) if part.mission and part.mission.items else None for _, part in parts]
    if as_json:
        lost = [sentence for one in made for sentence in one.lost]
        put_json({"files": files, "written": not dry_run, "identities": ids, "lost": lost, "notes": notes})
        return
    for note in dict.fromkeys(notes):
        say(f"▲ {note}")
    for file in files:
        say(f"{'would write' if dry_run else 'wrote'} {file}")
    if any(ids):
        say(f"identity {' '.join(short for short in ids if short)}")
    if len(parts) > 1:
        say(f"Fly them one after the other, each from its home: qyran fly {parts[0][0]}")


def _as_mission(contents: Contents, target: Path, altitude: Altitude | None, source: str) -> Contents:
    """A drawn way as a mission, where one is asked for."""
    wants = target.suffix.lower() in _MISSION_ENDINGS
    if altitude is None and not (wants and contents.mission is None and ways(contents.drawings)):
        return contents
    if contents.mission is not None and contents.mission.items:
        raise SettingError("It is a mission already, with heights of its own.", about=source, mend="Omit --altitude.")
    along = mission_along(contents.drawings, altitude, source)
    mission = along if contents.mission is None else replace(contents.mission, items=along.items)
    others: tuple[Drawing, ...] = tuple(one for one in contents.drawings if one not in ways(contents.drawings))
    note = f"{source}: The way has no take-off and no return; qyran plan makes whole sorties of ways."
    return Contents(mission, others, (*contents.notes, note))


def _refuse_unsupported(mission: Mission, kind: VehicleKind, source: str) -> None:
    found = unsupported(mission, kind)
    if found:
        raise FileFormatError(_listed(found), about=source, mend=f"No {kind.value} would fly it as it stands.")


def _listed(found: tuple[Unsupported, ...]) -> str:
    more = f" And {len(found) - 5} more items." if len(found) > 5 else ""
    return " ".join(map(str, found[:5])) + more


def _parts(
    contents: Contents, target: Path, most: int | None, kind: VehicleKind | None, notes: list[str]
) -> list[tuple[Path, Contents]]:
    """The mission in as many files as it takes."""
    mission = contents.mission
    if mission is None or target.suffix.lower() not in _MISSION_ENDINGS:
        return [(target, contents)]
    if most is None:
        if len(mission.items) > USUAL_ITEMS:
            notes.append(
                f"It has {len(mission.items)} items, and many vehicles hold no more than {USUAL_ITEMS}; "
                f"--most {USUAL_ITEMS} makes it fit."
            )
        return [(target, contents)]
    parts = fitted(mission, most, kind or VehicleKind.COPTER)
    if len(parts) == 1:
        if len(parts[0].items) < len(mission.items):
            notes.append(f"Laps became jumps: {len(parts[0].items)} items instead of {len(mission.items)}.")
        return [(target, replace(contents, mission=parts[0]))]
    notes.append("The straight way from home to where each part goes on is checked against its fence, and no more.")
    names = (target.with_stem(f"{target.stem}-{number}of{len(parts)}") for number in range(1, len(parts) + 1))
    return [(name, replace(contents, mission=part)) for name, part in zip(names, parts, strict=True)]


def _write(made: list[Conversion], source: str) -> None:
    """All files, once it is clear what stands in each; the file that is read is never written over."""
    for one in made:
        for place, _ in one.files:
            if place.exists() and Path(source).exists() and place.samefile(source):
                raise SettingError("IN and OUT are the same file.", about=source, mend="Give OUT another name.")
    for one in made:
        for place, text in one.files:
            write_atomically(place, text)
