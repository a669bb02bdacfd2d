"""Predicted against flown: 20 flights on ArduPilot SITL, and how long a prediction takes.

Run as ``python tests/benchmarks/motion.py`` (``--smoke``: a few flights, to see that it runs). It prints, for each
flight in ``tests/planner/data/motion.json``, the whole duration and energy flown and predicted, the worst leg, and what
reckoning by length would say: every leg's length at its speed, with the same take-off and return. The goal is 2 % for a
whole mission, 10 % or 1 s for each leg.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from planner.forecast import forecast_local
from planner.motion import fly_through, return_time_s, takeoff_time_s
from planner.plan import Forecast
from planner.vehicles import VehicleProfile

FLIGHTS = Path(__file__).parents[1] / "planner" / "data" / "motion.json"
QUAD = VehicleProfile()
GOAL = 0.02
WAYPOINTS = 600


def predicted(flight: dict[str, Any]) -> Forecast:
    """Our forecast of a flight, in its wind."""
    points = np.array(flight["points_m"], dtype=float)
    east, north = flight.get("wind_mps", (0.0, 0.0))
    return forecast_local(
        points[:, :2],
        points[:, 2],
        np.broadcast_to(np.array(flight["speeds_mps"], dtype=float), (len(points),)),
        np.array(flight.get("hold_s", [0.0] * len(points)), dtype=float),
        QUAD,
        wind_mps=math.hypot(east, north),
        wind_from_deg=math.degrees(math.atan2(-east, -north)),
    )


def by_length(flight: dict[str, Any]) -> float:
    """Seconds by length over speed, with our take-off and return."""
    points = np.array(flight["points_m"], dtype=float)
    way = np.vstack([[0.0, 0.0, points[0, 2]], points])
    lengths = np.linalg.norm(np.diff(way, axis=0), axis=1)
    level = float((lengths / np.array(flight["speeds_mps"], dtype=float)).sum()) + sum(flight.get("hold_s", []))
    away, height = float(np.hypot(*points[-1, :2])), float(points[-1, 2])
    return takeoff_time_s(float(points[0, 2]), QUAD) + level + return_time_s(height, away, QUAD)


def zigzag() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A sweep of uneven lanes: points, speeds, holds."""
    rng = np.random.default_rng(1)
    east = np.repeat(np.arange(WAYPOINTS // 2) * 20.0, 2) + rng.uniform(-1, 1, WAYPOINTS)
    north = np.array(
        [[0.0, far][(lane + side) % 2] for lane in range(WAYPOINTS // 2) for side, far in ((0, 90), (1, 90))]
    )
    points = np.column_stack([east, north * rng.uniform(0.5, 2, WAYPOINTS), np.full(WAYPOINTS, 40.0)])
    return points, np.full(WAYPOINTS - 1, 8.0), np.zeros(WAYPOINTS)


def main() -> None:
    """Print the table and the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="only a few flights")
    flights = json.loads(FLIGHTS.read_text())["flights"][: 3 if parser.parse_args().smoke else None]
    print(f"{'flight':15} {'flown':>8} {'predicted':>9} {'off':>7} {'leg off':>8} {'by length':>9} {'energy':>8}")
    worst = 0.0
    for flight in flights:
        ahead, whole = predicted(flight), flight["whole_s"]
        legs = np.diff(np.array(ahead.leg_end_s) - takeoff_time_s(flight["points_m"][0][2], QUAD), prepend=0.0)
        took = np.diff(flight["reached_s"], prepend=0.0)
        off = ahead.duration_s / whole - 1
        worst = max(worst, abs(off))
        print(
            f"{flight['name']:15} {whole:7.1f}s {ahead.duration_s:8.1f}s {off:+7.2%} {np.abs(legs - took).max():7.2f}s"
            f" {by_length(flight) / whole - 1:+9.1%} {ahead.energy_wh / flight['energy_wh'] - 1:+8.1%}"
            f"  {len(legs)} legs"
        )
    print(f"worst whole mission {worst:.2%}, goal {GOAL:.0%}")
    points, speeds, holds = zigzag()
    for words in ("first", "again"):
        start = time.process_time()
        fly_through(points, speeds, holds, QUAD)
        print(f"{WAYPOINTS} waypoints, {words}: {(time.process_time() - start) * 1000:.0f} ms of CPU")


if __name__ == "__main__":
    main()
