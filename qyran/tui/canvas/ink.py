"""What a line or sign on the map stands for, and how that looks."""

from __future__ import annotations

from enum import IntEnum

from rich.style import Style


class Ink(IntEnum):
    """One look on the map. Colour is never the only sign: each has its own dash or glyph as well."""

    NONE = 0
    STALE = 1
    BORDER = 2
    AREA = 3
    ZONE = 4
    NO_LOOK = 5
    LAUNCH = 6
    SAFE_POINT = 7
    SORTIE_1 = 8
    SORTIE_2 = 9
    SORTIE_3 = 10
    SORTIE_4 = 11
    TRANSIT = 12
    TRACK = 13
    VEHICLE = 14
    VEHICLE_OLD = 15
    CORNER = 16
    HELD = 17
    SKETCH = 18
    WARNING = 19
    FAULT = 20
    LABEL = 21
    CURSOR = 22

    @classmethod
    def of_sortie(cls, number: int) -> Ink:
        """The ink of a sortie by its number, counted from 1; neighbours differ."""
        return (cls.SORTIE_1, cls.SORTIE_2, cls.SORTIE_3, cls.SORTIE_4)[(number - 1) % 4]


DARK: dict[Ink, Style] = {
    Ink.NONE: Style(),
    Ink.STALE: Style(color="#666666"),
    Ink.BORDER: Style(color="#5c7a99"),
    Ink.AREA: Style(color="#e6e6e6"),
    Ink.ZONE: Style(color="#ff6b5e"),
    Ink.NO_LOOK: Style(color="#c792ea"),
    Ink.LAUNCH: Style(color="#ffffff", bold=True),
    Ink.SAFE_POINT: Style(color="#9fe870", bold=True),
    Ink.SORTIE_1: Style(color="#4fc3f7"),
    Ink.SORTIE_2: Style(color="#ffd54f"),
    Ink.SORTIE_3: Style(color="#aed581"),
    Ink.SORTIE_4: Style(color="#f48fb1"),
    Ink.TRANSIT: Style(color="#78909c"),
    Ink.TRACK: Style(color="#00e676"),
    Ink.VEHICLE: Style(color="#00e676", bold=True),
    Ink.VEHICLE_OLD: Style(color="#9e9e9e", bold=True),
    Ink.CORNER: Style(color="#ffffff"),
    Ink.HELD: Style(color="#000000", bgcolor="#ffd54f", bold=True),
    Ink.SKETCH: Style(color="#ffd54f"),
    Ink.WARNING: Style(color="#ffb300", bold=True),
    Ink.FAULT: Style(color="#ff5252", bold=True),
    Ink.LABEL: Style(color="#b0bec5"),
    Ink.CURSOR: Style(color="#ffffff", bold=True, reverse=True),
}
"""The look on a dark background."""

FILLS_CELL = frozenset({Ink.HELD, Ink.CURSOR})
"""Inks that colour a cell's ground: an empty cell beside them must not take them on."""
