"""How finely pictures show the ground: metres a pixel, over the patrol's own terrain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

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
    if not plan.sorties:
        return None
    scene = Scene(plan)
    looks = np.concatenate([ways.looks for ways in scene.ways])
    if not looks.any():
        return None
    low, high = scene.heights_over_ground
    low, high = low[looks], high[looks]
    if not np.isfinite([low, high]).all():
        return None
    aims = np.concatenate([ways.aims for ways in scene.ways])[looks]
    aimed = np.isfinite(aims).all(axis=1)
    near, far = np.zeros(len(low)), np.zeros(len(low))
    places = np.asarray(shapely.points(aims[aimed]))
    lines = scene.legs[looks][aimed]
    near[aimed] = shapely.distance(lines, places)
    far[aimed] = shapely.hausdorff_distance(lines, places) if len(lines) else 0.0
    camera = plan.patrol.camera
    finest, coarsest = float(np.hypot(low, near).min()), float(np.hypot(high, far).max())
    return Sampling(
        camera.ground_sampling_distance_m(max(finest, 0.0)),
        camera.ground_sampling_distance_m(coarsest),
        float(low.min()),
        float(high.max()),
    )
