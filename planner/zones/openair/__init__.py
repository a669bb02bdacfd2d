"""OpenAir airspace text, versions 1 and 2."""

from planner.zones.openair.read import openair_zones

__all__ = ["openair_zones"]
