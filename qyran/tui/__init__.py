"""The terminal screens; ``run_tui`` opens them."""

from __future__ import annotations

from pathlib import Path


def run_tui(project: Path | None, address: str | None) -> None:
    """Open the screens on a project's folder, with a vehicle's address for the Fly screen, until the user leaves.

    Raises ``InputError`` where the folder is no project, before the terminal is touched.
    """
    from qyran.tui.app import QyranApp  # noqa: PLC0415

    QyranApp(project, address).run()


__all__ = ["run_tui"]
