"""Visits: of many places those that are worth most, when there is not time for all. How: :mod:`planner.routing`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from planner.cameras import Camera
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Thing
from planner.patterns.shift import Shift, points_of
from planner.site import Site


@dataclass(frozen=True, slots=True)
class Visit(Shift):
    """Visit points for their prizes, each once at most; of a point come ``prize``, ``stay_s`` and ``window_s``.

    Each drone flies up to ``sorties`` batteries, within ``shift_s`` where that is given. ``stay_s`` is the stay at
    points that do not say theirs. ``effort_s``: seconds to look for better tours (None: 1 s up to 66 places, 5 s up to
    120, 20 s beyond).
    """

    sorties: int = 1
    stay_s: float = 10.0
    effort_s: float | None = None

    word: ClassVar[str] = "visit"
    kinds: ClassVar[tuple[str, ...]] = ("point",)

    def __post_init__(self) -> None:
        Shift.__post_init__(self)
        self.refuse_less_than_one("sorties")
        self.refuse_negative("stay_s")
        self.refuse_not_positive("effort_s")

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each point."""
        return points_of(site, frame)
