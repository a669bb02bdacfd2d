"""GeoJSON (RFC 7946) in and out: ``areas.geojson`` ↔ ``Site``."""

from planner.geojson.features import read_site, site_from_geojson
from planner.geojson.write import site_to_geojson

__all__ = ["read_site", "site_from_geojson", "site_to_geojson"]
