"""Local search: less time for the same share of the area seen.

A step is taken when the seconds it saves outweigh the cells no longer seen, at a price per cell. The price falls while
there is slack and rises while too little is seen; the fastest path that saw enough is kept.
"""

from __future__ import annotations

from planner.sweep.search import Search
from planner.sweep.steps import detours, fills, steps_at
from planner.sweep.work import Work

_CHUNK = 48
_REACHES = (1 / 4, 1 / 8, 1 / 16, 1 / 2)
"""How far corners are moved, in swaths, round by round."""


_PATIENCE = 4 * len(_REACHES)
"""Rounds without a faster path after which there is none to be found."""


def fair_price(search: Search) -> float:
    """Seconds per cell on a straight lane over unseen ground."""
    frame = search.frame
    return frame.grid.cell_m**2 / (frame.motion.speed_mps * frame.swath_m)


def improve(search: Search, budget_us: float, work: Work) -> None:
    """Take steps until the work is spent or nothing is left to try."""
    limit, counted = search.spent_us + budget_us, search.spent_us
    if search.unseen > search.allowed:
        complete(search, work)
        counted = search.spent_us
    if search.price == 0.0:
        search.price = 16.0 * fair_price(search)
    still, best_s = 0, search.best_s
    while search.spent_us < limit and still < _PATIENCE:
        reach = _REACHES[search.rounds % len(_REACHES)] * search.frame.swath_m
        corners = search.corners()
        before = search.tried
        search.new_round()
        for k in range(0, len(corners), _CHUNK):
            here = [i for i in corners[k : k + _CHUNK] if search.alive[i]]
            search.try_worthy(steps_at(search, here, reach))
            if search.spent_us >= limit:
                break
        if search.unseen > 0.6 * search.allowed:
            search.try_all(fills(search, 30))
        search.keep_best()
        search.price *= _followed(search.unseen / max(search.allowed, 1))
        search.rounds += 1
        work.add(search.spent_us - counted)
        counted = search.spent_us
        still = still + 1 if search.best_s >= best_s else 0
        best_s = search.best_s
        if search.tried == before:
            break


def _followed(share: float) -> float:
    """What the price changes by when this share of what may stay unseen does."""
    if share > 1.0:
        return 1.5
    return 0.8 if share > 0.5 else 0.65


def complete(search: Search, work: Work, rounds: int = 40) -> None:
    """Reach for unseen places until enough is seen, the cheapest for what they show first."""
    price, cap = search.price, search.cap
    search.cap = search.unseen
    dearest = 8.0 * fair_price(search)
    for k in range(rounds):
        before, spent = search.unseen, search.spent_us
        if before <= search.allowed:
            break
        search.buy(fills(search, 60), dearest)
        if search.unseen > max(search.allowed, int(0.8 * before)):
            dearest *= 2.0
            if k >= 2:
                search.buy(detours(search, 20), dearest)
        work.add(search.spent_us - spent)
    search.price, search.cap = price, cap
    search.keep_best()
