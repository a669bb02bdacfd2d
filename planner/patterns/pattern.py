"""What every pattern is: settings that say how to fly, and the wanted ways they make of what is drawn."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from planner.cameras import Camera
from planner.errors import PlanError, SettingError
from planner.geodesy import LocalFrame
from planner.quantities import Altitude, AltitudeReference
from planner.site import Site

Points = NDArray[np.float64]
Place = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A way that a pattern asks for, in local metres: points (n, 2), flown in their order.

    ``looks``: whether the camera takes pictures on it. ``aim``: the place it points to. ``stay_s``: seconds at its end.
    """

    points: Points
    looks: bool = True
    aim: Place | None = None
    stay_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """Something drawn that a pattern is flown for: its name, and its shape in local metres.

    ``band`` is what is to be seen of it, None where there is no such figure; ``width_m`` its width, where it has one.
    """

    label: str
    shape: BaseGeometry
    band: Polygon | MultiPolygon | None = None
    width_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """How something is flown: at which altitude, how fast, with how many pictures."""

    altitude: Altitude = field(default_factory=lambda: Altitude.agl(60.0))
    speed_mps: float = 10.0
    front_overlap: float = 0.6

    word: ClassVar[str]
    """Its name in settings and options."""
    kinds: ClassVar[tuple[str, ...]]
    """What it is flown for, in the words of ``areas.geojson``."""
    roams: ClassVar[bool] = False
    """Whether it goes between its things any way round, so that all between them may be flown over."""

    def __post_init__(self) -> None:
        if self.altitude.reference is AltitudeReference.AMSL:
            raise SettingError(f"A {self.word}'s altitude is above ground or above home, not above sea level.")
        self.refuse_not_positive("speed_mps")
        if not self.altitude.metres > 0:
            raise SettingError(f"altitude must be greater than zero, not {self.altitude.metres}.")
        self.refuse_no_share("front_overlap")

    def spacing_m(self, camera: Camera) -> float | None:
        """Distance between lanes, metres; None where the pattern has no lanes side by side."""
        return None

    @abstractmethod
    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """What is drawn for it; empty where nothing is."""

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """The ways for one thing, for a drone that comes from ``at``; a sweep finds its own."""
        raise NotImplementedError(self.word)

    def refuse_not_positive(self, *names: str) -> None:
        """Raise ``SettingError`` where one of these settings is set and not a finite number above zero."""
        for name in names:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise SettingError(f"{name} must be greater than zero, not {value}.")

    def refuse_no_share(self, name: str) -> None:
        """Raise ``SettingError`` where a setting is not at least 0 and below 1."""
        if not 0 <= getattr(self, name) < 1:
            raise SettingError(f"{name} must be at least 0 and below 1, not {getattr(self, name)}.")

    def refuse_other(self, name: str, words: tuple[str, ...]) -> None:
        """Raise ``SettingError`` where a setting is none of these words."""
        if getattr(self, name) not in words:
            known = ", ".join(f'"{word}"' for word in words)
            raise SettingError(f'{name} must be one of {known}, not "{getattr(self, name)}".')

    def refuse_less_than_one(self, name: str) -> None:
        """Raise ``SettingError`` where a count is set and below 1."""
        value = getattr(self, name)
        if value is not None and value < 1:
            raise SettingError(f"{name} must be at least 1, not {value}.")


@dataclass(frozen=True, slots=True)
class Laned(Pattern):
    """A pattern of lanes side by side. ``swath_m`` None: from the camera, the altitude and ``side_overlap``."""

    swath_m: float | None = None
    side_overlap: float = 0.2

    def __post_init__(self) -> None:
        Pattern.__post_init__(self)
        self.refuse_not_positive("swath_m")
        self.refuse_no_share("side_overlap")

    def spacing_m(self, camera: Camera) -> float:
        """Distance between lanes: what the camera sees across, less the overlap."""
        if self.swath_m is not None:
            return self.swath_m
        return camera.lane_spacing_m(self.altitude.metres, self.side_overlap)


def drawn(pattern: Pattern, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
    """What a pattern is flown for. Raises ``PlanError`` where nothing is drawn for it, with what is."""
    things = pattern.things(site, frame, camera)
    if things:
        return things
    here = [
        f"{len(found)} {kind}{'s' if len(found) > 1 else ''}"
        for kind, found in (
            ("area", site.areas),
            ("corridor", site.corridors),
            ("perimeter", site.perimeters),
            ("point", site.points),
            ("route", site.routes),
        )
        if found
    ]
    needs = " or ".join(f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in pattern.kinds)
    raise PlanError(
        f"Nothing is drawn for the pattern {pattern.word}; it needs {needs}. Drawn: {', '.join(here) or 'nothing'}.",
        about=site.source or None,
        mend=f'Draw a feature with "kind": "{pattern.kinds[0]}", or choose another pattern.',
    )


def heading(degrees: float) -> Points:
    """A heading, degrees clockwise from north, as a direction (2,) of length 1 (east, north)."""
    angle = math.radians(degrees)
    return np.array([math.sin(angle), math.cos(angle)])


def nearest_end_first(points: Points, at: Place) -> Points:
    """A way (n, 2) turned around where its end is nearer."""
    return points[::-1] if math.dist(points[-1], at) < math.dist(points[0], at) else points


def nearest_corner_first(ring: Points, at: Place) -> Points:
    """A closed ring (n, 2), first point repeated at the end, begun at its corner nearest to a place."""
    corners = ring[:-1]
    first = int(np.argmin(np.hypot(*(corners - np.array(at)).T)))
    turned = np.roll(corners, -first, axis=0)
    return np.concatenate([turned, turned[:1]])


def alternating(rows: list[Points]) -> list[Points]:
    """Rows (n, 2) flown to and fro: every second one turned around."""
    return [row[::-1] if number % 2 else row for number, row in enumerate(rows)]
