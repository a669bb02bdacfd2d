"""``qyran tui``: the terminal screens."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("project", type=click.Path(path_type=Path), required=False)
@click.option("--on", "address", help="MAVLink address of the vehicle for the Fly screen.")
def tui(project: Path | None, address: str | None) -> None:
    """Draw, plan and fly in the terminal. PROJECT is a patrol's folder."""
    from qyran.tui import run_tui  # noqa: PLC0415

    run_tui(project, address)
