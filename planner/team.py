"""The drones of a patrol: how many, from where, and how far apart they are kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.errors import SettingError
from planner.site import Launch

MOST_DRONES = 100


@dataclass(frozen=True, slots=True)
class Crew:
    """Drones that start at one launch and come home to it."""

    launch: Launch
    drones: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.drones <= MOST_DRONES:
            raise SettingError(
                f"A launch has 1 to {MOST_DRONES} drones, not {self.drones}.", about=f"launch {self.launch.id!r}"
            )


@dataclass(frozen=True, slots=True)
class Team:
    """Who flies a patrol. The default is one drone from the launch that the plan is made for.

    ``crews`` empty: ``drones`` of them there; ``drones`` None: not said, which is one, or as many as a relay takes.
    Two drones are apart where they are ``across_m`` from each other, or ``in_height_m``; they do not come to the same
    place within ``apart_s`` seconds either, because forecasts are not exact. ``layers`` altitudes may be used to keep
    them apart, ``layer_step_m`` from one to the next (None: what the pattern needs); a drone waits on the ground for at
    most ``longest_wait_s``.
    """

    drones: int | None = None
    crews: tuple[Crew, ...] = ()
    across_m: float = 30.0
    in_height_m: float = 10.0
    apart_s: float = 20.0
    layers: int | None = None
    layer_step_m: float = 15.0
    longest_wait_s: float = 3600.0

    def __post_init__(self) -> None:
        if self.drones is not None and not 1 <= self.drones <= MOST_DRONES:
            raise SettingError(f"drones must be from 1 to {MOST_DRONES}, not {self.drones}.")
        if self.crews and self.drones is not None and self.drones != sum(crew.drones for crew in self.crews):
            raise SettingError(
                f"drones is {self.drones}, and the launches have {sum(crew.drones for crew in self.crews)}.",
                mend="Leave out one of the two.",
            )
        ids = [crew.launch.id for crew in self.crews]
        if len(set(ids)) < len(ids):
            raise SettingError("A launch is named twice.")
        if self.layers is not None and self.layers < 1:
            raise SettingError(f"layers must be at least 1, not {self.layers}.")
        for name in ("across_m", "in_height_m", "layer_step_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise SettingError(f"{name} must be greater than zero, not {getattr(self, name)}.")
        for name in ("apart_s", "longest_wait_s"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SettingError(f"{name} must be zero or more, not {getattr(self, name)}.")
        if self.layer_step_m < self.in_height_m:
            raise SettingError(
                f"Layers {self.layer_step_m:g} m from each other do not keep drones {self.in_height_m:g} m apart.",
                mend="Make layer_step_m at least in_height_m.",
            )

    def crews_at(self, launch: Launch) -> tuple[Crew, ...]:
        """The crews; all drones at ``launch`` where no crew is named."""
        return self.crews or (Crew(launch, self.drones or 1),)


def spread(drones: int, launches: tuple[Launch, ...]) -> tuple[Crew, ...]:
    """Drones shared out among launches as evenly as can be, the first ones first; launches without one left out."""
    least, more = divmod(drones, len(launches))
    shares = [least + (number < more) for number in range(len(launches))]
    return tuple(Crew(launch, share) for launch, share in zip(launches, shares, strict=True) if share)
