"""The old ``crs`` member (GeoJSON 2008): WGS 84 is accepted by name, everything else is refused, not guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from planner.errors import FileFormatError

MEND = "Export the file in WGS 84 (EPSG:4326), e.g. in QGIS: Export → Save Features As → CRS EPSG:4326."

_WGS84 = re.compile(
    r"(urn:(x-)?ogc:def:crs:)?(ogc:[\d.]*:?crs84h?|epsg:[\d.]*:?(4326|4979))"
    r"|crs:84|crs84|wgs ?84"
    r"|https?://www\.opengis\.net/(def/crs/(ogc/[\d.]+/crs84h?|epsg/[\d.]+/(4326|4979))|gml/srs/epsg\.xml#4326)",
    re.IGNORECASE,
)
_PULKOVO = re.compile(r"pulkovo|\b(4284|5681|284\d\d|2[4-7]\d\d)$", re.IGNORECASE)


def refuse_other_crs(thing: Mapping[str, object], about: str) -> None:
    """Raise ``FileFormatError`` where a GeoJSON object says that its coordinates are not WGS 84."""
    if "crs" not in thing:
        return
    name = _name(thing["crs"])
    if name is None:
        raise FileFormatError(
            "The member crs does not name a coordinate reference system.",
            about=about,
            mend=f"Remove it if the coordinates are WGS 84 longitude and latitude. {MEND}",
        )
    if _WGS84.fullmatch(name.strip()):
        return
    if _PULKOVO.search(name):
        raise FileFormatError(
            f"The coordinates are in Pulkovo 1942 ({name[:80]}); read as WGS 84 they would lie 55 to 96 m off in "
            "Kazakhstan.",
            about=about,
            mend=MEND,
        )
    raise FileFormatError(f"The coordinates are in {name[:80]!r}, not in WGS 84.", about=about, mend=MEND)


def _name(crs: object) -> str | None:
    if not isinstance(crs, Mapping) or crs.get("type") not in ("name", "Name", "EPSG"):
        return None
    properties = crs.get("properties")
    if not isinstance(properties, Mapping):
        return None
    name = properties.get("name", properties.get("code"))
    if isinstance(name, int) and not isinstance(name, bool):
        return f"EPSG:{str(name)[:20]}" if abs(name) < 10**9 else None
    return name if isinstance(name, str) and name.strip() else None
