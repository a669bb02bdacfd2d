"""How evenly laps visit places, and how hard they are to tell ahead, beside known patrol policies.

Run as ``python tests/benchmarks/patrolling.py`` (``--smoke``: one map). The maps are the graphs of patrolling_sim in
the shared folder (``../shared/bench/routing/patrolling``). Measures, as the ``idleness.py`` there takes them, worked
out here from the visits alone: the first quarter of 60 rounds is left out; mean and worst idleness in units of a round
shared by the drones; entropy of return times in bins of an eighth of that. The policies' figures are from the README
there. The goals at two drones: fixed ≤ 0.52 mean and ≤ 1.05 worst; unpredictable ≥ 2.0 bits, ≤ 0.7 mean, ≤ 3 worst.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

from planner.laps import Laps, Rhythm, laps

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("QYRAN_SHARED", ROOT.parent / "shared")) / "bench" / "routing" / "patrolling"

POLICIES = """known policies at two drones (ranges over the maps)         mean       worst    bits
  evenly spaced cycle                                       0.50        1.00   ≤ 1.0
  conscientious reactive                               0.41–0.54     1.4–2.7   1.2–2.9
  partition, fixed laps                                0.53–0.77     1.2–2.0   0
  partition, random near-best laps                     0.60–0.81     2.2–3.8   0.8–2.6
  random walk                                           1.4–5.0       12–40    1.5–3.1"""


def read(file: Path) -> np.ndarray:
    """Seconds at 1 m/s between all places of a graph, along its edges (Floyd and Warshall)."""
    words = iter(file.read_text().split())
    count, _, _, scale, _, _ = (float(next(words)) for _ in range(6))
    away = np.full((int(count), int(count)), np.inf)
    np.fill_diagonal(away, 0.0)
    for _ in range(int(count)):
        here, _, _, edges = (int(float(next(words))) for _ in range(4))
        for _ in range(edges):
            there, _, cost = int(next(words)), next(words), float(next(words))
            away[here, there] = away[there, here] = max(cost * scale, 0.1)
    for middle in range(int(count)):
        away = np.minimum(away, away[:, middle : middle + 1] + away[middle])
    return away


def measure(answer: Laps, count: int, drones: int, shift: float) -> tuple[float, float, float]:
    """Mean and worst idleness in shared rounds, and entropy in bits."""
    share, begin = answer.round_s / drones, shift / 4
    means, worst, bits = [], 0.0, []
    for place in range(count):
        times = np.sort(
            [a for lap in answer.drones for p, a in zip(lap.places, lap.arrive_s, strict=True) if p == place]
        )
        times = times[times >= begin]
        gaps = np.diff(np.concatenate([[begin], times, [shift]]))
        means.append((gaps**2).sum() / 2 / (shift - begin))
        worst = max(worst, float(gaps.max()))
        between = np.diff(times)
        between = between[between > 0.5]
        if len(between) > 3:
            shares = np.unique((between / (share / 8)).astype(int), return_counts=True)[1] / len(between)
            bits.append(float(-(shares * np.log2(shares)).sum()))
    return float(np.mean(means)) / share, worst / share, float(np.mean(bits)) if bits else float("nan")


def main() -> int:
    """Lap and print; exit code 1 where the shared maps are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="one map, to see that it runs")
    parser.add_argument("--seeds", type=int, default=2, help="how many seeds, the worst figure of all is told")
    options = parser.parse_args()
    if not FOLDER.is_dir():
        print(f"patrolling: {FOLDER} is not there; set QYRAN_SHARED.", file=sys.stderr)
        return 0 if options.smoke else 1
    print(f"{'map':12} {'n':>4} {'drones':>6} {'rhythm':14} {'mean':>6} {'worst':>6} {'bits':>6} {'CPU s':>6}")
    for name in ("example",) if options.smoke else ("example", "grid", "cumberland", "broughton"):
        travel = read(FOLDER / f"{name}.graph")
        for drones in (2,) if options.smoke else (2, 4):
            for rhythm in Rhythm:
                figures, spent = [], 0.0
                for seed in range(1 if options.smoke else options.seeds):
                    once = laps(travel, drones=drones, shift_s=1.0, seed=seed).round_s
                    shift = 60 * once / drones
                    begin = time.process_time()
                    answer = laps(travel, drones=drones, shift_s=shift, rhythm=rhythm, seed=seed)
                    spent = max(spent, time.process_time() - begin)
                    figures.append(measure(answer, len(travel), drones, shift))
                mean, worst, bits = np.array(figures).T
                print(
                    f"{name:12} {len(travel):4} {drones:6} {rhythm.value:14} {mean.max():6.2f} {worst.max():6.2f} "
                    f"{bits.min():6.2f} {spent:6.1f}",
                    flush=True,
                )
    print(POLICIES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
