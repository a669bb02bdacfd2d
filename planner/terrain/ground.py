"""The ground a patrol flies over, and how near it may come to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.errors import SettingError
from planner.terrain.obstacles import Obstacle
from planner.terrain.surface import Terrain

MOST_M = 10_000.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Terrain and what stands on it; ``terrain`` None is flat ground at the launch's height, asked for as such.

    A patrol above ground is flown between ``below_m`` less and ``above_m`` more than the height that was asked for.
    ``clearance_m``: never nearer to the ground than this, on the route and on the way home. Obstacles are passed
    ``beside_m`` from their outline, or ``over_m`` above their top.
    """

    terrain: Terrain | None
    obstacles: tuple[Obstacle, ...] = ()
    clearance_m: float = 20.0
    below_m: float = 5.0
    above_m: float = 10.0
    beside_m: float = 15.0
    over_m: float = 10.0

    def __post_init__(self) -> None:
        for name in ("clearance_m", "below_m", "above_m", "beside_m", "over_m"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 <= value <= MOST_M):
                raise SettingError(f"{name} must be from 0 to {MOST_M:g} m, not {value}.")
        if self.beside_m < 1.0:
            raise SettingError("beside_m must be at least 1 m: nobody flies closer to a mast.")
        if self.below_m + self.above_m < 1.0:
            raise SettingError(
                "below_m and above_m must leave at least 1 m between them.", mend="The ground is not that even."
            )

    def lowest_over_ground_m(self, wanted_m: float) -> float:
        """The least height above ground that a patrol at ``wanted_m`` may have. Raises ``SettingError``."""
        if wanted_m < self.clearance_m:
            raise SettingError(
                f"{wanted_m:g} m above ground is lower than the clearance of {self.clearance_m:g} m.",
                mend="Fly higher, or lower clearance_m.",
            )
        return max(wanted_m - self.below_m, self.clearance_m)
