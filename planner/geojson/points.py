"""What a point says of its visit: what it is worth, how long it takes, when it may begin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from planner.errors import FileFormatError
from planner.site import Point


@dataclass(frozen=True, slots=True)
class VisitWords:
    """``prize``, ``stay_s`` and ``window_s`` of a point, as :class:`planner.site.Point` has them."""

    prize: float = 1.0
    stay_s: float | None = None
    window_s: tuple[float, float] | None = None


def visit_words(properties: Mapping[str, object], about: str) -> VisitWords:
    """The properties of a point that tell of its visit. Raises ``FileFormatError``."""
    prize = _number(properties.get("prize"), "prize", about)
    stay_s = _number(properties.get("stay_s"), "stay_s", about)
    return VisitWords(1.0 if prize is None else prize, stay_s, _window(properties.get("window_s"), about))


def visit_properties(point: Point) -> dict[str, object]:
    """The same as properties, those that are as they would be anyway left out."""
    told: dict[str, object] = {}
    if point.prize != 1.0:
        told["prize"] = point.prize
    if point.stay_s is not None:
        told["stay_s"] = point.stay_s
    if point.window_s is not None:
        told["window_s"] = list(point.window_s)
    return told


def _number(value: object, key: str, about: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise FileFormatError(f"The {key} of a point must be a number of zero or more.", about=about)
    return float(value)


def _window(value: object, about: str) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple) and len(value) == 2:
        begin, end = (_number(one, "window_s", about) for one in value)
        if begin is not None and end is not None and begin <= end:
            return begin, end
    raise FileFormatError(
        "The window_s of a point must be two numbers of seconds after the patrol's start, the earlier first.",
        about=about,
        mend='For example "window_s": [600, 1800].',
    )
