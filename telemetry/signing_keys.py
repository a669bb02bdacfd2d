"""Where signing keys are kept: one file each, readable by its user alone, outside of every project."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from missions.atomic import write_atomically
from planner.errors import InputError, SettingError
from telemetry.signing import KEY_BYTES, TICKS_A_SECOND

FOLDER = "QYRAN_KEYS"
"""An environment variable: another folder for the keys."""
REQUIRED = "QYRAN_SIGNING_KEY"
"""An environment variable: the key that every link must use from its first message on."""
UNKEPT_TICKS = 15 * TICKS_A_SECOND
"""More than passes between two times that are written to disk."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key by its name; the secret itself is never shown."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def mark(self) -> str:
        """Eight digits by which two keys can be told apart, which say nothing of the secret."""
        return hashlib.sha256(b"qyran key mark" + self.secret).hexdigest()[:8]


def keys_folder() -> Path:
    """The user's own folder for keys."""
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_data_path("qyran") / "keys"


class KeyStore:
    """The keys of this user. Raises ``SettingError`` where the folder lies inside a project or a repository."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or keys_folder()
        for above in (self.folder.absolute(), *self.folder.absolute().parents):
            if any((above / mark).exists() for mark in ("patrol.toml", ".git")):
                raise SettingError(
                    f"Keys are not kept in a project or a repository, as {above} is one.",
                    about=str(self.folder),
                    mend=f"Name another folder in {FOLDER}.",
                )

    def names(self) -> list[str]:
        """All keys there are."""
        return sorted(path.stem for path in self.folder.glob("*.key"))

    def all(self) -> list[SigningKey]:
        """Every key. Raises ``InputError`` where one can be read by others."""
        return [self.load(name) for name in self.names()]

    def create(self, name: str, passphrase: str | None = None) -> SigningKey:
        """A new key: by chance, or made of a passphrase as Mission Planner, QGroundControl and MAVProxy make it.

        Raises ``SettingError`` for a bad name, or where there is a key of that name.
        """
        path = self._path(name)
        if path.exists():
            raise SettingError("There is a key of that name.", about=name, mend="Choose another name.")
        if passphrase is not None and len(passphrase) < 8:
            raise SettingError("A passphrase has at least eight letters.", about=name)
        secret = secrets.token_bytes(KEY_BYTES) if passphrase is None else hashlib.sha256(passphrase.encode()).digest()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, secret.hex().encode() + b"\n")
            os.fsync(file)
        finally:
            os.close(file)
        return SigningKey(name, secret)

    def load(self, name: str) -> SigningKey:
        """A key by its name. Raises ``InputError`` where there is none, others may read it, or it is damaged."""
        path = self._path(name)
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none"
            raise InputError(f"There is no such key. Known: {known}.", about=name) from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The key cannot be read: {error}.", about=str(path)) from error
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise InputError(
                "Others on this machine may read this key.", about=str(path), mend=f"Run: chmod 600 {path}"
            )
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            raise InputError("This is no key: 64 hexadecimal digits are wanted.", about=str(path))
        return SigningKey(name, bytes.fromhex(text))

    def first_ticks(self, name: str) -> int:
        """The earliest time that may stand in a signature now: after the last one that was used; 0 where none was.

        Where the last session did not say goodbye, some seconds' times may not have come to the disk.
        """
        ticks, is_last = self._times(name)
        return ticks + (1 if is_last else UNKEPT_TICKS) if ticks else 0

    def keep_ticks(self, name: str, ticks: int, *, is_last: bool = False) -> None:
        """Remember a time that was used, so that none is used twice, whatever the computer's clock does."""
        write_atomically(self._time_file(name), f"{max(ticks, self._times(name)[0])}{' end' if is_last else ''}\n")

    def _times(self, name: str) -> tuple[int, bool]:
        try:
            ticks, _, end = self._time_file(name).read_text(encoding="ascii").strip().partition(" ")
            return int(ticks), end == "end"
        except (OSError, ValueError):
            return 0, True

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SettingError("A key's name has letters, digits, dots, dashes; at most 64.", about=name)
        return self.folder / f"{name}.key"

    def _time_file(self, name: str) -> Path:
        return self.folder / f"{name}.time"
