"""The battery: what flight draws from it, and what its monitor says."""

from __future__ import annotations

from planner.vehicles import VehicleProfile
from sim.parameters import Parameters

HOVER_W = VehicleProfile().hover_w
"""Electric power in still-air hover, that of ArduPilot SITL's own quad."""
STANDBY_W = 6.0
"""Autopilot, radio and camera."""
RESISTANCE_OHM = 0.01
CELLS = 3
LIFT_EXPONENT = 0.5
CLIMB_SHARE = 0.034
"""How power grows with thrust, and its share more for each m/s of climb; as measured on SITL at 0 to 10 m/s."""

CHARGE = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
CELL_V = (3.0, 3.35, 3.5, 3.65, 3.75, 3.85, 4.0, 4.1, 4.2)
"""Open-circuit voltage of a lithium-polymer cell by charge; the shape, not a data sheet."""


class Battery:
    """Charge drawn, voltage and current; milliampere-hours as autopilots count them."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.consumed_mah = 0.0
        self.consumed_wh = 0.0
        self.current_a = 0.0
        self.voltage_v = 0.0
        self._settle(STANDBY_W)

    @property
    def remaining(self) -> int:
        """Per cent of ``BATT_CAPACITY``, as the monitor reckons; 0 when more was drawn."""
        capacity = max(self._parameters["BATT_CAPACITY"], 1.0)
        return round(max(0.0, min(1.0, 1.0 - self.consumed_mah / capacity)) * 100.0)

    @property
    def remaining_mah(self) -> float:
        """What the monitor believes is left."""
        return max(0.0, self._parameters["BATT_CAPACITY"] - self.consumed_mah)

    def step(self, lift: float, climb_mps: float, running: bool, dt: float) -> None:
        """Draw for ``dt`` seconds at ``lift`` times hover thrust while climbing at ``climb_mps``."""
        power = STANDBY_W
        if running:
            climb = 1.0 + max(-0.3, CLIMB_SHARE * climb_mps)
            power += HOVER_W * max(0.1, lift) ** LIFT_EXPONENT * climb
        self._settle(power)
        self.consumed_mah += self.current_a * dt / 3.6
        self.consumed_wh += self.current_a * self.voltage_v * dt / 3600.0

    def _settle(self, power: float) -> None:
        """Voltage and current at a power; ``SIM_BATT_VOLTAGE`` is full, a ``SIM_BATT_CAP_AH`` of 0 endless."""
        full, capacity = self._parameters["SIM_BATT_VOLTAGE"], self._parameters["SIM_BATT_CAP_AH"]
        charge = 1.0 if capacity <= 0 else max(0.0, 1.0 - self.consumed_mah / (capacity * 1000.0))
        open_v = _cell_voltage(charge) * CELLS * full / (CELL_V[-1] * CELLS)
        self.current_a = power / max(open_v, 1.0)
        self.voltage_v = max(0.0, open_v - self.current_a * RESISTANCE_OHM)


def _cell_voltage(charge: float) -> float:
    for low, high, low_v, high_v in zip(CHARGE, CHARGE[1:], CELL_V, CELL_V[1:], strict=False):
        if charge <= high:
            return low_v + (high_v - low_v) * (charge - low) / (high - low)
    return CELL_V[-1]
