"""MAVLink's checksum of many packets at once.

CRC-16/MCRF4XX (the X.25 polynomial, reflected, start 0xFFFF) is linear: what a byte adds to the result depends on its
value and on how many bytes follow it. So each place from the end has a table, and packets of any length are summed
place by place, all of them together.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

LONGEST = 9 + 255 + 1
"""Bytes that a checksum covers at most: MAVLink 2's header without its first byte, payload, the definition's byte."""
_POLYNOMIAL = 0x8408
_START = 0xFFFF


@cache
def _tables() -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """``places`` (LONGEST, 256): what a byte adds with so many after it; ``starts`` (LONGEST + 1,): the start's own."""
    step = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        step = np.where(step & 1, (step >> 1) ^ np.uint16(_POLYNOMIAL), step >> 1).astype(np.uint16)
    places = np.empty((LONGEST, 256), dtype=np.uint16)
    places[0] = step
    starts = np.empty(LONGEST + 1, dtype=np.uint16)
    starts[0] = _START
    for k in range(1, LONGEST):
        places[k] = (places[k - 1] >> 8) ^ step[places[k - 1] & 0xFF]
    for k in range(1, LONGEST + 1):
        starts[k] = (starts[k - 1] >> 8) ^ step[starts[k - 1] & 0xFF]
    return places, starts


def checksums(
    data: NDArray[np.uint8], first: NDArray[np.int64], count: NDArray[np.int64], extra: NDArray[np.uint8]
) -> NDArray[np.uint16]:
    """Checksums (n,) of ``count`` bytes each (1 to 264) of ``data`` from ``first`` on, then the byte ``extra``."""
    places, starts = _tables()
    order = np.argsort(-count, kind="stable")
    lengths = count[order]
    total: NDArray[np.uint16] = starts[lengths + 1] ^ places[0][extra[order]]
    at = first[order] + lengths - 1
    longest = int(lengths[0]) if len(lengths) else 0
    still = len(lengths) - np.searchsorted(lengths[::-1], np.arange(longest), side="right")
    for back, m in enumerate(still.tolist()):
        here = at[:m]
        total[:m] ^= places[back + 1].take(data.take(here))
        here -= 1
    out = np.empty(len(total), dtype=np.uint16)
    out[order] = total
    return out
