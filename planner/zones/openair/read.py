"""OpenAir text as airspace zones: heights, class and type, hours.

Version 1 as Winpilot made it, with the commands that Naviter added in version 2 (AY, AF, AG, AX, AA). Not understood
words of a command that is no matter to a drone (frequencies, labels, pens) are let pass; of any other they are an
error with the line. A height without unit or reference is in feet above mean sea level, as Winpilot has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from planner.errors import FileFormatError, SettingError
from planner.hours import ALWAYS, Hours, Period, moment_from
from planner.site import Zone, ZoneKind
from planner.zones.file import Found, tidy
from planner.zones.heights import Datum, Height, Side, height_from
from planner.zones.openair.lines import DRAWING, Line, lines_of
from planner.zones.openair.outline import Outline

DRAWS = ("V", *DRAWING)
PASSED = ("AF", "AG", "AX", "AT", "TO", "TC", "SP", "SB")
NOT_KNOWN = ("bynotam", "notam", "by notam", "ask", "unknown", "unk")


@dataclass
class _Airspace:
    """One airspace while its lines are read."""

    first: Line
    outline: Outline = field(default_factory=Outline)
    lines: dict[str, Line] = field(default_factory=dict)
    active: list[Line] = field(default_factory=list)

    def take(self, line: Line) -> None:
        """Keep a line, or draw it. Raises ``FileFormatError`` or ``GeometryError`` with the line."""
        if line.command in DRAWS:
            self.outline.take(line)
        elif line.command == "AA":
            self.active.append(line)
        elif line.command not in PASSED:
            if line.command in self.lines:
                first = self.lines[line.command].number
                raise line.wrong(f"{line.command} stands twice in this airspace, first at line {first}.")
            self.lines[line.command] = line

    def found(self, number: int) -> Found:
        """The airspace as a zone. Raises ``FileFormatError`` or ``GeometryError`` with the line."""
        name = tidy(self._words("AN"))
        about = f"{self.first.about} ({name or 'airspace without a name'})"
        notes: list[str] = []
        floor, unknown = self._height("AL", Side.FLOOR)
        notes += unknown
        ceiling, unknown = self._height("AH", Side.CEILING)
        notes += unknown
        if floor is not None and ceiling is not None and floor.is_above(ceiling):
            raise max(self.lines["AL"], self.lines["AH"], key=lambda line: line.number).wrong(
                f"The floor ({self._words('AL')}) lies above the ceiling ({self._words('AH')})."
            )
        shape, mended = self.outline.shape(about)
        zone = Zone(
            id=tidy(self._words("AI")) or f"airspace-{number}",
            kind=ZoneKind.AIRSPACE,
            shape=shape,
            name=name,
            floor=None if floor is None else floor.bound(Side.FLOOR),
            ceiling=None if ceiling is None else ceiling.bound(Side.CEILING),
            hours=self._hours(),
            category=tidy(f"{self._words('AC')} {self._words('AY')}"),
        )
        return Found(zone, tuple(f"{about}: {note}" for note in (*notes, *mended)))

    def _words(self, command: str) -> str:
        line = self.lines.get(command)
        return line.words if line is not None else ""

    def _height(self, command: str, side: Side) -> tuple[Height | None, tuple[str, ...]]:
        """The height and what to tell; None: from the ground, or without top."""
        line = self.lines.get(command)
        far = "from the ground on" if side is Side.FLOOR else "without top"
        if line is None:
            return None, (f"There is no {command}; it is held {far}.",)
        if line.words.lower().replace("-", " ") in NOT_KNOWN:
            return None, (f"Its {side.value} is {line.words}; it is held {far}.",)
        try:
            height = height_from(line.words, bare_unit="ft", bare_datum=Datum.SEA)
        except SettingError as error:
            raise line.wrong(error.sentence, error.mend) from None
        if side is Side.FLOOR and height is None:
            raise line.wrong("A floor cannot be unlimited.")
        if side is Side.CEILING and height is not None and height == Height(0.0, Datum.GROUND):
            raise line.wrong("A ceiling cannot be the ground.")
        return height, ()

    def _hours(self) -> Hours:
        """What the AA lines say; NONE alone is: at times that the file does not know, so always."""
        nothing = [line for line in self.active if line.words.upper() == "NONE"]
        if nothing and len(self.active) > 1:
            raise nothing[0].wrong("NONE stands beside other activation times.")
        if nothing or not self.active:
            return ALWAYS
        return Hours(tuple(_period(line) for line in self.active))


def openair_zones(text: str, source: str) -> Iterator[Found]:
    """The airspaces of a text in their order; raises ``FileFormatError`` or ``GeometryError`` with the line."""
    airspace: _Airspace | None = None
    count = 0
    for line in lines_of(text, source):
        if line.command == "AC":
            if airspace is not None:
                count += 1
                yield airspace.found(count)
            if not line.words:
                raise line.wrong("AC does not say the class.", "Write for example: AC D.")
            airspace = _Airspace(line)
        if airspace is None:
            raise line.wrong(f"{line.command} stands before the first AC.", "An airspace begins with AC and its class.")
        airspace.take(line)
    if airspace is None:
        raise FileFormatError("There is no airspace in it.", about=source, mend="An airspace begins with AC.")
    yield airspace.found(count + 1)


def _period(line: Line) -> Period:
    words = line.words.split("/")
    if len(words) != 2 or {word.strip().upper() for word in words} == {"NONE"}:
        raise line.wrong(
            f"{line.words[:60]!r} is no activation time.", "Write AA 2026-05-01T06:00Z/2026-05-01T18:00Z, or AA NONE."
        )
    try:
        start, end = (None if word.strip().upper() == "NONE" else moment_from(word) for word in words)
        return Period(start, end)
    except SettingError as error:
        raise line.wrong(error.sentence, error.mend) from None
