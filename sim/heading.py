"""Where the nose points: held, along the way, to a fixed angle, or to a place."""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import NamedTuple

from sim.vectors import Target, Vector, heading_of

_MOVING_SHARE = 0.05
"""Below this share of the speed limit the nose stays where it is."""
REACHED_RAD = math.radians(2.0)
BEHAVIOUR_HOLD, BEHAVIOUR_NEXT_WAYPOINT, BEHAVIOUR_EXCEPT_RTL = 0, 1, 2


class Look(Enum):
    """What the nose does."""

    HOLD = auto()
    ALONG = auto()
    FIXED = auto()
    PLACE = auto()


class Turn(NamedTuple):
    """``CONDITION_YAW``: degrees, degrees a second (0: the usual), direction -1, 0 (the short way) or 1."""

    degrees: float
    rate_dps: float
    direction: int
    relative: bool


class Heading:
    """The wanted heading, radians clockwise from true north."""

    def __init__(self) -> None:
        self.look = Look.HOLD
        self._wanted = 0.0
        self._goal = 0.0
        self._remaining = 0.0
        self._rate = 0.0
        self._place: Vector | None = None

    def hold(self, heading: float) -> None:
        """Keep a heading."""
        self.look, self._wanted = Look.HOLD, heading

    def along(self, heading: float) -> None:
        """Look where the target goes; until it moves, at ``heading``."""
        self.look, self._wanted = Look.ALONG, heading

    def bound(self, behaviour: int) -> bool:
        """Whether the mission said where to look, so that a new waypoint does not change it."""
        return self.look is Look.PLACE or (self.look is Look.FIXED and behaviour == BEHAVIOUR_HOLD)

    def default(self, behaviour: int, heading: float, *, returning: bool = False) -> None:
        """What ``WP_YAW_BEHAVIOR`` asks for on a way to a waypoint."""
        if behaviour == BEHAVIOUR_NEXT_WAYPOINT or (behaviour >= BEHAVIOUR_EXCEPT_RTL and not returning):
            self.along(heading)
        else:
            self.hold(heading)

    def fix(self, turn_to: Turn, heading: float, slew: float) -> None:
        """Turn to an angle from ``heading`` (radians), no faster than ``slew`` degrees a second."""
        degrees, rate_dps, direction, relative = turn_to
        if relative:
            turn = math.radians(degrees) * (direction or 1)
        else:
            turn = (math.radians(degrees) - heading + math.pi) % math.tau - math.pi
            if direction < 0 < turn:
                turn -= math.tau
            elif direction > 0 > turn:
                turn += math.tau
        self.look = Look.FIXED
        self._wanted, self._goal, self._remaining = heading, (heading + turn) % math.tau, turn
        self._rate = math.radians(min(rate_dps, slew) if rate_dps > 0 else slew)

    def at_place(self, place: Vector | None, heading: float) -> None:
        """Look at a place, or no longer."""
        if place is None:
            self.hold(heading)
        else:
            self.look, self._place, self._wanted = Look.PLACE, place, heading

    def fixed_reached(self, heading: float) -> bool:
        """Go on turning to the fixed angle, whatever came between; whether the nose is within two degrees of it."""
        if self.look is not Look.FIXED:
            self.look, self._wanted = Look.FIXED, heading
            self._remaining = (self._goal - heading + math.pi) % math.tau - math.pi
        error = (self._goal - heading + math.pi) % math.tau - math.pi
        return abs(self._remaining) < 1e-9 and abs(error) <= REACHED_RAD

    def step(self, target: Target, here: Vector, top_speed: float, dt: float) -> float:
        """The heading to turn to now."""
        if self.look is Look.ALONG:
            _, (north, east, _), _ = target
            if math.hypot(north, east) > _MOVING_SHARE * top_speed:
                self._wanted = heading_of(north, east)
        elif self.look is Look.FIXED and self._remaining:
            turn = math.copysign(min(abs(self._remaining), self._rate * dt), self._remaining)
            self._remaining -= turn
            self._wanted = (self._wanted + turn) % math.tau
        elif self.look is Look.PLACE and self._place is not None:
            north, east = self._place[0] - here[0], self._place[1] - here[1]
            if math.hypot(north, east) > 1.0:
                self._wanted = heading_of(north, east)
        return self._wanted
