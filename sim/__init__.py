"""Vehicles that are not there: the embedded simulator and ArduPilot SITL."""
