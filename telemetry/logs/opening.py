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

_TEXT_MARK = b"FMT, 128, 89,"


def open_columns(path: Path, *, only: Collection[str] | None = None) -> Columns:
    """A ``.tlog`` or a dataflash ``.bin``, damaged or not, as columns; raises as their own readers do."""
    _refuse_text(path)
    return read_dataflash_columns(path, only=only) if is_dataflash(path) else read_tlog_columns(path, only=only)


def read_log(path: Path, *, system_id: int | None = None) -> Log:
    """A ``.tlog`` or a dataflash ``.bin`` as one vehicle's flight; raises as their own readers do."""
    from telemetry.logs.onboard import read_dataflash  # noqa: PLC0415 (they read what this room hands on)
    from telemetry.tlog import read_tlog  # noqa: PLC0415

    _refuse_text(path)
    return read_dataflash(path) if is_dataflash(path) else read_tlog(path, system_id=system_id)


def _refuse_text(path: Path) -> None:
    is_dataflash(path)
    with path.open("rb") as file:
        if file.read(len(_TEXT_MARK)) == _TEXT_MARK:
            raise FileFormatError(
                "This is a dataflash log written out as text.", about=str(path), mend="Give the .bin it was made from."
            )
