"""From strokes and marks to cells."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from qyran.tui.canvas.ink import Ink
from qyran.tui.canvas.raster import Cells, trace
from qyran.tui.canvas.scene import Mark, Scene, Stroke, line
from qyran.tui.canvas.view import View

dot = st.floats(-500, 500)
VIEW = View(columns=10, rows=5, metres_per_dot=1.0)
"""20 × 20 dots; east 0, north 0 is the middle, so a place (x, y) is the dot (x + 10, 10 - y)."""


def drawn(scene: Scene) -> Cells:
    cells = Cells.blank(VIEW.columns, VIEW.rows)
    cells.draw(scene, VIEW)
    return cells


def text(cells: Cells, row: int) -> str:
    return "".join(words for words, _ in cells.runs(row))


@given(dot, dot, dot, dot)
def test_traced_dots_lie_in_the_window_and_on_the_line(x0, y0, x1, y1):
    """A line would be drawn beside its place, or the program would die on one that leaves the map."""
    x, y, _ = trace(np.array([[x0, y0, x1, y1]]), 40, 30, None)
    assert ((x >= 0) & (x < 40) & (y >= 0) & (y < 30)).all()
    length = np.hypot(x1 - x0, y1 - y0)
    if length > 1:
        away = np.abs((x + 0.5 - x0) * (y1 - y0) - (y + 0.5 - y0) * (x1 - x0)) / length
        assert (away <= 1.0).all()


@given(st.floats(0, 39.99), st.floats(0, 29.99), st.floats(0, 39.99), st.floats(0, 29.99))
@example(0.0, 0.0, 7.0, 0.0)
@example(0.0, 0.0, 0.0, 7.0)
def test_a_line_inside_has_no_gap(x0, y0, x1, y1):
    """An outline would look open where it is closed."""
    x, y, _ = trace(np.array([[x0, y0, x1, y1]]), 40, 30, None)
    assert (int(x0), int(y0)) == (x[0], y[0])
    assert (int(x1), int(y1)) == (x[-1], y[-1])
    assert (np.abs(np.diff(x)) <= 1).all()
    assert (np.abs(np.diff(y)) <= 1).all()


def test_segments_without_a_place_are_left_out():
    """One unknown position would blank the whole map."""
    nowhere = [np.nan, 0.0, 5.0, 5.0]
    x, _, owner = trace(np.array([nowhere, [1.0, 1.0, 3.0, 1.0], [np.inf, 0.0, 1.0, 1.0]]), 10, 10, (1, 1))
    assert len(x)
    assert set(owner.tolist()) == {1}


def test_the_eight_dots_of_a_cell_are_unicodes_own():
    """Every line would be garbled: U+2800 numbers its dots in an order of its own (Unicode 15, chapter 21.1)."""
    expected = {(0, 0): 0x01, (0, 1): 0x02, (0, 2): 0x04, (1, 0): 0x08, (1, 1): 0x10, (1, 2): 0x20, (0, 3): 0x40}
    expected[(1, 3)] = 0x80
    for (column, row), bit in expected.items():
        place = np.array([[column - 10 + 0.5, 10 - row - 0.5]])
        cells = drawn(Scene((Stroke(np.hstack([place, place]), Ink.AREA),)))
        assert cells.bits[0, 0] == bit
        assert text(cells, 0)[0] == chr(0x2800 + bit)


def test_a_solid_line_and_a_dashed_one_differ_without_colour():
    """With NO_COLOR an area and a zone could not be told apart."""
    points = np.array([[-10.0, 0.5], [10.0, 0.5]])
    solid, dashed = drawn(Scene((line(points, Ink.AREA),))), drawn(Scene((line(points, Ink.ZONE, dash=(2, 2)),)))
    assert np.unpackbits(solid.bits).sum() == 20
    assert 8 <= np.unpackbits(dashed.bits).sum() <= 12


def test_what_is_drawn_later_lies_on_top():
    """The plan would hide the no-fly zone that it runs along."""
    points = np.array([[-10.0, 0.5], [10.0, 0.5]])
    cells = drawn(Scene((line(points, Ink.SORTIE_1), line(points, Ink.ZONE), line(points, Ink.TRACK, dash=(1, 1)))))
    assert set(cells.ink[2].tolist()) == {Ink.TRACK}


def test_marks_cover_dots_and_stop_at_the_edge():
    """A label at the border would break the line below it."""
    cells = drawn(Scene(marks=(Mark(7.5, 0.5, "⌂ post", Ink.LAUNCH), Mark(-10.0, 0.5, "left", Ink.LABEL, (-2, 0)))))
    assert text(cells, 2) == "ft      ⌂ "
    assert all(len(text(cells, row)) == VIEW.columns for row in range(VIEW.rows))


def test_a_line_over_a_sign_leaves_it_its_look():
    """A launch or a zone's name would take on the look of the track that crosses it."""
    cells = drawn(Scene(marks=(Mark(0.5, 0.5, "⌂", Ink.LAUNCH),)))
    cells.draw(Scene((line(np.array([[-10.0, 0.5], [10.0, 0.5]]), Ink.TRACK),)), VIEW)
    assert ("⌂", Ink.LAUNCH) in cells.runs(2)


def test_wide_and_combining_characters_do_not_shift_the_row():
    """A name with an ideograph would push the rest of the map aside."""
    cells = drawn(Scene(marks=(Mark(-9.5, 0.5, "鷹e\u0301", Ink.LABEL),)))
    assert text(cells, 2) == "·e·       "


def test_an_empty_cell_beside_the_cursor_stays_empty():
    """The cursor's ground would smear to the right."""
    cells = drawn(Scene(marks=(Mark(0.5, 0.5, "┼", Ink.CURSOR),)))
    assert cells.runs(2) == [("     ", Ink.NONE), ("┼", Ink.CURSOR), ("    ", Ink.NONE)]


def test_only_rows_that_look_different_are_told():
    """Every frame would cost as much as the first one."""
    before = drawn(Scene(marks=(Mark(0.5, 0.5, "▲", Ink.VEHICLE),)))
    after = drawn(Scene(marks=(Mark(0.5, 4.5, "▲", Ink.VEHICLE),)))
    assert after.changed_rows(before).tolist() == [False, True, True, False, False]
    assert not before.changed_rows(before.copy()).any()
