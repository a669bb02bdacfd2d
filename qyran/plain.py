"""Plain values as JSON, for files and for scripts that read what is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping


def json_bytes(value: Mapping[str, object], *, indent: int | None = None) -> bytes:
    """JSON as UTF-8; a file name that is no text is escaped, so that it reads back as the same name."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent).encode(errors="backslashreplace")
