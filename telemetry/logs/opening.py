"""Any log by what is in it, whatever its name ends with."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import FileFormatError
from telemetry.logs.columns import Columns, read_tlog_columns
from telemetry.logs.dataflash import is_dataflash, read_dataflash_columns

if TYPE_CHECKING:
    from telemetry.tlog import Log

_FOREIGN = {
    b"FMT, 128, 89,": ("This is a dataflash log written out as text.", "Give the .bin it was made from."),
    b"ULog\x01\x12\x35": ("This is a PX4 ULog.", "Qyran reads .tlog and ArduPilot's .bin."),
    b"\x1f\x8b": ("This is packed with gzip.", "Unpack it first."),
    b"PK\x03\x04": ("This is a zip archive.", "Unpack it first."),
}


def open_columns(path: Path, *, only: Collection[str] | None = None) -> Columns:
    """A ``.tlog`` or a dataflash ``.bin``, damaged or not, as columns; raises as their own readers do."""
    _refuse_foreign(path)
    return read_dataflash_columns(path, only=only) if is_dataflash(path) else read_tlog_columns(path, only=only)


def read_log(path: Path, *, system_id: int | None = None) -> Log:
    """A ``.tlog`` or a dataflash ``.bin`` as one vehicle's flight; raises as their own readers do."""
    from telemetry.logs.onboard import read_dataflash  # noqa: PLC0415 (they read what this room hands on)
    from telemetry.tlog import read_tlog  # noqa: PLC0415

    _refuse_foreign(path)
    return read_dataflash(path) if is_dataflash(path) else read_tlog(path, system_id=system_id)


def _refuse_foreign(path: Path) -> None:
    is_dataflash(path)
    with path.open("rb") as file:
        begins = file.read(16)
    for mark, (sentence, mend) in _FOREIGN.items():
        if begins.startswith(mark):
            raise FileFormatError(sentence, about=str(path), mend=mend)
