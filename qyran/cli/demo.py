"""``qyran demo``: the main job on a simulated vehicle, and a table of what was foretold and what came."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path

import click
from rich.table import Table

import qyran
from planner.errors import InputError
from qyran.cli.exits import Exit
from qyran.cli.talk import Step, clock, progress, put_json, put_table, say, share
from qyran.cli.words import NumberType
from qyran.demo import DEMO_SPEEDUP, Demo, Ground, run_demo
from qyran.report import rounded

EXAMPLE = Path(qyran.__file__).parent.parent / "examples" / "almaty"


class _Talk:
    def stage(self, what: str) -> AbstractContextManager[Step]:
        return progress(what)

    def say(self, text: str) -> None:
        say(text)


@click.command()
@click.argument("project", type=click.Path(path_type=Path), required=False)
@click.option("--on", type=click.Choice([ground.value for ground in Ground]), default="embedded", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("demo-out"), show_default=True, help="Folder for all of it."
)
@click.option(
    "--speedup", type=NumberType(above=0), default=DEMO_SPEEDUP, show_default=True, help="Multiple of real time."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def demo(*, project: Path | None, on: str, out: Path, speedup: float, as_json: bool) -> None:
    """Plan, check, load, read back, fly, record and map a patrol on a simulated vehicle.

    PROJECT is a patrol's folder; the example in Almaty where it is left out.
    """
    if project is None and not EXAMPLE.is_dir():
        raise InputError(
            "The example does not come with this installation.", mend="Give a project's folder: qyran demo FOLDER."
        )
    done = run_demo(project or EXAMPLE, out, Ground(on), _Talk(), speedup=speedup)
    if as_json:
        put_json(demo_report(done))
    else:
        put_table(demo_table(done))
        say(f"missions {done.folder / 'missions'} · records {done.folder / 'flights'} · map {done.map}")
    if sys.stdout.isatty():
        say(f"Draw and fly it yourself in the terminal: qyran tui {project or EXAMPLE}")
    if not done.is_good:
        raise click.exceptions.Exit(Exit.NO)


def demo_table(done: Demo) -> Table:
    """Planned against flown, a row a sortie; fits into 80 columns."""
    table = Table(title=f"{done.plan.patrol.name}: planned → flown", caption_justify="left", title_justify="left")
    for heading in ("sortie", "outcome", "time", "distance, km", "battery, %", "outside, m"):
        table.add_column(heading, justify="left" if heading == "outcome" else "right", no_wrap=True)
    for one in done.flown:
        forecast, record = one.compiled.sortie.forecast, one.record
        table.add_row(
            str(one.compiled.sortie.number),
            record.outcome.value,
            _both(clock(forecast.duration_s), clock(record.duration_s)),
            _both(_scaled(forecast.distance_m, 0.001, 2), _scaled(record.distance_m, 0.001, 2)),
            _both(_scaled(forecast.battery_used, 100, 0), _scaled(record.battery_used, 100, 0)),
            _scaled(record.max_outside_m, 1, 1),
        )
    table.caption = (
        f"The camera saw {share(done.seen)} of the area (planned {share(done.plan.covered)}).\n"
        f"{done.plan.outside_m:.1f} m of planned route lie outside the keep-in zone;\n"
        "“outside” is how far the drone was seen beyond its fence."
    )
    return table


def demo_report(done: Demo) -> dict[str, object]:
    """The same as plain values: s, m, shares from 0 to 1; null is unknown."""
    return {
        "good": done.is_good,
        "covered": rounded(done.plan.covered),
        "seen": None if done.seen is None else round(done.seen, 6),
        "outside_m": round(done.plan.outside_m, 3),
        "sorties": [
            {
                "number": one.compiled.sortie.number,
                "identity": one.compiled.identity,
                "predicted_m": round(one.compiled.sortie.forecast.distance_m, 1),
                "predicted_battery": round(one.compiled.sortie.forecast.battery_used, 4),
                **one.record.to_json(),
            }
            for one in done.flown
        ],
        "map": str(done.map),
        "folder": str(done.folder),
    }


def _both(planned: str, flown: str) -> str:
    return f"{planned} → {flown}"


def _scaled(value: float | None, factor: float, digits: int) -> str:
    return "unknown" if value is None else f"{value * factor:.{digits}f}"
