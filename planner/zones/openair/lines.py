"""The lines of an OpenAir file: command, words, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from planner.errors import FileFormatError

COMMANDS = ("AC", "AN", "AY", "AF", "AG", "AX", "AA", "AI", "AH", "AL", "AT", "TO", "TC", "SP", "SB", "V")
DRAWING = ("DP", "DA", "DB", "DC", "DY")

_LINE = re.compile(r"(?P<command>[A-Z]{1,2})(\s+(?P<words>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """One command of the file; ``source`` names the file."""

    command: str
    words: str
    number: int
    source: str

    @property
    def about(self) -> str:
        """File and line, for errors."""
        return f"{self.source}, line {self.number}"

    def wrong(self, sentence: str, mend: str | None = None) -> FileFormatError:
        """An error at this line."""
        return FileFormatError(sentence, about=self.about, mend=mend)


def lines_of(text: str, source: str) -> Iterator[Line]:
    """The commands of a text; comments (from ``*`` on) and empty lines are left out.

    Raises ``FileFormatError`` with the line for what is no command of OpenAir.
    """
    for number, raw in enumerate(text.splitlines(), 1):
        said = raw.split("*", 1)[0].strip()
        if not said:
            continue
        found = _LINE.fullmatch(said)
        if found is None or found["command"] not in (*COMMANDS, *DRAWING):
            raise FileFormatError(
                f"{said[:40]!r} is no command of OpenAir.",
                about=f"{source}, line {number}",
                mend=f"Known: {', '.join((*COMMANDS, *DRAWING))}. A comment begins with *.",
            )
        yield Line(found["command"], (found["words"] or "").strip(), number, source)
