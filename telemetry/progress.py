"""How far something has come, and whether somebody wants it to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Step = Callable[[int, int, str], None]
"""Called with steps done, steps in all (0: nobody knows) and what is being done."""


class Stop(Protocol):
    """What says whether to stop: a ``threading.Event`` is one, ``StopWhen`` makes one of a function."""

    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        ...


@dataclass(frozen=True, slots=True)
class StopWhen:
    """A function that is asked each time."""

    ask: Callable[[], bool]

    def is_set(self) -> bool:
        """Whether it says yes."""
        return self.ask()


def as_stop(should_stop: Stop | Callable[[], bool] | None) -> Stop:
    """One kind of thing to ask, whatever was given."""
    if should_stop is None:
        return StopWhen(lambda: False)
    return StopWhen(should_stop) if callable(should_stop) else should_stop
