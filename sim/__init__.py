"""Vehicles that are not there: the embedded fleet simulator, ArduPilot SITL, scenarios and faults."""

from __future__ import annotations

from sim.settings import SimulatorSettings, Transport, VehicleAddress
from sim.simulator import Simulator

__all__ = ["Simulator", "SimulatorSettings", "Transport", "VehicleAddress"]
