"""How finely pictures show the ground: metres a pixel, over the patrol's own terrain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from planner.checks.parts import parts_of
from planner.checks.scene import Scene
from planner.plan import Plan


@dataclass(frozen=True, slots=True)
class Sampling:
    """Metres on the ground a pixel, in the middle of pictures, at best and at worst; heights above ground, metres."""

    finest_m: float
    coarsest_m: float
    lowest_m: float
    highest_m: float


def sampling(plan: Plan) -> Sampling | None:
    """The sampling of a plan's pictures; None where none is taken, or the ground below is unknown.

    Below the drone, which is exact for a camera that looks straight down; where the camera is kept on a place, from
    there. Where no terrain is given, the ground is taken as flat.
    """
    parts = [_sampled(Scene(part)) for part in parts_of(plan)] if plan.sorties else []
    known = [part for part in parts if part is not None and math.isfinite(part.coarsest_m)]
    if not known or any(part is not None and not math.isfinite(part.coarsest_m) for part in parts):
        return None
    return Sampling(
        min(part.finest_m for part in known),
        max(part.coarsest_m for part in known),
        min(part.lowest_m for part in known),
        max(part.highest_m for part in known),
    )


def _sampled(scene: Scene) -> Sampling | None:
    """The sampling of sorties from one launch; infinitely coarse where the ground is unknown."""
    looks = np.concatenate([ways.looks for ways in scene.ways])
    if not looks.any():
        return None
    low, high = scene.heights_over_ground
    low, high = low[looks], high[looks]
    if not np.isfinite([low, high]).all():
        return Sampling(math.inf, math.inf, -math.inf, math.inf)
    aims = np.concatenate([ways.aims for ways in scene.ways])[looks]
    aimed = np.isfinite(aims).all(axis=1)
    near, far = np.zeros(len(low)), np.zeros(len(low))
    places = np.asarray(shapely.points(aims[aimed]))
    lines = scene.legs[looks][aimed]
    near[aimed] = shapely.distance(lines, places)
    far[aimed] = shapely.hausdorff_distance(lines, places) if len(lines) else 0.0
    camera = scene.patrol.camera
    finest, coarsest = float(np.hypot(low, near).min()), float(np.hypot(high, far).max())
    return Sampling(
        camera.ground_sampling_distance_m(max(finest, 0.0)),
        camera.ground_sampling_distance_m(coarsest),
        float(low.min()),
        float(high.max()),
    )
