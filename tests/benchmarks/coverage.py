"""How long it takes to fly over the shared benchmark areas, beside the best peer and an optimistic reference.

Run as ``python tests/benchmarks/coverage.py`` (``--smoke``: three areas, to see that it runs). For every area and swath
width it prints the time to fly, its ratio to ``ideal99`` (one direction, free transits, 1 % unseen) and to the fastest
peer that covers 99 % and stays inside, the share covered, metres outside, and the CPU seconds of planning; and the
geometric means. Areas, peers' figures and the scoring come from the shared folder (``../shared/bench/coverage`` beside
the repository, or ``$QYRAN_SHARED/bench/coverage``).
The goals: ≥ 99.5 % covered, 0 m outside, ≤ 0.95 × the best peer, ≤ 1 s.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from planner.sweep import outside_m, sweep

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("QYRAN_SHARED", ROOT.parent / "shared")) / "bench" / "coverage"
SMOKE = ("s_square_400", "s_E_800", "r_bubenec_5blocks")
WIDTHS = (30, 80)


def references(rows: Sequence[dict[str, str]], area: str, width: int) -> tuple[float, float | None, str]:
    """Seconds of ideal99, and of the fastest peer that covers 99 % and stays inside, with its name."""
    here = [row for row in rows if row["polygon"] == area and row["width_m"] == str(width) and row["time_s"]]
    ideal = next(float(row["time_s"]) for row in here if row["planner"] == "ideal_1dir99")
    valid = [
        (float(row["time_s"]), row["planner"])
        for row in here
        if not row["planner"].startswith("ideal") and float(row["covered"]) >= 0.99 and float(row["outside_m"]) <= 0
    ]
    best = min(valid, default=None)
    return (ideal, *best) if best else (ideal, None, "")


def mean(values: Sequence[float]) -> float:
    """Geometric mean."""
    return math.exp(math.fsum(map(math.log, values)) / len(values)) if values else math.nan


def run(areas: Sequence[Path], width: int, rows: Sequence[dict[str, str]], score: Any) -> None:
    """Plan, score and print every area at one width."""
    ideals: list[float] = []
    peers: list[float] = []
    worst = {"covered": 1.0, "outside": 0.0, "cpu": 0.0}
    head = f"{'area':28} {'m':>3} {'time s':>8} {'/ideal99':>8} {'/peer':>6} {'covered':>8} {'outside':>8} {'CPU s':>6}"
    print(f"{head}  best valid peer")
    for file in areas:
        area = score.polygon_of(str(file))
        begin = time.process_time()
        path = sweep(area, swath_m=width)
        cpu = time.process_time() - begin
        figures = score.score(area, width, path.points.tolist())
        outside = outside_m(area, path.points)
        ideal, peer, name = references(rows, file.stem, width)
        ideals.append(figures["time_s"] / ideal)
        if peer is not None:
            peers.append(figures["time_s"] / peer)
        ratio = f"{figures['time_s'] / peer:6.3f}" if peer is not None else "     –"
        print(
            f"{file.stem:28} {width:3} {figures['time_s']:8.1f} {ideals[-1]:8.3f} {ratio} {figures['covered']:8.4f} "
            f"{outside:8.3f} {cpu:6.2f}  {f'{peer:.1f} {name}' if peer is not None else 'none'}",
            flush=True,
        )
        worst["covered"] = min(worst["covered"], figures["covered"])
        worst["outside"], worst["cpu"] = max(worst["outside"], outside), max(worst["cpu"], cpu)
    print(
        f"geometric mean at {width} m: {mean(ideals):.3f} × ideal99 on {len(ideals)} areas, {mean(peers):.3f} × the "
        f"best valid peer on {len(peers)} (worst {max(peers, default=math.nan):.3f}); "
        f"least covered {worst['covered']:.4f}, "
        f"most outside {worst['outside']:.3f} m, slowest {worst['cpu']:.2f} s\n"
    )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="time to fly over the shared benchmark areas, beside the best peer")
    parser.add_argument("--smoke", action="store_true", help="three areas only")
    smoke = parser.parse_args().smoke
    if not (FOLDER / "peers.csv").is_file():
        print(f"coverage: skipped, the shared benchmark is not at {FOLDER} (set QYRAN_SHARED to its folder)")
        return 0
    sys.path.insert(0, str(FOLDER))
    score = importlib.import_module("score")
    with (FOLDER / "peers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    areas = [path for path in sorted((FOLDER / "polygons").glob("*.geojson")) if not smoke or path.stem in SMOKE]
    for width in WIDTHS:
        run(areas, width, rows, score)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
