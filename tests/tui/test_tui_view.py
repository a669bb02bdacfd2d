"""The window on local metres."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from qyran.tui.canvas.view import COARSEST_M, View

metres = st.floats(-40_000, 40_000)
scales = st.floats(0.02, 1_000)
sizes = st.integers(1, 300)


@given(place=st.tuples(metres, metres), middle=st.tuples(metres, metres), scale=scales, columns=sizes, rows=sizes)
def test_a_place_goes_to_dots_and_back(*, place, middle, scale, columns, rows):
    """A corner would jump when taken hold of if what is drawn and what is picked were not the same place."""
    view = View(*middle, scale, columns, rows)
    x, y = view.to_dots(np.array([place]))[0]
    assert np.allclose(view.to_metres(x, y), place, atol=1e-6)


@given(metres, metres, scales, st.floats(0.2, 5))
def test_zooming_keeps_the_place_under_the_pointer(east, north, scale, factor):
    """The map would slide away under the mouse wheel."""
    view = View(0, 0, scale, 120, 40)
    before = view.to_dots(np.array([[east, north]]))
    after = view.zoomed(factor, east, north).to_dots(np.array([[east, north]]))
    assert np.allclose(before, after, atol=1e-3)


@given(
    corner=st.tuples(metres, metres), width=st.floats(1, 5_000), height=st.floats(1, 5_000), columns=sizes, rows=sizes
)
def test_a_fit_shows_all_corners(*, corner, width, height, columns, rows):
    """Part of the patrol would lie outside the map after pressing 0."""
    west, south = corner
    view = View(columns=columns, rows=rows).fitted((west, south, west + width, south + height))
    assume(view.metres_per_dot < COARSEST_M)  # a cell or two cannot show kilometres
    corners = np.array([[west, south], [west + width, south + height]])
    dots = view.to_dots(corners)
    assert (dots >= 0).all()
    assert (dots[:, 0] <= view.width).all()
    assert (dots[:, 1] <= view.height).all()
