"""What single commands asked of vehicles, by whom and what came of it: a JSON line each, only ever added to."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qyran.project import is_project

if TYPE_CHECKING:
    from telemetry import Confirmation, Vehicle

JOURNAL_FILE = "orders.jsonl"
STATE_FOLDER = "QYRAN_STATE"
"""An environment variable: where the journal is kept outside of projects."""


def journal_path(folder: Path | None = None) -> Path:
    """A project's journal where ``folder`` (the present one, if left out) is a project; else the user's own."""
    here = folder or Path.cwd()
    if is_project(here):
        return here / "flights" / JOURNAL_FILE
    own = os.environ.get(STATE_FOLDER)
    if own:
        return Path(own) / JOURNAL_FILE
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_state_path("qyran") / JOURNAL_FILE


class Journal:
    """Adds lines to one file. A line that cannot be written keeps no drone from being called back: ``trouble`` says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble: str | None = None

    def note(self, **fields: object) -> None:
        """Add a line with the time; each is written in one piece and handed to the disk."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(file, f"{line}\n".encode(errors="backslashreplace"))
                os.fdatasync(file)
            finally:
                os.close(file)
        except OSError as error:
            self.trouble = error.strerror


def confirmation_report(word: Confirmation | None) -> dict[str, object] | None:
    """A person's word as plain values; null where none was needed."""
    if word is None:
        return None
    return {
        "person": word.person,
        "vehicle": word.vehicle,
        "action": word.action,
        "at": word.at.isoformat(),
        "is_simulator": word.is_simulator,
        "override": word.override,
    }


def vehicle_report(vehicle: Vehicle) -> dict[str, object]:
    """What a vehicle says of itself just now; every unknown is null."""
    state = vehicle.state
    return {
        "vehicle": vehicle.system_id,
        "firmware": str(vehicle.firmware) if vehicle.firmware is not None else None,
        "is_simulator": vehicle.is_simulator,
        "mode": state.mode,
        "armed": state.armed,
        "landed": state.landed,
        "position": None if state.position is None else [round(state.position.lon, 7), round(state.position.lat, 7)],
        "altitude_home_m": None if state.altitude_home is None else round(state.altitude_home.metres, 2),
        "speed_mps": None if state.speed_mps is None else round(state.speed_mps, 2),
        "mission_current": state.mission_current,
        "age_s": None if (age := state.age_s()) is None else round(age, 2),
    }
