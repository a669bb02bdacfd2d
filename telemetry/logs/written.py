"""Logs in other programs' files: a table of messages as CSV, NumPy or Parquet, a track as KML or GPX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError, MissingPartError
from planner.files import write_atomically
from planner.track import Track
from telemetry.logs.columns import Columns, Table

_LEADING = ("time_s", "system", "component")


def table_csv(table: Table) -> str:
    """A table with a first line of names; times in seconds since 1970, arrays with spaces between, unknown empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_LEADING, *table.fields])
    columns = [[f"{at:.6f}" for at in table.time_s.tolist()], table.system.tolist(), table.component.tolist()]
    writer.writerows(zip(*columns, *(_cells(table, name) for name in table.fields), strict=True))
    return out.getvalue()


def _cells(table: Table, name: str) -> list[str]:
    column = table.scaled(name)
    if column.dtype.kind == "S":
        return table.words(name)
    if column.ndim > 1:
        return [" ".join(_cell(value) for value in row) for row in column.tolist()]
    if column.dtype == np.float32:
        # The shortest decimal that is the same float32.
        return ["" if np.isnan(value) else str(value) for value in column]
    return [_cell(value) for value in column.tolist()]


def _cell(value: float) -> str:
    return "" if isinstance(value, float) and math.isnan(value) else str(value)


def write_npz(columns: Columns, out: Path) -> None:
    """Every table as arrays named ``MESSAGE.field``, with ``MESSAGE.time_s``; opens with ``numpy.load``."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name in columns:
        table = columns[name]
        arrays[f"{name}.time_s"] = table.time_s
        arrays[f"{name}.system"] = table.system
        arrays |= {f"{name}.{field}": np.ascontiguousarray(table.scaled(field)) for field in table.fields}
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)  # type: ignore[arg-type]
    write_atomically(out, held.getvalue())


def write_parquet(table: Table, out: Path) -> None:
    """A table as Parquet. Raises ``MissingPartError`` where pyarrow is not installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415 (optional, large)
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise MissingPartError(
            "Parquet needs the package pyarrow.", mend="Install it (pip install 'qyran[parquet]'), or take csv or npz."
        ) from None
    arrays = {"time_s": table.time_s, "system": table.system, "component": table.component}
    columns = {name: pa.array(values) for name, values in arrays.items()}
    for name in table.fields:
        column = table.scaled(name)
        if column.dtype.kind == "S":
            columns[name] = pa.array(table.words(name))
        elif column.ndim > 1:
            flat = pa.array(np.ascontiguousarray(column).reshape(-1))
            columns[name] = pa.FixedSizeListArray.from_arrays(flat, column.shape[1])
        else:
            columns[name] = pa.array(np.ascontiguousarray(column))
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held)
    write_atomically(out, held.getvalue())


def track_gpx(track: Track, name: str) -> str:
    """A track as GPX 1.1, metres above mean sea level. Raises ``InputError`` for an empty one."""
    points = "".join(
        f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}">{_elevation(height)}<time>{_moment(at)}</time></trkpt>\n'
        for at, lon, lat, height in _points(track)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="Qyran" xmlns="http://www.topografix.com/GPX/1/1">\n'
        f"<trk><name>{escape(name)}</name><trkseg>\n{points}</trkseg></trk>\n</gpx>\n"
    )


def track_kml(track: Track, name: str) -> str:
    """A track as KML's gx:Track, with its times, metres above mean sea level.

    Raises ``InputError`` for an empty one.
    """
    rows = list(_points(track))
    times = "".join(f"<when>{_moment(at)}</when>\n" for at, _, _, _ in rows)
    absolute = all(math.isfinite(height) for _, _, _, height in rows)
    places = "".join(
        f"<gx:coord>{lon:.7f} {lat:.7f} {height if absolute else 0:.2f}</gx:coord>\n" for _, lon, lat, height in rows
    )
    mode = "absolute" if absolute else "clampToGround"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>\n'
        f"<Placemark><name>{escape(name)}</name><gx:Track><altitudeMode>{mode}</altitudeMode>\n"
        f"{times}{places}</gx:Track></Placemark>\n</Document></kml>\n"
    )


def _points(track: Track) -> Iterator[tuple[float, float, float, float]]:
    """Time, longitude, latitude, height."""
    if not len(track):
        raise InputError("There is no position in this log.", mend="Nothing but its messages can be exported.")
    columns = (track.time_s, track.lon, track.lat, track.alt_amsl_m)
    return zip(*(column.tolist() for column in columns), strict=True)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _elevation(height: float) -> str:
    return f"<ele>{height:.2f}</ele>" if math.isfinite(height) else ""
