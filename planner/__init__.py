"""Where to fly: areas, zones, cameras, vehicles, patterns, motion and energy, safety checks.

Pure: no network, no clock, no screen.
"""
