"""What a shift comes to: gaps of laps, changes of a relay, places that visits leave out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.laps import PlaceReport, Rhythm


@dataclass(frozen=True, slots=True)
class PlaceGaps:
    """A place and how often drones come to it."""

    place: str
    gaps: PlaceReport


@dataclass(frozen=True, slots=True)
class LapsReport:
    """Laps as they are flown: ways out and home, changes of battery and the forecast's times counted in.

    ``round_s`` is one round through all places by one drone, ``share_s`` that by the number of drones, ``bound_s`` the
    longest gap that was asked for. Gaps are counted from ``from_s`` to ``until_s``, seconds after the patrol's start:
    before that the first round is under way.
    """

    rhythm: Rhythm
    places: tuple[PlaceGaps, ...]
    round_s: float
    share_s: float
    bound_s: float
    from_s: float
    until_s: float

    @property
    def worst_gap_s(self) -> float:
        """The longest time that any place is without a visit."""
        return max(one.gaps.worst_gap_s for one in self.places)

    @property
    def idle_s(self) -> float:
        """How long ago the last visit was, averaged over places and time."""
        return math.fsum(one.gaps.idle_s for one in self.places) / len(self.places)

    @property
    def mean_gap_s(self) -> float | None:
        """Time between visits, averaged over places; None where no place was visited twice."""
        return _mean([one.gaps.mean_gap_s for one in self.places])

    @property
    def entropy_bits(self) -> float | None:
        """Return-time entropy, averaged over places; None where the shift is too short to tell."""
        return _mean([one.gaps.entropy_bits for one in self.places])

    @property
    def missing_s(self) -> float:
        """By how much the longest gap passes the bound; 0 where it holds."""
        return max(0.0, self.worst_gap_s - self.bound_s)


@dataclass(frozen=True, slots=True)
class Handover:
    """One drone leaves a post at ``at_s`` after the patrol's start, the next comes ``gap_s`` later (0: before)."""

    place: str
    at_s: float
    gap_s: float


@dataclass(frozen=True, slots=True)
class RelayReport:
    """A post held by turns. ``drones`` and ``batteries`` fly; with those ``needed`` the goal holds (None: none do).

    ``from_s`` and ``until_s``: the shift, seconds after the patrol's start, which is when the first drone takes off.
    """

    posts: tuple[str, ...]
    handovers: tuple[Handover, ...]
    drones: int
    batteries: int
    drones_needed: int | None
    batteries_needed: int | None
    gap_goal_s: float
    from_s: float
    until_s: float

    @property
    def worst_gap_s(self) -> float:
        """The longest time that a post is left."""
        return max((one.gap_s for one in self.handovers), default=0.0)

    @property
    def uncovered_s(self) -> float:
        """Seconds that posts are left, all together."""
        return math.fsum(one.gap_s for one in self.handovers)

    @property
    def missing_s(self) -> float:
        """By how much the longest gap passes the goal; 0 where it holds."""
        return max(0.0, self.worst_gap_s - self.gap_goal_s)


@dataclass(frozen=True, slots=True)
class VisitReport:
    """Places visited for their prizes: what was brought of what there is, and the places ``left`` out."""

    prize: float
    prize_of_all: float
    visited: int
    left: tuple[str, ...]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
