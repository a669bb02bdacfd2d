"""Patrols of many places: which to visit, by whom, in which order, when there is not time for all."""

from __future__ import annotations

from collections.abc import Sequence

from planner.errors import SettingError
from planner.routing.closed import round_trip
from planner.routing.problem import Drone, Floats, Task, Tour, Visits
from planner.routing.shorten import shorten

__all__ = ["Drone", "Tour", "Visits", "round_trip", "shorten", "visit"]

MOVES_PER_S = 13e6
"""Moves tried in a second, six tenths of what was measured on one core."""

MOVES_A_START = 2.8e5
"""For every place, this many moves make one start of the search worth while; a longer limit allows several."""


def visit(
    travel_s: Floats,
    prizes: Floats,
    drones: Sequence[Drone],
    *,
    stay_s: Floats | None = None,
    windows_s: Floats | None = None,
    time_limit_s: float = 1.0,
    seed: int = 0,
) -> Visits:
    """Tours that bring much prize within the drones' limits, and among such, short ones (team orienteering).

    ``travel_s`` (n, n) seconds from place to place (need not be the same both ways), ``prizes`` (n,) what a visit is
    worth (0: not visited), ``stay_s`` (n,) how long a visit takes, ``windows_s`` (n, 2) between which times it may
    begin; drones wait where they are early. A place where drones start or end is not visited. Each place is visited
    once at most, each drone flies one tour at most.

    ``time_limit_s`` is a budget of work, not read off a clock: the same input and ``seed`` give the same tours, and a
    quiet core is done in about that time. Raises ``SettingError`` for input that makes no sense.
    """
    if not (0 < time_limit_s < float("inf")):
        raise SettingError(f"time_limit_s must be greater than zero, not {time_limit_s}.")
    task = Task.of(travel_s, prizes, drones, stay_s, windows_s)
    wanted = task.wanted
    best: tuple[list[tuple[int, list[int]]], float] = ([], 0.0)
    if wanted:
        # PyVRP takes a quarter of a second to import: only where it is used.
        from planner.routing.search import STARTS, Search  # noqa: PLC0415

        search = Search(task)
        moves = MOVES_PER_S * time_limit_s
        starts = max(1, int(moves / (MOVES_A_START * len(wanted))))
        for number in range(starts):
            found = search.run(seed * 1000 + number, moves / starts, STARTS[number % len(STARTS)])
            if found[1] > best[1]:
                best = found
    tours = []
    for drone, places in sorted(best[0]):
        tour = task.tour(drone, places)
        if tour is None:
            raise RuntimeError(f"The tour of drone {drone} breaks its own limits: this is a fault in Qyran.")
        tours.append(tour)
    seen = {place for tour in tours for place in tour.places}
    prize = float(sum(task.prizes[place] for tour in tours for place in tour.places))
    return Visits(tuple(tours), prize, tuple(place for place in wanted if place not in seen))
