"""PyVRP's iterated local search on a task; the only file that knows PyVRP.

Pinned to PyVRP 0.14, whose interface changes between versions. What was measured on the instances in the shared folder
and is kept here: 20 neighbours instead of 50 (twice the steps in the same time, and 1 to 4 % more prize at n ≥ 200),
penalties begun where a broken limit costs a few times what it may bring (PyVRP's own begin is 100 times higher and
takes 20,000 steps to come down), and the best tours polished some times on the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyvrp import (
    Client,
    CostEvaluator,
    Depot,
    IteratedLocalSearch,
    IteratedLocalSearchParams,
    Location,
    PenaltyManager,
    PenaltyParams,
    ProblemData,
    RandomNumberGenerator,
    Route,
    Solution,
    VehicleType,
)
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    NeighbourhoodParams,
    PerturbationManager,
    PerturbationParams,
    compute_neighbours,
)

from planner.routing.insert import polish
from planner.routing.problem import Indices, Task

UNITS = 10_000_000
"""PyVRP counts in whole numbers: the shortest limit is this many. Times are rounded up, limits down."""

WORTH = 300.0
"""A prize is worth this many times the time that an average prize takes: prizes first, then short ways."""

NEIGHBOURS = 20


@dataclass(frozen=True, slots=True)
class Start:
    """One search from the beginning.

    How strictly limits are kept at first (a broken limit's cost by what it may bring), after how many steps that is
    reconsidered, and how many times the best tours are polished on the way.
    """

    strictness: float
    every: int
    rounds: int


STARTS = (Start(0.3, 100, 10), Start(10.0, 500, 3))
"""Loose starts do better where places lie anyhow, strict ones on grids: they take turns."""


class Search:
    """A task as PyVRP sees it."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._wanted = task.wanted
        self._unit = min(drone.limit_s for drone in task.drones) / UNITS
        self._bases = sorted(task.bases)
        # Staying is half on the way in and half on the way out: the cost of a tour is the same, and stays symmetric.
        stay = np.where(np.isin(np.arange(len(task.prizes)), self._bases), 0.0, task.stay_s)
        self._cost = task.travel_s + (stay[:, None] + stay[None, :]) / 2
        np.fill_diagonal(self._cost, 0.0)
        alike: dict[tuple[float, ...], list[int]] = {}
        for number, who in enumerate(task.drones):
            alike.setdefault((who.start, who.end, who.limit_s, who.from_s, who.until_s), []).append(number)
        self._kinds = list(alike.values())
        self._kind = {number: kind for kind, numbers in enumerate(self._kinds) for number in numbers}
        self._data = self._problem()

    def run(self, seed: int, moves: float, start: Start) -> tuple[list[tuple[int, list[int]]], float]:
        """The best tours found, as (drone, places), and their prize; ``moves`` is the budget of work."""
        chance = RandomNumberGenerator(seed=seed)
        search = self._local_search(chance)
        begin = WORTH * start.strictness
        params = PenaltyParams(
            solutions_between_updates=start.every, penalty_increase=1.3, min_penalty=0.1, max_penalty=1e6
        )
        penalties = PenaltyManager(([], begin, begin), params)
        hard = CostEvaluator([], 10 * WORTH, 10 * WORTH)
        current = search(Solution.make_random(self._data, chance), hard, exhaustive=True)
        best: tuple[list[tuple[int, list[int]]], float] = ([], 0.0)
        for _ in range(start.rounds):
            work = _Work(search, moves / start.rounds, len(self._wanted))
            algorithm = IteratedLocalSearch(self._data, penalties, search, current, IteratedLocalSearchParams())
            current = algorithm.run(work, collect_stats=False).best
            if current.is_feasible():
                tours = self._polished(self._tours(current))
                prize = float(sum(self._task.prizes[place] for _, places in tours for place in places))
                if prize > best[1]:
                    best = (tours, prize)
                current = self._solution(tours)
        return best

    def _local_search(self, chance: RandomNumberGenerator) -> LocalSearch:
        neighbours = compute_neighbours(self._data, NeighbourhoodParams(num_neighbours=NEIGHBOURS))
        search = LocalSearch(self._data, chance, neighbours, PerturbationManager(PerturbationParams()))
        for operator in OPERATORS:
            if operator.supports(self._data):
                search.add_operator(operator(self._data))
        return search

    def _problem(self) -> ProblemData:
        task = self._task
        locations = [Location(0, 0) for _ in task.prizes]
        depots = [Depot(place) for place in self._bases]
        total = sum(drone.limit_s for drone in task.drones) / self._unit
        scale = WORTH * total / max(float(task.prizes[self._wanted].sum()), 1e-300)
        clock = task.needs_clock
        clients = []
        for place in self._wanted:
            prize = max(1, round(float(task.prizes[place]) * scale))
            if clock:
                low, high = (0.0, math.inf) if task.windows_s is None else task.windows_s[place]
                begin, stay = self._up(max(float(low), 0.0)), self._up(float(task.stay_s[place]))
                end = max(begin, self._down(float(high)))
                clients.append(Client(place, [], [], stay, begin, end, prize=prize, required=False))
            else:
                clients.append(Client(place, prize=prize, required=False))
        distance = np.ceil(self._cost / self._unit - 1e-6).astype(np.int64)
        duration = np.ceil(task.travel_s / self._unit - 1e-6).astype(np.int64) if clock else np.zeros_like(distance)
        np.fill_diagonal(duration, 0)
        vehicles = [self._vehicle(alike) for alike in self._kinds]
        return ProblemData(locations, clients, depots, vehicles, [distance], [duration])  # type: ignore[list-item]

    def _vehicle(self, alike: list[int]) -> VehicleType:
        drone = self._task.drones[alike[0]]
        start, end = self._bases.index(drone.start), self._bases.index(drone.end)
        limit = self._down(drone.limit_s)
        if not self._task.needs_clock:
            return VehicleType(len(alike), start_depot=start, end_depot=end, max_distance=limit)
        begin, until = self._up(drone.from_s), self._down(drone.until_s)
        return VehicleType(
            len(alike), start_depot=start, end_depot=end, shift_duration=limit, tw_early=begin, tw_late=until
        )

    def _up(self, seconds: float) -> int:
        return math.ceil(seconds / self._unit - 1e-6)

    def _down(self, seconds: float) -> int:
        return int(min(math.floor(seconds / self._unit + 1e-6), 2**52)) if math.isfinite(seconds) else 2**52

    def _tours(self, solution: Solution) -> list[tuple[int, list[int]]]:
        free = [iter(alike) for alike in self._kinds]
        return [
            (next(free[route.vehicle_type()]), [self._wanted[visit.idx] for visit in route if visit.is_client()])
            for route in solution.routes()
        ]

    def _solution(self, tours: list[tuple[int, list[int]]]) -> Solution:
        number = {place: i for i, place in enumerate(self._wanted)}
        routes = [
            Route(self._data, [number[place] for place in places], self._kind[drone])
            for drone, places in tours
            if places
        ]
        return Solution(self._data, routes)

    def _polished(self, tours: list[tuple[int, list[int]]]) -> list[tuple[int, list[int]]]:
        if self._task.needs_clock:
            return [tour for tour in tours if tour[1]]
        inside = dict(tours)
        drones = self._task.drones
        ways: list[Indices] = [
            np.array([drone.start, *inside.get(k, []), drone.end], dtype=np.intp) for k, drone in enumerate(drones)
        ]
        seen = {place for places in inside.values() for place in places}
        left = [place for place in self._wanted if place not in seen]
        limits = [self._down(drone.limit_s) * self._unit for drone in drones]
        rounded: NDArray[np.float64] = np.ceil(self._cost / self._unit - 1e-6) * self._unit
        ways, _ = polish(rounded, self._task.prizes, limits, ways, left=left, symmetric=self._task.is_symmetric)
        return [(k, [int(place) for place in way[1:-1]]) for k, way in enumerate(ways) if len(way) > 2]


class _Work:
    """Stops a search when it has tried as many moves as it may.

    A step takes as long as its moves and, besides, as 19 moves for every place (fitted to nine instances).
    """

    def __init__(self, search: LocalSearch, moves: float, places: int) -> None:
        self._search = search
        self._moves = moves
        self._step = 19.0 * places + 300.0
        self._done = 0.0

    def __call__(self, best_cost: float) -> bool:
        stop = self._done >= self._moves
        self._done += self._step + self._search.statistics.num_moves
        return stop
