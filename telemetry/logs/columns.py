"""A whole log as columns: one table for each kind of message, whose fields are numpy arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import FileFormatError, SettingError
from telemetry.logs.damage import Damage
from telemetry.logs.definitions import definitions, number_of
from telemetry.logs.frames import BLOCK, LONGEST, MAGIC_2
from telemetry.logs.index import Index, read_index
from telemetry.logs.stamps import Stamps


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All messages of one kind. ``table["lat"]`` is a column as the wire has it (no scaling), one row a message."""

    name: str
    fields: tuple[str, ...]
    """In the order of the message's definition."""
    units: Mapping[str, str]
    """Of the fields that have one, in the words of the format: ``degE7`` is 1e-7 degrees."""
    rows: NDArray[np.void]
    order: NDArray[np.uint32]
    """Which packet of the log each row is, counted from 0."""
    index: Index
    factors: Mapping[str, float] = field(default_factory=dict)
    """What ``scaled`` multiplies by, where the format keeps whole numbers for what is none."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, field: str) -> NDArray[Any]:
        if field not in self.fields:
            raise SettingError(f'{self.name} has no field "{field}". It has {", ".join(self.fields)}.')
        return np.asarray(self.rows[field])

    def scaled(self, field: str) -> NDArray[Any]:
        """A column in the format's own unit."""
        factor = self.factors.get(field)
        return self[field] if factor is None else np.asarray(self[field] * factor)

    def words(self, field: str) -> list[str]:
        """A column of texts."""
        return [text.split(b"\0", 1)[0].decode("utf-8", "replace") for text in self[field].tolist()]

    @property
    def stamp_us(self) -> Stamps:
        """Microseconds since 1970 (UTC) by the recorder's clock."""
        return self.index.stamp_us[self.order]

    @property
    def system(self) -> NDArray[np.uint8]:
        """Which vehicle sent each."""
        return self.index.system[self.order]

    @property
    def component(self) -> NDArray[np.uint8]:
        """Which part of it."""
        return self.index.component[self.order]

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Seconds since 1970 (UTC) by the recorder's clock."""
        return np.asarray(self.stamp_us / 1e6)

    def where(self, chosen: NDArray[np.bool_]) -> Table:
        """Some of the rows (n,)."""
        return replace(self, rows=self.rows[chosen], order=self.order[chosen])

    def of(self, system: int, component: int | None = None) -> Table:
        """What one vehicle said, or one of its components."""
        said = self.system == system
        return self.where(said if component is None else said & (self.component == component))


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A log as far as it could be read. ``log["ATTITUDE"]["roll"]`` is a column."""

    path: Path
    tables: Mapping[str, Table]
    counts: Mapping[str, int]
    """How many messages of each name could be read, also of those that were not asked for."""
    damage: Damage
    index: Index | None
    """None where the format has no packets."""

    def __getitem__(self, name: str) -> Table:
        if name not in self.tables:
            raise SettingError(f"There is no {name} in this log.", about=str(self.path))
        return self.tables[name]

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)


def read_tlog_columns(path: Path, *, only: Collection[str] | None = None, block: int = BLOCK) -> Columns:
    """Open a ``.tlog``, damaged or not, as columns: all messages, or only those named.

    Raises ``FileFormatError`` for a file that cannot be read, is empty or has no packet in it, and ``SettingError``
    for a name that is no message.
    """
    wanted = None if only is None else {_number(name) for name in only}
    index, damage = read_index(path, block=block)
    numbers, counts = np.unique(index.number, return_counts=True)
    found = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    known = definitions()
    rows = {
        number: (np.empty(count, dtype=known[number].layout), np.empty(count, dtype=np.uint32))
        for number, count in found.items()
        if wanted is None or number in wanted
    }
    try:
        _fill(rows, path, index, block)
    except OSError as error:
        raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(path)) from error
    tables = {
        known[number].name: Table(known[number].name, known[number].fields, known[number].units, *columns, index)
        for number, columns in rows.items()
    }
    return Columns(path, tables, {known[number].name: count for number, count in found.items()}, damage, index)


def _number(name: str) -> int:
    number = number_of(name)
    if number is None:
        raise SettingError(f'"{name}" is no message of this dialect.', mend="Names are as in qyran log show.")
    return number


Rows = Mapping[int, tuple[NDArray[np.void], NDArray[np.uint32]]]
"""By message number, as many as there are: fields, and which packet of the log each is."""


def _fill(rows: Rows, path: Path, index: Index, block: int) -> None:
    """Read the fields piece by piece into the place that is made for them: memory in small pieces would be lost."""
    filled = dict.fromkeys(rows, 0)
    if not rows:
        return
    with path.open("rb") as file:
        for begin, end in pieces(index, block):
            base = int(index.start[begin])
            file.seek(base)
            read = file.read(int(index.start[end - 1]) + int(index.size[end - 1]) - base)
            data = np.zeros(len(read) + LONGEST, dtype=np.uint8)
            data[: len(read)] = np.frombuffer(read, dtype=np.uint8)
            numbers = index.number[begin:end]
            order = np.argsort(numbers, kind="stable")
            present, first = np.unique(numbers[order], return_index=True)
            for number, chosen in zip(present.tolist(), np.split(order, first[1:]), strict=True):
                if number in rows:
                    fields, places = rows[number]
                    to = slice(filled[number], filled[number] + len(chosen))
                    fields[to] = _rows(data, index.start[begin + chosen] - base, fields.dtype)
                    places[to] = chosen + begin
                    filled[number] = to.stop


def pieces(index: Index, block: int) -> Iterator[tuple[int, int]]:
    """Runs of packets that begin within so many bytes of each other: from one to before another."""
    begin, count = 0, len(index)
    while begin < count:
        end = int(np.searchsorted(index.start, index.start[begin] + block))
        end = min(max(end, begin + 1), count)
        yield begin, end
        begin = end


def _rows(data: NDArray[np.uint8], starts: NDArray[np.int64], layout: np.dtype[np.void]) -> NDArray[np.void]:
    """Payloads, each as wide as its message, with the zeros that MAVLink 2 does not send."""
    width = layout.itemsize
    payload = starts + np.where(data[starts] == MAGIC_2, 10, 6)
    windows: NDArray[np.void] = np.ndarray((len(data) - width + 1,), dtype=f"V{width}", buffer=data.data, strides=(1,))
    rows = windows[payload]
    length = data[starts + 1]
    if length.min() < width:
        rows.view(np.uint8).reshape(len(rows), width)[np.arange(width) >= length[:, None]] = 0
    return rows.view(layout)
