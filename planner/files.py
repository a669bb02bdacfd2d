"""Files that are whole or absent: written beside their place, made durable, then moved there in one step."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from planner.errors import InputError


def write_atomically(path: Path | str, data: bytes | str) -> None:
    """Put ``data`` (text becomes UTF-8) at ``path`` so that a reader finds the old file or the new one, never a part.

    The data goes to a hidden file in the same folder, is flushed to the disk and takes the file's name (POSIX
    ``rename``; ``MoveFileEx`` on Windows). A file that was there keeps its permissions, a symbolic link stays a link.
    Raises ``InputError`` where the folder is missing, full or may not be written; the old file is then untouched.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise InputError("This file cannot be written: a folder or a device stands there.", about=str(path))
    content = data.encode() if isinstance(data, str) else data
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        _write_whole(part, content, mode)
        part.replace(target)
        _settle(target.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise InputError(
            f"This file cannot be written: {error.strerror or error}.",
            about=str(path),
            mend="Give a folder that exists, has room and may be written.",
        ) from error


def _write_whole(part: Path, content: bytes, mode: int | None) -> None:
    """A new file with this content, on the disk when this returns; ``mode`` None leaves it to the user's umask."""
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if mode is not None:
        part.chmod(mode)


def _settle(folder: Path) -> None:
    """Make the new name durable too, where the system can open folders."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
