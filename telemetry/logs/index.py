"""Where every packet of a log is, and what is damaged."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import FileFormatError
from telemetry.logs.damage import Damage, Gap, judge
from telemetry.logs.frames import BLOCK, STAMP, Block, blocks, file_size
from telemetry.logs.stamps import Stamps, is_plausible, repaired, steps_back

_TOO_FEW_A_BYTE = 1 / 100_000
"""Fewer packets than this, none with a time, are what chance finds in a file that is no log."""


_KEPT = ("stamp_us", "stamped", "start", "size", "number", "system", "component", "sequence")


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Every packet that could be read, in the order of the file: columns of one length n.

    ``start`` and ``end`` are places in the file; ``stamp_us`` microseconds since 1970 (UTC) by the recorder's clock,
    repaired where it could not be right.
    """

    start: NDArray[np.int64]
    size: NDArray[np.uint16]
    number: NDArray[np.uint32]
    system: NDArray[np.uint8]
    component: NDArray[np.uint8]
    sequence: NDArray[np.uint8]
    stamp_us: Stamps

    def __len__(self) -> int:
        return len(self.start)

    def where(self, chosen: NDArray[np.bool_] | slice) -> Index:
        """Some of them."""
        return Index(*(getattr(self, item.name)[chosen] for item in fields(self)))


def read_index(path: Path, *, block: int = BLOCK) -> tuple[Index, Damage]:
    """Find the packets of a ``.tlog``, damaged or not, as far as it goes.

    Raises ``FileFormatError`` for a file that cannot be read, is empty or has no packet in it.
    """
    size = file_size(path)
    parts: dict[str, list[NDArray[np.generic]]] = {name: [] for name in _KEPT}
    gaps: list[Gap] = []
    reach = 0
    for one in blocks(path, block=block):
        reach = _note_gaps(one, reach, gaps)
        for name, held in parts.items():
            held.append(getattr(one.frames, name))
    if reach < size:
        gaps.append((reach, size))
    index, bad = _joined(parts)
    _refuse_chance(path, size, index)
    return index, judge(path, size, gaps, stamps_bad=bad, steps_back=steps_back(index.stamp_us))


def _refuse_chance(path: Path, size: int, index: Index) -> None:
    by_chance = len(index) < size * _TOO_FEW_A_BYTE and not is_plausible(index.stamp_us).any()
    if not len(index) or by_chance:
        raise FileFormatError("No MAVLink packet can be read in it.", about=str(path), mend="Is it a .tlog?")


def _note_gaps(one: Block, reach: int, gaps: list[Gap]) -> int:
    """Note what stands between packets; says how far the last one reaches."""
    frames = one.frames
    if not len(frames):
        return reach
    begins = frames.start - np.where(frames.stamped, STAMP, 0)
    behind = np.concatenate([[reach], frames.end[:-1]])
    for at in np.flatnonzero(begins > behind).tolist():
        gaps.append((int(behind[at]), int(begins[at])))
    return int(frames.end[-1])


def _joined(parts: dict[str, list[NDArray[np.generic]]]) -> tuple[Index, int]:
    """One index of all blocks, column by column, so that little is held twice; and how many stamps were bad."""

    def column(name: str) -> NDArray[Any]:
        return np.concatenate(parts.pop(name))

    stamps, bad = repaired(column("stamp_us"), column("stamped"))
    return Index(stamp_us=stamps, **{name: column(name) for name in list(parts)}), bad
