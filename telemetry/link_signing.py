"""A link's side of signing: which key it uses, what it signs, what it ignores."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from planner.errors import InputError
from telemetry.signing import Guard, Verdict, fits, is_signed, ticks_now
from telemetry.signing_keys import REQUIRED, KeyStore, SigningKey

KEEP_EVERY = 10
"""Heartbeats between two times that are written to disk."""


class LinkSigning:
    """Signs with one key and believes what is signed with it; without a key all is as in plain MAVLink.

    A link begins without a key, unless ``QYRAN_SIGNING_KEY`` names one. The first packet that is signed with a key of
    this user makes it the link's: from then on nothing else is believed.
    """

    def __init__(self, sender: Any) -> None:
        self._signing = sender.signing
        self.key: SigningKey | None = None
        self.guard: Guard | None = None
        self.unknown = 0
        """Packets that were signed with a key that is not here."""
        self._looks = True
        self._beats = 0
        name = os.environ.get(REQUIRED)
        if name:
            self.use(KeyStore().load(name))

    def use(self, key: SigningKey | None) -> None:
        """From now on this key; None: from now on plain MAVLink, whatever comes."""
        self._keep(is_last=True)
        self.key, self.guard = key, None if key is None else Guard(key.secret)
        self._looks = False
        self._signing.secret_key = None if key is None else key.secret
        self._signing.sign_outgoing = key is not None
        if key is not None:
            self._signing.timestamp = max(ticks_now(), KeyStore().first_ticks(key.name))
            self._keep()

    def before_sending(self) -> None:
        """Bring the time of the next signature up to date; called with the link's lock held."""
        if self.guard is not None:
            self._signing.timestamp = max(self._signing.timestamp, ticks_now(), self.guard.newest + 1)

    def believes(self, packet: bytes) -> bool:
        """Whether a packet that came may be listened to."""
        if self.guard is None and self._looks and is_signed(packet):
            self._look_for_key(packet)
        if self.guard is None:
            return True
        return self.guard.judge(packet) is Verdict.GOOD

    @property
    def hint(self) -> str | None:
        """Why a vehicle that can be heard may not answer; None where nothing speaks for it."""
        if self.guard is not None or not self.unknown:
            return None
        return "It signs with a key that is not here, and may listen to nobody without it (qyran vehicle signing)."

    def _look_for_key(self, packet: bytes) -> None:
        self.unknown += 1
        if self.unknown > 1 and self.unknown % 50:
            return
        with contextlib.suppress(InputError):
            for key in KeyStore().all():
                if fits(key.secret, packet):
                    self.unknown = 0
                    self.use(key)
                    return

    def beat(self) -> None:
        """Called with each of our heartbeats."""
        self._beats += 1
        if self._beats % KEEP_EVERY == 0:
            self._keep()

    def close(self) -> None:
        """Remember the last time that was used."""
        self._keep(is_last=True)

    def _keep(self, *, is_last: bool = False) -> None:
        if self.key is not None:
            with contextlib.suppress(OSError, InputError):
                KeyStore().keep_ticks(self.key.name, self._signing.timestamp, is_last=is_last)
