"""Colours for numbers: a scale of few steps with round edges, and its legend's words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VIRIDIS = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
PLASMA = ("#0d0887", "#5402a3", "#8b0aa5", "#b93289", "#db5c68", "#f48849", "#febd2a", "#f0f921")
UNKNOWN_COLOUR = "#9a9a9a"
STEPS = len(VIRIDIS)


@dataclass(frozen=True, slots=True)
class Scale:
    """``edges`` has one number more than ``colours``; a value falls into the step whose lower edge it reaches."""

    title: str
    edges: tuple[float, ...]
    colours: tuple[str, ...]

    def step_of(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """The step of each value, shape (n,); −1 where it is not known (NaN)."""
        steps = np.clip(np.searchsorted(self.edges, values, side="right") - 1, 0, len(self.colours) - 1)
        return np.where(np.isnan(values), -1, steps).astype(np.int64)

    def steps_along(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """As ``step_of`` for values in the order they came, but a step is only left by a fifth of its width.

        A height that trembles around an edge would else change its colour with every sample.
        """
        steps = self.step_of(values)
        slack = (self.edges[1] - self.edges[0]) / 5
        for number in range(1, len(steps)):
            before = steps[number - 1]
            if before < 0 or steps[number] < 0 or steps[number] == before:
                continue
            if self.edges[before] - slack <= values[number] < self.edges[before + 1] + slack:
                steps[number] = before
        return steps

    def colour_of(self, step: int) -> str:
        """The colour of a step; grey where it is unknown."""
        return self.colours[step] if step >= 0 else UNKNOWN_COLOUR


def scale_for(title: str, values: NDArray[np.float64], palette: tuple[str, ...]) -> Scale:
    """A scale of at most eight steps of 1, 2 or 5 × 10ⁿ that holds all known values; without any, of no steps."""
    known = values[np.isfinite(values)]
    if not len(known):
        return Scale(title, (), ())
    low, high = float(known.min()), float(known.max())
    step = round_step(max(high - low, 1.0) / (STEPS - 1))
    first = math.floor(low / step)
    count = max(math.ceil(high / step) - first, 1)
    edges = tuple(round((first + number) * step, 6) for number in range(count + 1))
    picked = np.linspace(0, len(palette) - 1, count).round().astype(int) if count > 1 else [len(palette) // 2]
    return Scale(title, edges, tuple(palette[number] for number in picked))


def round_step(least: float) -> float:
    """The smallest 1, 2 or 5 × 10ⁿ that is at least ``least`` (greater than zero)."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
