"""``qyran diff``: two missions, item by item, as an autopilot would fly them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from missions import differences, identity
from missions.compare import Difference, Voice
from missions.items import Mission
from missions.route import home_of
from planner.errors import FileFormatError
from planner.geodesy import distance_m
from planner.vehicles import VehicleKind
from qyran.cli.exits import Exit
from qyran.cli.sides import Side, read_side
from qyran.cli.talk import put_json, say

_VOICE = Voice(wanted="in A", counted="A has", missing="is only in A", surplus="is only in B", there="in B")
KINDS = click.Choice([kind.value for kind in VehicleKind])
VEHICLE = click.option(
    "--vehicle", "vehicle_id", type=click.IntRange(1, 255), help="Its MAVLink number, where several answer."
)


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--for", "kind", type=KINDS, default="copter", show_default=True, help="Whose rounding counts.")
@VEHICLE
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def diff(*, a: str, b: str, kind: str, vehicle_id: int | None, as_json: bool) -> None:
    """Compare the missions A and B: files, or vehicles at an address (udp:HOST:PORT, tcp:…, /dev/ttyUSB0,57600).

    Items, fence and rally points are compared within the rounding of ArduPilot; home is the vehicle's own and is only
    told of. Exits with 0 where both would be flown the same, 1 where not, 2 where one of them cannot be read.
    """
    sides = [read_side(a, vehicle_id), read_side(b, vehicle_id)]
    one, other = (_mission(side) for side in sides)
    whose = VehicleKind(kind)
    found = differences(one, other, whose, _VOICE)
    notes = [*(note for side in sides for note in side.doubts), *_home_note(one, other)]
    if as_json:
        put_json(
            {
                "equal": not found,
                "a": _told(sides[0], one, whose),
                "b": _told(sides[1], other, whose),
                "differences": [_difference(each) for each in found],
                "notes": notes,
            }
        )
    else:
        for note in notes:
            say(f"▲ {note}")
        for each in found:
            click.echo(each.sentence)
        say(f"A {a}: {identity(one, whose)} · B {b}: {identity(other, whose)}")
        say(f"✗ {len(found)} differences" if found else "✓ both would be flown the same")
    if found:
        raise click.exceptions.Exit(Exit.NO)


def _mission(side: Side) -> Mission:
    if side.contents.mission is None:
        raise FileFormatError("There is no mission in it to compare.", about=side.source)
    return side.contents.mission


def _home_note(one: Mission, other: Mission) -> Iterator[str]:
    here, there = home_of(one), home_of(other)
    if here is not None and there is not None and (away := distance_m(here, there)) > 1:
        yield f"Home lies {away:.0f} m away from that in A; it is the vehicle's own, and makes no difference here."


def _told(side: Side, mission: Mission, kind: VehicleKind) -> dict[str, object]:
    return {
        "source": side.source,
        "vehicle": side.is_vehicle,
        "identity": identity(mission, kind),
        "items": len(mission.items),
        "fence_polygons": len(mission.fence.polygons),
        "fence_circles": len(mission.fence.circles),
        "rally_points": len(mission.rally),
    }


def _difference(each: Difference) -> dict[str, object]:
    return {"part": each.part.value, "index": each.index, "sentence": each.sentence}
