"""What a patrol of many places asks for, and what the answer is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import SettingError

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Drone:
    """One sortie that may be flown: from which place to which, how long it may take, and between which times.

    ``start`` and ``end`` are places (rows of the matrix of travel times), ``limit_s`` the longest time from leaving
    the one to coming to the other, waiting and staying counted. It leaves at ``from_s`` or later, and is back by
    ``until_s``.
    """

    start: int
    end: int
    limit_s: float
    from_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit_s) and self.limit_s > 0):
            raise SettingError(f"A drone's limit_s must be greater than zero, not {self.limit_s}.")
        if not (math.isfinite(self.from_s) and self.from_s >= 0 and self.until_s > self.from_s):
            raise SettingError(f"A drone flies from {self.from_s} s ≥ 0 until later, not until {self.until_s} s.")


@dataclass(frozen=True, slots=True)
class Tour:
    """What one drone does: ``places`` in their order, and when it comes to each (``arrive_s``, waiting counted in).

    It leaves its start at ``leave_s`` and is back at ``back_s``.
    """

    drone: int
    places: tuple[int, ...]
    arrive_s: tuple[float, ...]
    leave_s: float
    back_s: float

    @property
    def duration_s(self) -> float:
        """From leaving to coming back, seconds."""
        return self.back_s - self.leave_s


@dataclass(frozen=True, slots=True)
class Visits:
    """The answer: one tour for every drone that flies, the prizes they bring, and the places nobody comes to."""

    tours: tuple[Tour, ...]
    prize: float
    left: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Places and what holds for them, checked; arrays over all n places."""

    travel_s: Floats
    """(n, n) seconds from place to place."""
    prizes: Floats
    stay_s: Floats
    windows_s: Floats | None
    """(n, 2): when a stay may begin, first and last; None: at any time."""
    drones: tuple[Drone, ...]

    @classmethod
    def of(
        cls,
        travel_s: Floats,
        prizes: Floats,
        drones: Sequence[Drone],
        stay_s: Floats | None,
        windows_s: Floats | None,
    ) -> Task:
        """Raises ``SettingError`` in words for shapes and numbers that make no sense."""
        travel = np.array(travel_s, dtype=np.float64)
        count = len(travel)
        if travel.ndim != 2 or travel.shape != (count, count) or count == 0:
            raise SettingError(f"Travel times must be a square matrix, not of shape {travel.shape}.")
        if not (np.isfinite(travel).all() and (travel >= 0).all()):
            raise SettingError("Travel times must be finite and not negative.")
        prize = _column(prizes, count, "prizes")
        stay = np.zeros(count) if stay_s is None else _column(stay_s, count, "stay_s")
        windows = None if windows_s is None else np.array(windows_s, dtype=np.float64)
        if windows is not None:
            if windows.shape != (count, 2) or np.isnan(windows).any() or (windows[:, 0] > windows[:, 1]).any():
                raise SettingError("windows_s must be (n, 2) with the first time not after the last.")
            if (windows[:, 1] < 0).any() or not np.isfinite(windows[:, 0]).all():
                raise SettingError("windows_s must begin at a finite time and end at 0 s or later.")
        if not drones:
            raise SettingError("There must be at least one drone.")
        for drone in drones:
            if not (0 <= drone.start < count and 0 <= drone.end < count):
                raise SettingError(f"A drone's start and end must be among the {count} places.")
        return cls(travel, prize, stay, windows, tuple(drones))

    @property
    def needs_clock(self) -> bool:
        """Whether it matters when something is done, and not only how long it takes."""
        return self.windows_s is not None or any(math.isfinite(d.until_s) for d in self.drones)

    @property
    def is_symmetric(self) -> bool:
        """Whether a way takes as long in both directions."""
        return bool(np.allclose(self.travel_s, self.travel_s.T, rtol=1e-9, atol=1e-9))

    @property
    def bases(self) -> set[int]:
        """Places where drones start and end: they are not visited."""
        return {place for drone in self.drones for place in (drone.start, drone.end)}

    @property
    def wanted(self) -> list[int]:
        """Places that bring something."""
        return [place for place in range(len(self.prizes)) if self.prizes[place] > 0 and place not in self.bases]

    def tour(self, drone: int, places: Sequence[int]) -> Tour | None:
        """When a drone is where, leaving as late as it may without coming back later; None where it cannot be done."""
        who = self.drones[drone]
        way = [who.start, *places, who.end]
        first, last = self._earliest(way, who.from_s), [math.inf] * len(way)
        if first is None:
            return None
        last[-1] = first[-1]
        for i in range(len(way) - 2, -1, -1):
            latest = last[i + 1] - float(self.travel_s[way[i], way[i + 1]]) - (self._stay(way, i))
            last[i] = min(latest, self._window(way, i)[1])
        arrive = self._earliest(way, max(who.from_s, last[0]))
        if arrive is None:
            return None
        tour = Tour(drone, tuple(places), tuple(arrive[1:-1]), arrive[0], arrive[-1])
        slack = 1e-9 * max(1.0, abs(tour.back_s))
        fits = tour.duration_s <= who.limit_s + slack and tour.back_s <= who.until_s + slack
        return tour if fits else None

    def _stay(self, way: list[int], i: int) -> float:
        return float(self.stay_s[way[i]]) if 0 < i < len(way) - 1 else 0.0

    def _window(self, way: list[int], i: int) -> tuple[float, float]:
        if self.windows_s is None or not 0 < i < len(way) - 1:
            return -math.inf, math.inf
        return float(self.windows_s[way[i], 0]), float(self.windows_s[way[i], 1])

    def _earliest(self, way: list[int], leave_s: float) -> list[float] | None:
        times = [leave_s]
        for i in range(1, len(way)):
            low, high = self._window(way, i)
            at = max(times[-1] + self._stay(way, i - 1) + float(self.travel_s[way[i - 1], way[i]]), low)
            if at > high + 1e-9 * max(1.0, abs(high)):
                return None
            times.append(at)
        return times


def _column(values: Floats, count: int, name: str) -> Floats:
    column = np.array(values, dtype=np.float64)
    if column.shape != (count,) or not (np.isfinite(column).all() and (column >= 0).all()):
        raise SettingError(f"{name} must be {count} finite numbers, none negative.")
    return column
