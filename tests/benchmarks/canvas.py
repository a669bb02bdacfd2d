"""How long one frame of the map takes: 200×60 cells, 5,000 segments in the cached base, 20 moving drones with trails.

Run as ``python tests/benchmarks/canvas.py`` (``--smoke``: a few frames, to see that it runs). It prints the CPU time
of one frame: drawing the canvas alone, and with all that Textual does until the terminal has it. For comparison it
prints the same frame with the base drawn anew each time, which is what a canvas without a cache does.
The goal is a median of at most 16 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time

import numpy as np
from textual.app import App, ComposeResult

from qyran.tui.canvas.ink import Ink
from qyran.tui.canvas.map_canvas import MapCanvas
from qyran.tui.canvas.scene import Mark, Scene, Stroke, line
from qyran.tui.canvas.view import View

COLUMNS, ROWS = 200, 60
SEGMENTS = 5_000
DRONES = 20
TRAIL = 60
GOAL_MS = 16.0


class Bench(App[None]):
    """A screen with nothing but the map."""

    def compose(self) -> ComposeResult:
        """The map fills the screen."""
        yield MapCanvas()


def base(rng: np.random.Generator) -> Scene:
    """Streets and fields: short segments all over a square of 2 km, and the long lanes of a plan."""
    start = rng.uniform(-1_000, 1_000, (SEGMENTS - 500, 2))
    short = np.hstack([start, start + rng.normal(0, 40, start.shape)])
    north = np.linspace(-450, 450, 500)
    lanes = np.column_stack([np.full(500, -900.0), north, np.full(500, 900.0), north])
    return Scene((Stroke(short, Ink.LABEL), Stroke(lanes, Ink.SORTIE_1, (2, 2))))


def drones(frame: int) -> Scene:
    """Twenty drones on circles, each with its heading and the way it came."""
    strokes, marks = [], []
    for drone in range(DRONES):
        angle = (np.arange(TRAIL) - TRAIL + frame) * 0.02 + drone
        centre = np.array([(drone % 5 - 2) * 330.0, (drone // 5 - 1.5) * 200.0])
        way = centre + 90 * np.column_stack([np.cos(angle), np.sin(angle)])
        strokes.append(line(way, Ink.TRACK))
        marks.append(Mark(way[-1, 0], way[-1, 1], f"▲{drone:02d}", Ink.VEHICLE))
    return Scene(tuple(strokes), tuple(marks))


async def measure(frames: int) -> dict[str, list[float]]:
    """CPU milliseconds of each frame."""
    app = Bench()
    figures: dict[str, list[float]] = {"canvas alone": [], "canvas and Textual": [], "base drawn anew": []}
    async with app.run_test(size=(COLUMNS + 2, ROWS + 2)) as pilot:
        canvas = app.query_one(MapCanvas)
        scene = base(np.random.default_rng(1))
        canvas.view = View(metres_per_dot=5.0, columns=COLUMNS, rows=ROWS)
        canvas.show(base=scene)
        await pilot.pause(0.2)
        assert (canvas.view.columns, canvas.view.rows) == (COLUMNS, ROWS)
        for frame in range(frames):
            overlay = drones(frame)
            began = time.process_time()
            canvas.show(overlay=overlay)
            drawn = time.process_time()
            await asyncio.sleep(0.08)
            figures["canvas alone"].append((drawn - began) * 1e3)
            figures["canvas and Textual"].append((time.process_time() - began) * 1e3)
        for frame in range(frames):
            overlay = drones(frame)
            began = time.process_time()
            canvas.show(base=scene, overlay=overlay)
            await asyncio.sleep(0.08)
            figures["base drawn anew"].append((time.process_time() - began) * 1e3)
    return figures


def main() -> int:
    """Print the figures; 1 where the median misses the goal (never with ``--smoke``)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few frames only, whatever the figure")
    parser.add_argument("--frames", type=int, default=100)
    options = parser.parse_args()
    figures = asyncio.run(measure(5 if options.smoke else options.frames))
    print(
        f"{COLUMNS}×{ROWS} cells, {SEGMENTS} base segments, {DRONES} drones with {TRAIL}-point trails; CPU ms a frame"
    )
    for name, values in figures.items():
        print(f"  {name:<20} median {statistics.median(values):6.1f}   worst {max(values):6.1f}")
    reached = statistics.median(figures["canvas and Textual"]) <= GOAL_MS
    print(f"  goal {GOAL_MS:.0f} ms median: {'reached' if reached else 'MISSED'}")
    return 0 if reached or options.smoke else 1


if __name__ == "__main__":
    sys.exit(main())
