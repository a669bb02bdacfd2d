"""What the command line says: data on stdout, talk on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from qyran.plain import json_bytes

Step = Callable[[int, int, str], None]
"""Progress as a value: done, total, message."""


def talk() -> Console:
    """The console on stderr."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line of talk; where nobody listens any more (the terminal was closed) it is lost, and work goes on."""
    with suppress(OSError):
        talk().print(escape(text))


def put_json(value: Mapping[str, object]) -> None:
    """One JSON object on stdout, on one line, flushed so that a reading script gets it at once."""
    click.echo(json_bytes(value))


def put_table(table: Table) -> None:
    """A table for people, on stdout."""
    Console(highlight=False).print(table)


@contextmanager
def progress(what: str) -> Iterator[Step]:
    """A progress bar on a terminal; elsewhere one line when the work begins."""
    console = talk()
    if not console.is_terminal:
        say(f"{what} …")
        yield lambda done, total, message: None
        return
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=None, message="")

        def step(done: int, total: int, message: str) -> None:
            bar.update(task, completed=done, total=max(total, 1), message=escape(message))

        yield step
        seen = bar.tasks[0]
        total = seen.total or 1
        bar.update(task, completed=total, total=total, message="")


def clock(seconds: float | None) -> str:
    """Minutes and seconds, as 14:10."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def share(value: float | None) -> str:
    """A share as per cent, or that it is unknown."""
    return "unknown" if value is None else f"{value * 100:.1f} %"
