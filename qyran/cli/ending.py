"""What a signal means to a command that must end well: Ctrl-C, SIGTERM, the closing of the terminal.

The first one is noted, and whoever works looks at it and ends in order; the second one interrupts. While a person is
asked, the first interrupts at once: nothing is under way then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class Ending:
    """While its block lasts, signals are noted here; it can be called to ask, as ``should_stop`` wants it."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._before: dict[int, Any] = {}
        self._asking = False

    def __call__(self) -> bool:
        """Whether somebody wants it to end."""
        return self._stop.is_set()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def while_asking(self) -> Iterator[None]:
        """A person is asked: a signal interrupts at once. Raises ``KeyboardInterrupt``, also for one noted before."""
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._asking = True
        try:
            yield
        finally:
            self._asking = False

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == getattr(signal, "SIGHUP", None):
            _let_go_of_terminal()
        again = self._stop.is_set()
        self._stop.set()
        if again or self._asking:
            raise KeyboardInterrupt


def _let_go_of_terminal() -> None:
    """The terminal is gone: what is said to it goes nowhere, and is no error. Files and pipes are kept."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                os.dup2(nowhere, stream)
    os.close(nowhere)
