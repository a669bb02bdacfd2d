"""How much the routing of many places brings, beside what PyVRP alone, VROOM and OR-Tools brought.

Run as ``python tests/benchmarks/routing.py`` (``--smoke``: one instance; ``--seeds N``). Instances are those of the
shared folder (``../shared/bench/routing`` beside the repository, or ``$QYRAN_SHARED/bench/routing``): team orienteering
by Chao, Golden and Wasil, orienteering of OPLib. The peers' gaps were measured on two cores and are told in the README
there, not measured anew. For two instances that README names EA4OP's score and not its number; there only ours is told.
The goals: n ≤ 66 the best known in 1 s, n ≈ 100 within 2.5 % in 5 s, n = 200 to 262 within 3.5 % in 20 s.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

from planner.routing import Drone, visit

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("QYRAN_SHARED", ROOT.parent / "shared")) / "bench" / "routing" / "instances"

CASES: tuple[tuple[str, float, float | None, str], ...] = (
    # file, seconds, best known, gaps of PyVRP 0.14.1 / VROOM 1.15.2 / OR-Tools 9.15 at that time
    ("p6.3.n.txt", 1, 1170, "0 / 0–1.0 / 0–4.7 %"),
    ("p5.4.q.txt", 1, 860, "0 / 0–1.0 / 0–4.7 %"),
    ("p5.3.t.txt", 1, 1260, "0 / 0–1.0 / 0–4.7 %"),
    ("eil76-gen3-50.oplib", 5, 2467, "0.8 / 6.2 / 16.9 %"),
    ("p4.4.n.txt", 5, 977, "2.1 / 3.8 / 37.6 %"),
    ("p7.4.p.txt", 5, 846, "0 / 2.1 / 10.6 %"),
    ("kroA200-gen3-50.oplib", 20, 6114, "1.0 / 6.1 / 17.6 %"),
    ("ts225-gen3-50.oplib", 20, None, "3.0 / 6.8 / 34 % below EA4OP"),
    ("gil262-gen3-50.oplib", 20, None, "−0.5 / 12.0 / 16.6 % below EA4OP"),
)


def read(file: Path) -> tuple[np.ndarray, np.ndarray, list[Drone]]:
    """Travel times, prizes and drones of an instance in either format."""
    text = file.read_text()
    if file.suffix == ".txt":
        lines = text.split("\n")
        rows = np.array([[float(word) for word in line.split()] for line in lines[3:] if line.strip()])
        number, limit = int(lines[1].split()[1]), float(lines[2].split()[1])
        return _distances(rows[:, :2]), rows[:, 2], [Drone(0, len(rows) - 1, limit)] * number
    limit = float(text.split("COST_LIMIT")[1].split("\n")[0].strip(" :"))
    places = _table(text, "NODE_COORD_SECTION", "NODE_SCORE_SECTION")
    scores = _table(text, "NODE_SCORE_SECTION", "DEPOT_SECTION")
    return np.floor(_distances(places) + 0.5), scores[:, 0], [Drone(0, 0, limit)]


def _table(text: str, begin: str, end: str) -> np.ndarray:
    lines = text.partition(begin)[2].partition(end)[0].split("\n")
    return np.array([[float(word) for word in line.split()[1:]] for line in lines if line.strip()])


def _distances(at: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)))


def main() -> int:
    """Solve and print; exit code 1 where the shared instances are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="one instance, to see that it runs")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, the worst and the best are told")
    options = parser.parse_args()
    if not FOLDER.is_dir():
        print(f"routing: {FOLDER} is not there; set QYRAN_SHARED.", file=sys.stderr)
        return 0 if options.smoke else 1
    head = f"{'instance':24} {'n':>4} {'limit s':>7} {'CPU s':>6} {'prize, worst–best':>18} {'known':>6}"
    print(f"{head} {'gap %':>12}  peers")
    for name, limit, known, peers in CASES[:1] if options.smoke else CASES:
        travel, prizes, drones = read(FOLDER / name)
        found, spent = [], 0.0
        for seed in range(options.seeds):
            begin = time.process_time()
            answer = visit(travel, prizes, drones, time_limit_s=limit, seed=seed)
            spent = max(spent, time.process_time() - begin)
            if any(tour.duration_s > drones[tour.drone].limit_s + 1e-6 for tour in answer.tours):
                raise AssertionError(f"{name}: a tour passes its limit")
            found.append(answer.prize)
        gaps = "–" if known is None else " to ".join(f"{100 * (1 - p / known):.1f}" for p in (min(found), max(found)))
        print(
            f"{name:24} {len(prizes):4} {limit:7.0f} {spent:6.1f} {f'{min(found):.0f}–{max(found):.0f}':>18} "
            f"{'–' if known is None else f'{known:.0f}':>6} {gaps:>12}  {peers}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
