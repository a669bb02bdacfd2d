"""Steps that can be taken back and taken again, without limit while the program runs."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")


class History(Generic[Value]):
    """One value now, those before it, and those that were taken back. Values are frozen, so keeping them is cheap."""

    def __init__(self, first: Value) -> None:
        self._now = first
        self._before: list[Value] = []
        self._after: list[Value] = []

    @property
    def now(self) -> Value:
        """The value as it stands."""
        return self._now

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back that can be taken again."""
        return bool(self._after)

    def do(self, value: Value) -> None:
        """Take a step; what was taken back before is gone. The same value again is no step."""
        if value is self._now:
            return
        self._before.append(self._now)
        self._after.clear()
        self._now = value

    def undo(self) -> bool:
        """Take the last step back; False where there is none."""
        if not self._before:
            return False
        self._after.append(self._now)
        self._now = self._before.pop()
        return True

    def redo(self) -> bool:
        """Take a step again that was taken back; False where there is none."""
        if not self._after:
            return False
        self._before.append(self._now)
        self._now = self._after.pop()
        return True
