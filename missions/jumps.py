"""Laps as jumps: what a mission repeats stands in it once, with a jump back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from missions.commands import is_navigation
from missions.items import Command, MissionItem
from missions.support import MOST_JUMP_TIMES

MOST_LAP_ITEMS = 3000
"""Longer laps are not looked for."""

FEWEST_COUNTED_JUMPS = 15
"""The jumps that every board counts (``AP_MISSION_MAX_NUM_DO_JUMP_COMMANDS`` of those with little memory)."""

_JUMPS = frozenset((int(Command.DO_JUMP), int(Command.DO_JUMP_TAG), int(Command.JUMP_TAG)))


@dataclass(frozen=True, slots=True)
class _Laps:
    """``times`` rounds of ``length`` items from item ``start`` on."""

    start: int
    length: int
    times: int

    @property
    def saved(self) -> int:
        """How many items fewer it takes with a jump."""
        return (self.times - 1) * self.length - 1

    @property
    def end(self) -> int:
        """The first item after them."""
        return self.start + self.length * self.times


def with_jumps(items: Sequence[MissionItem], most: int) -> tuple[MissionItem, ...]:
    """The same flight in at most ``most`` items if jumps can do that, else in as few as they can; home is item 0.

    Laps are folded where that saves most, at most ``FEWEST_COUNTED_JUMPS`` times. A lap is the very same items
    again; one with a jump inside, or that another jump goes into, stays as it is, because ArduPilot does not count an
    inner jump anew.
    """
    made = tuple(items)
    jumps = sum(item.command in _JUMPS for item in made)
    while len(made) > most and jumps < FEWEST_COUNTED_JUMPS:
        laps = _best_laps(made)
        if laps is None:
            break
        made = _folded(made, laps)
        jumps += 1
    return made


def _best_laps(items: tuple[MissionItem, ...]) -> _Laps | None:
    keys: dict[object, int] = {}
    names = np.array(
        [
            -index - 1 if item.command in _JUMPS else keys.setdefault(repr(item), len(keys))
            for index, item in enumerate(items)
        ]
    )
    if any(item.command in (Command.DO_JUMP_TAG, Command.JUMP_TAG) for item in items):
        return None
    loops = [_loop(index, item) for index, item in enumerate(items) if item.command == Command.DO_JUMP]
    flown = np.cumsum([0, *(is_navigation(item.command) for item in items)])
    best: _Laps | None = None
    for length in range(1, min(MOST_LAP_ITEMS, (len(items) - 1) // 2) + 1):
        for start, same in _runs(names[1 + length :] == names[1:-length], length):
            laps = _Laps(start + 1, length, min(same // length + 1, MOST_JUMP_TIMES))
            is_better = laps.saved > (best.saved if best else 0)
            is_flown = flown[laps.start + length] > flown[laps.start]
            if is_better and is_flown and not any(laps.start < end and begin < laps.end for begin, end in loops):
                best = laps
    return best


def _loop(index: int, jump: MissionItem) -> tuple[int, int]:
    """The items that a jump goes over, from the first to after the last; all of them where its target is no number."""
    target = int(jump.params[0]) if math.isfinite(jump.params[0]) else 0
    return min(target, index), max(target, index) + 1


def _runs(same: NDArray[np.bool_], least: int) -> list[tuple[int, int]]:
    """Where the array is true at least so often in a row: the start and the length of each stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    stretches = edges.reshape(-1, 2)
    long = stretches[stretches[:, 1] - stretches[:, 0] >= least]
    return [(int(start), int(end - start)) for start, end in long]


def _folded(items: tuple[MissionItem, ...], laps: _Laps) -> tuple[MissionItem, ...]:
    jump = MissionItem(Command.DO_JUMP, params=(float(laps.start), float(laps.times - 1), 0.0, 0.0))
    once = items[: laps.start + laps.length]
    moved = (*once, jump, *items[laps.end :])
    return tuple(_moved(item, laps) if item is not jump else item for item in moved)


def _moved(item: MissionItem, laps: _Laps) -> MissionItem:
    """An earlier jump that goes to an item behind the laps."""
    if item.command == Command.DO_JUMP and item.params[0] >= laps.end:
        return replace(item, params=(item.params[0] - laps.saved, *item.params[1:]))
    return item
