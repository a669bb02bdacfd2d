"""Zones from files: ED-269, ED-318, OpenAir, KML, KMZ, GeoJSON, GeoPackage, shapefile, rules around aerodromes.

``read_zones`` tells the format by what is in the file; ``write_ed318`` writes an ED-318 document as it came in;
``with_zones`` adds zones to a site, ``near_work`` leaves only those near the work.
"""

from planner.zones.ed318 import Ed318, read_ed318, write_ed318
from planner.zones.file import ZoneFile
from planner.zones.near import near_work, with_zones, without_cleared
from planner.zones.read import FORMATS, read_zone_file, read_zone_files, read_zones

__all__ = [
    "FORMATS",
    "Ed318",
    "ZoneFile",
    "near_work",
    "read_ed318",
    "read_zone_file",
    "read_zone_files",
    "read_zones",
    "with_zones",
    "without_cleared",
    "write_ed318",
]
