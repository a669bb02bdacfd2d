"""``qyran resume``: what is left of a flight that was broken off, as a mission of its own."""

from __future__ import annotations

from pathlib import Path

import click

from missions import write_mission
from qyran.cli.talk import clock, put_json, say, share
from qyran.flying import order_file, write_order
from qyran.resuming import rest_of_flight


@click.command()
@click.argument("flight", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the mission's files; the flight's if left out."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what is left, and write nothing.")
def resume(*, flight: Path, out: Path | None, as_json: bool, dry_run: bool) -> None:
    """Write what is left of FLIGHT (its folder) as a mission: from the place in the lane, its camera and speed on.

    qyran fly --resume FLIGHT flies it at once, after a change of battery.
    """
    rest = rest_of_flight(flight)
    order, folder = rest.order, out or flight
    files = {ending: folder / f"{order.name}.{ending}" for ending in ("plan", "waypoints")}
    if not dry_run:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files.values():
            write_mission(order.mission, file)
        write_order(order, order_file(files["plan"]))
    say(rest.sentence)
    say(f"about {clock(order.predicted_s)}, battery {share(order.needs.battery)}")
    for words in order.blocked:
        say(f"✗ {words}")
    if not dry_run:
        say(f"written: {files['plan']}, {files['waypoints']}")
    if as_json:
        put_json(
            {
                "resumes": order.resumes,
                "file": None if dry_run else str(files["waypoints"]),
                "plan_file": None if dry_run else str(files["plan"]),
                "identity": order.identity,
                "items": len(order.mission.items),
                "from_item": rest.broken.item,
                "place": None
                if rest.broken.place is None
                else {"lat": round(rest.broken.place.lat, 7), "lon": round(rest.broken.place.lon, 7)},
                "duration_s": None if order.predicted_s is None else round(order.predicted_s, 1),
                "distance_m": None if order.predicted_m is None else round(order.predicted_m, 1),
                "battery_used": order.needs.battery,
                "blocked": list(order.blocked),
            }
        )
