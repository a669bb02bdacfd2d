"""How long it takes to find all conflicts of planned sorties, and to keep them apart.

Run as ``python tests/benchmarks/deconfliction.py`` (``--smoke``: 8 plans). Sweeps of 300 waypoints each over areas that
overlap, all started within ten minutes; in addition conflicts are injected, one drone diving through another, and each
of them must be found. The goal: 50 plans in ≤ 2 s, all of the injected set.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from planner.fleet import Apart, Layers, TimedPath, find_conflicts, separate

APART = Apart(across_m=30.0, in_height_m=10.0)


def plans_of(count: int, chance: np.random.Generator) -> list[TimedPath]:
    """Sweeps of 600 m lanes at 10 m/s from launches of their own."""
    plans = []
    for _ in range(count):
        corner, launch = chance.uniform(0, 4000, 2), chance.uniform(0, 5000, 2)
        points = [(*launch, 0.0), (*launch, 60.0)]
        for lane in range(150):
            sides = (0, 600) if lane % 2 == 0 else (600, 0)
            points += [(corner[0] + side, corner[1] + 15 * lane, 60.0) for side in sides]
        at = np.array([*points, (*launch, 60.0), (*launch, 0.0)])
        legs = np.linalg.norm(np.diff(at, axis=0), axis=1)
        plans.append(TimedPath(chance.uniform(0, 600) + np.concatenate([[0.0], np.cumsum(legs / 10 + 1)]), at))
    return plans


def main() -> int:
    """Find, separate, print; exit code 1 where an injected conflict is missed or one is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="8 plans, to see that it runs")
    count = 8 if parser.parse_args().smoke else 50
    chance = np.random.default_rng(0)
    plans = plans_of(count, chance)
    begin = time.process_time()
    found = find_conflicts(plans, APART)
    finding = time.process_time() - begin
    print(
        f"{count} plans, {sum(len(plan.t_s) for plan in plans)} points: {len(found)} conflicts in {finding:.2f} s CPU"
    )
    divers, wanted = [], set()
    for number, plan in enumerate(plans):
        at = float(chance.uniform(plan.t_s[1], plan.t_s[-2]))
        meet, dive = plan.at(np.array([at]))[0], np.array([0.0, 0.0, 40.0])
        divers.append(TimedPath(np.array([at - 2, at + 2]), np.array([meet + dive, meet - dive])))
        wanted.add((number, count + number))
    pairs = {(one.first, one.second) for one in find_conflicts([*plans, *divers], APART)}
    print(f"injected: {len(wanted & pairs)} of {len(wanted)} found")
    left = 0
    for layers in (1, 4):
        begin = time.process_time()
        answer = separate(plans, APART, layers=Layers(layers), longest_delay_s=1e5)
        spent = time.process_time() - begin
        left += len(answer.left)
        print(
            f"kept apart with {layers} layer(s): {len(answer.left)} conflicts left, "
            f"delay {np.mean(answer.delays_s):.0f} s in the mean and {max(answer.delays_s):.0f} s at most, "
            f"{np.count_nonzero(answer.raises_m)} plans raised, {spent:.2f} s CPU"
        )
    return 0 if wanted <= pairs and left == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
