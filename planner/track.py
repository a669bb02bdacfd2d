"""Where a vehicle was, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Track:
    """A flown way as columns of one length n; what a vehicle did not say is NaN, never zero.

    ``time_s`` seconds since 1970 (UTC) by the recorder's clock; ``lon``, ``lat`` degrees; ``alt_home_m`` metres above
    home; ``alt_amsl_m`` metres above mean sea level; ``speed_mps`` over ground; ``heading_deg`` clockwise from true
    north; ``roll_deg``, ``pitch_deg`` of the body.
    """

    time_s: Column
    lon: Column
    lat: Column
    alt_home_m: Column
    alt_amsl_m: Column
    speed_mps: Column
    heading_deg: Column
    roll_deg: Column
    pitch_deg: Column

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True, slots=True)
class Electricity:
    """What a battery's monitor told, as columns of one length n; unknown is NaN.

    ``time_s`` as a track's; ``volts``; ``amps``; ``left``: share of the battery, 0 to 1, as the monitor reckons it.
    """

    time_s: Column
    volts: Column
    amps: Column
    left: Column

    def __len__(self) -> int:
        return len(self.time_s)


def joined(tracks: Sequence[Track]) -> Track:
    """Several tracks as one, in their order; where one ends and the next begins there is a gap in ``time_s``."""
    columns = {
        column.name: np.concatenate([np.empty(0), *(getattr(track, column.name) for track in tracks)])
        for column in fields(Track)
    }
    return Track(**columns)
