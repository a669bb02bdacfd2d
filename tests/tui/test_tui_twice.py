"""Dangerous keys are pressed twice."""

from __future__ import annotations

from qyran.tui.twice import Twice


def test_only_the_same_key_twice_in_time_counts():
    """One slip of a finger would land the drone, or a wanted return would not come."""
    now = [100.0]
    twice = Twice(lambda: now[0])
    assert not twice.press("R")
    now[0] += 1.6
    assert not twice.press("R"), "too late: this press is a first one again"
    assert not twice.press("L")
    now[0] += 1.0
    assert not twice.press("R"), "another key in between"
    now[0] += 1.4
    assert twice.press("R")
    assert not twice.press("R"), "a third press is a first one again"
