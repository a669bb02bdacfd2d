"""Where a vehicle was, and when."""

from __future__ import annotations

from dataclasses import dataclass

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
