"""From strokes and marks to cells: braille dots, one ink a cell, glyphs above them.

Everything is vectorised over segments and dots; nothing here loops over either.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from qyran.tui.canvas.ink import FILLS_CELL, Ink
from qyran.tui.canvas.scene import Mark, Scene, Segments, Stroke
from qyran.tui.canvas.view import DOTS_ACROSS, DOTS_DOWN, View

BRAILLE = 0x2800
BLANK = 0x20
_DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
"""The bit of a dot in U+2800 by its row and column in the cell (Unicode, Braille Patterns)."""

_FILLS_CELL = np.isin(np.arange(256), [int(ink) for ink in FILLS_CELL])


@dataclass(slots=True, eq=False)
class Cells:
    """A grid of cells, each array of shape (rows, columns).

    ``bits`` are braille dots; ``glyph`` a code point that covers them, or 0; ``ink`` an ``Ink``.
    """

    bits: NDArray[np.uint8]
    glyph: NDArray[np.uint32]
    ink: NDArray[np.uint8]

    @classmethod
    def blank(cls, columns: int, rows: int) -> Cells:
        """Nothing drawn."""
        shape = (rows, columns)
        return cls(np.zeros(shape, np.uint8), np.zeros(shape, np.uint32), np.zeros(shape, np.uint8))

    def copy(self) -> Cells:
        """A grid to draw on without changing this one."""
        return Cells(self.bits.copy(), self.glyph.copy(), self.ink.copy())

    def draw(self, scene: Scene, view: View) -> None:
        """All of a scene, on top of what is there."""
        for strokes in _batches(scene.strokes):
            self._strokes(strokes, view)
        if scene.marks:
            self._marks(scene.marks, view)

    def changed_rows(self, before: Cells) -> NDArray[np.bool_]:
        """Which rows look different from another grid of the same size, shape (rows,)."""
        differs = (self.bits != before.bits) | (self.glyph != before.glyph) | (self.ink != before.ink)
        return np.asarray(differs.any(axis=1))

    def runs(self, row: int) -> list[tuple[str, int]]:
        """One row as words of one ink each, together as long as the row.

        An empty cell goes with the ink before it, which makes the words fewer and looks the same.
        """
        glyph, bits = self.glyph[row], self.bits[row]
        codes = np.where(glyph != 0, glyph, np.uint32(BRAILLE) + bits)
        codes[codes == BRAILLE] = BLANK
        empty = codes == BLANK
        last_full = np.maximum.accumulate(np.where(empty, 0, np.arange(len(codes))))
        ink = self.ink[row][last_full]
        ink[empty & ((last_full == 0) | _FILLS_CELL[ink])] = Ink.NONE
        ink[0] = Ink.NONE if empty[0] else self.ink[row, 0]
        text = codes.astype("<u4").tobytes().decode("utf-32-le")
        edges = [0, *(np.flatnonzero(ink[1:] != ink[:-1]) + 1).tolist(), len(text)]
        inks = ink[edges[:-1]].tolist()
        return [(text[begin:end], value) for (begin, end), value in zip(pairwise(edges), inks, strict=True)]

    def _strokes(self, strokes: list[Stroke], view: View) -> None:
        """Strokes of one dash, in one go; where they cross, numpy keeps the ink written last."""
        segments = np.concatenate([stroke.segments for stroke in strokes])
        counts = [len(stroke.segments) for stroke in strokes]
        inks = np.repeat(np.array([stroke.ink for stroke in strokes], dtype=np.uint8), counts)
        dots = view.to_dots(segments.reshape(-1, 2)).reshape(-1, 4)
        x, y, owner = trace(dots, view.width, view.height, strokes[0].dash)
        cell = (y // DOTS_DOWN) * view.columns + x // DOTS_ACROSS
        np.bitwise_or.at(self.bits.reshape(-1), cell, _DOT_BITS[y % DOTS_DOWN, x % DOTS_ACROSS])
        bare = self.glyph.reshape(-1)[cell] == 0  # a sign keeps its own ink under a line
        self.ink.reshape(-1)[cell[bare]] = inks[owner[bare]]

    def _marks(self, marks: tuple[Mark, ...], view: View) -> None:
        rows, columns = self.bits.shape
        places = view.to_dots(np.array([(mark.east_m, mark.north_m) for mark in marks]))
        known = np.asarray(np.isfinite(places).all(axis=1))
        places = np.clip(np.where(known[:, np.newaxis], places, -1e6), -1e6, 1e6)
        cells = np.floor(places / (DOTS_ACROSS, DOTS_DOWN)).astype(np.int64).tolist()
        for mark, (column, row) in zip(marks, cells, strict=True):
            y, first = row + mark.shift[1], column + mark.shift[0]
            if not 0 <= y < rows or first >= columns or first + len(mark.text) <= 0:
                continue
            for x, character in enumerate(mark.text, first):
                if 0 <= x < columns:
                    self.glyph[y, x] = _one_cell_wide(character)
                    self.ink[y, x] = mark.ink


@cache
def _one_cell_wide(character: str) -> int:
    return ord(character) if cell_len(character) == 1 else ord("·")


def _batches(strokes: tuple[Stroke, ...]) -> list[list[Stroke]]:
    """Neighbouring strokes of the same dash together, in order, empty ones left out."""
    drawn = [stroke for stroke in strokes if len(stroke.segments)]
    return [list(group) for _, group in groupby(drawn, key=lambda stroke: stroke.dash)]


def trace(
    dots: Segments, width: int, height: int, dash: tuple[int, int] | None
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The dots that segments, shape (n, 4) in dot coordinates, touch inside a window of ``width`` × ``height`` dots.

    Returns the dots' columns, rows, and the number of the segment each belongs to, in the segments' order. A
    dash runs on from one segment to the next. Segments that are not finite are left out.
    """
    step = dots[:, 2:] - dots[:, :2]
    enter, leave = _clip(dots, step, width, height)
    number = np.flatnonzero(enter <= leave)  # false where a coordinate is not a number
    begins = None if dash is None else _begins(step)[number]
    dots, step, enter, span = dots[number], step[number], enter[number], (leave - enter)[number]
    # One dot more than the longer side has: steps stay below one dot, whatever the rounding, and leave no gap.
    count = np.ceil(np.abs(step).max(axis=1, initial=0.0) * span).astype(np.intp) + 2
    owner = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
    t = enter[owner] + (span / (count - 1))[owner] * place
    x = (dots[:, 0][owner] + step[:, 0][owner] * t).astype(np.intp)
    y = (dots[:, 1][owner] + step[:, 1][owner] * t).astype(np.intp)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    if dash is not None and begins is not None:
        on, off = dash
        length = np.hypot(step[:, 0], step[:, 1])
        inside &= (begins[owner] + t * length[owner]).astype(np.intp) % (on + off) < on
    return x[inside], y[inside], number[owner[inside]]


def _begins(step: Segments) -> NDArray[np.float64]:
    """How many dots lie before each segment when all are laid end to end."""
    length = np.nan_to_num(np.hypot(step[:, 0], step[:, 1]))
    return np.asarray(np.cumsum(length) - length)


def _clip(dots: Segments, step: Segments, width: int, height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each segment enters and leaves the window, as shares of its length (Liang and Barsky 1984)."""
    enter = np.zeros(len(dots))
    leave = np.ones(len(dots))
    for axis, size in ((0, width), (1, height)):
        start, delta = dots[:, axis], step[:, axis]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            first, second = -start / delta, (size - start) / delta
        flat = delta == 0
        within = (start >= 0) & (start <= size)
        first = np.where(flat, np.where(within, -np.inf, np.inf), first)
        second = np.where(flat, np.inf, second)
        enter = np.maximum(enter, np.minimum(first, second))
        leave = np.minimum(leave, np.maximum(first, second))
    return enter, leave
