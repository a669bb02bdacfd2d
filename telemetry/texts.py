"""Status texts, which MAVLink 2 sends in pieces of fifty characters."""

from __future__ import annotations

from telemetry.dialect import Message
from telemetry.state import Severity

PIECE = 50
PENDING = 8
"""How many unfinished texts are kept; the oldest is then given as far as it came."""


class TextAssembler:
    """Puts the pieces of STATUSTEXT together (``id`` and ``chunk_seq``; an ``id`` of 0 is a text in one piece)."""

    def __init__(self) -> None:
        self._pending: dict[int, tuple[Severity, dict[int, str]]] = {}

    def take(self, message: Message) -> list[tuple[Severity, str]]:
        """The texts that this piece completes."""
        severity = Severity(min(max(int(message.severity), 0), 7))
        piece = str(message.text).rstrip("\x00")
        number = int(getattr(message, "id", 0))
        if number == 0:
            return [(severity, piece.strip())]
        done = []
        _, pieces = self._pending.setdefault(number, (severity, {}))
        pieces[int(message.chunk_seq)] = piece
        if len(piece) < PIECE:
            done.append(self._finish(number))
        while len(self._pending) > PENDING:
            done.append(self._finish(next(iter(self._pending))))
        return done

    def _finish(self, number: int) -> tuple[Severity, str]:
        severity, pieces = self._pending.pop(number)
        return severity, "".join(pieces.get(index, "…") for index in range(max(pieces) + 1)).strip()
