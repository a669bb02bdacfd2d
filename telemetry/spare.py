"""Room on a disk that is held until it is needed."""

from __future__ import annotations

import os
from pathlib import Path


class SpareRoom:
    """So many bytes in a folder, in a file without a name: they come free when they are given back, or when we die.

    Where the system or the disk does not give them, there is no spare room, and nothing else is different.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._file: int | None = None
        name = folder / f".spare-{os.getpid()}"
        try:
            file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            return
        try:
            name.unlink()
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file, 0, size)
            self._file = file
        except OSError:
            os.close(file)

    def give_back(self) -> None:
        """Let others have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
