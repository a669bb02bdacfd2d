"""The outline of one airspace, from its lines: points, arcs, a circle or an airway."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from shapely import MultiPolygon, Polygon

from planner.errors import FileFormatError
from planner.quantities import LonLat
from planner.zones.circles import NAUTICAL_MILE_M, arc, band, circle, to
from planner.zones.openair.lines import Line
from planner.zones.openair.places import place_from
from planner.zones.rings import ring_polygon

_VARIABLE = re.compile(r"(?P<name>[A-Z])\s*=\s*(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?|\.\d+", re.ASCII)


@dataclass
class Outline:
    """What the lines of one airspace have drawn so far, with the variables that later lines look at."""

    ring: list[tuple[float, float]] = field(default_factory=list)
    airway: list[LonLat] = field(default_factory=list)
    round: Polygon | None = None
    centre: LonLat | None = None
    clockwise: bool = True
    width_m: float | None = None

    def take(self, line: Line) -> None:
        """Draw what a line says. Raises ``FileFormatError`` or ``GeometryError`` with the line."""
        match line.command:
            case "V":
                self._set(line)
            case "DP":
                self.ring.append(place_from(line.words, line))
            case "DA":
                self._arc_by_angles(line)
            case "DB":
                self._arc_by_ends(line)
            case "DC":
                if self.round is not None:
                    raise line.wrong("The airspace has a second circle.", "Begin a new airspace with AC.")
                radius = _number(line.words, line) * NAUTICAL_MILE_M
                self.round = circle(self._centre(line), radius, line.about)
            case _:
                self.airway.append(place_from(line.words, line))

    def shape(self, about: str) -> tuple[Polygon | MultiPolygon, tuple[str, ...]]:
        """The airspace's polygon and what was mended in it. Raises ``FileFormatError`` or ``GeometryError``."""
        if sum((bool(self.ring), bool(self.airway), self.round is not None)) != 1:
            drawn = self.ring or self.airway or self.round
            sentence = "mixes points, a circle and an airway" if drawn else "has no outline"
            raise FileFormatError(f"The airspace {sentence}.", about=about, mend="Give it DP, DA, DB, DC or DY lines.")
        if self.round is not None:
            return self.round, ()
        if self.ring:
            return ring_polygon(np.array(self.ring), about)
        if self.width_m is None or len(self.airway) < 2:
            raise FileFormatError(
                "An airway needs a width and two points.", about=about, mend="Give V W= (nautical miles) and DY lines."
            )
        return band(np.array(self.airway), self.width_m / 2, about), ()

    def _set(self, line: Line) -> None:
        found = _VARIABLE.fullmatch(line.words)
        name, value = (found["name"].upper(), found["value"].strip()) if found else ("", "")
        if name == "X":
            self.centre = place_from(value, line)
        elif name == "D" and value in ("+", "-"):
            self.clockwise = value == "+"
        elif name == "W":
            self.width_m = _number(value, line) * NAUTICAL_MILE_M
        elif name not in ("Z", "T"):
            raise line.wrong(f"The variable {line.words[:40]!r} is not understood.", "Known: X=, D=+, D=-, W=, Z=, T=.")

    def _arc_by_angles(self, line: Line) -> None:
        words = line.words.split(",")
        if len(words) != 3:
            raise line.wrong("An arc by angles needs radius, start and end.", 'Write for example "DA 5.0,60,158".')
        radius, start, end = (_number(word, line) for word in words)
        radii = (radius * NAUTICAL_MILE_M, radius * NAUTICAL_MILE_M)
        self.ring += self._arc(line, radii, (start, end))

    def _arc_by_ends(self, line: Line) -> None:
        words = line.words.split(",")
        if len(words) != 2:
            raise line.wrong(
                "An arc by its ends needs two places.", 'Write "DB 52:07:57 N 013:25:08 E, 52:05:09 N 013:26:48 E".'
            )
        first, last = (place_from(word, line) for word in words)
        centre = self._centre(line)
        start, end = to(centre, first), to(centre, last)
        inner = self._arc(line, (start[0], end[0]), (start[1], end[1]))[1:-1]
        self.ring += [first, *inner, last]

    def _arc(self, line: Line, radii: tuple[float, float], bearings: tuple[float, float]) -> list[tuple[float, float]]:
        places = arc(self._centre(line), radii, bearings, clockwise=self.clockwise, about=line.about)
        return [(float(lon), float(lat)) for lon, lat in places]

    def _centre(self, line: Line) -> LonLat:
        if self.centre is None:
            raise line.wrong("There is no centre to draw around.", "Put a V X= line before it.")
        return self.centre


def _number(text: str, line: Line) -> float:
    if _NUMBER.fullmatch(text.strip()) is None:
        raise line.wrong(f"{text.strip()[:30]!r} is no number.")
    return float(text)
