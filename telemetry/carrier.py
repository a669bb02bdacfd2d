"""Carries lists of items to and from a vehicle: as files where it has them, else one item after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from missions.commands import has_place
from missions.items import Command, MissionItem
from missions.storage import as_stored
from planner.errors import FileFormatError, TransferError
from telemetry.dialect import mavlink
from telemetry.ftp.client import FileClient, NoSuchFileError, RefusedFileError
from telemetry.ftp.mission_file import HEADER, ITEM, PATHS, commit, pack_items, size_of, uncommitted, unpack_items
from telemetry.item_protocol import LEAVING_S, Download, Kind, Talk, Upload, clear, give_up
from telemetry.pace import Pace
from telemetry.progress import Stop, StoppedTransferError, Tally, as_stop
from telemetry.vehicle import Vehicle

Lists = Mapping[Kind, tuple[MissionItem, ...]]
PARTIAL_MOST = 0.5
"""A larger share of a list than this is not worth a partial update."""


class Manner(Enum):
    """How items travel."""

    FILES = "files"
    """MAVLink FTP: whole lists, many items to a message, several messages under way."""
    ITEMS = "items"
    """The mission protocol: one item after the other, each asked for by the vehicle."""


@dataclass(frozen=True, slots=True)
class Span:
    """Items ``first`` to ``last`` of a list of ``count`` are to be sent; ``is_partial`` where the others stay."""

    first: int
    last: int
    count: int
    is_partial: bool

    @classmethod
    def all_of(cls, items: tuple[MissionItem, ...]) -> Span:
        """The whole list."""
        return cls(0, len(items) - 1, len(items), is_partial=False)

    @classmethod
    def between(cls, before: tuple[MissionItem, ...], after: tuple[MissionItem, ...], kind: Kind) -> Span:
        """From the first item that is new to the last; the whole list where its length is another, or much is new.

        A fence is always taken whole (ArduPilot knows no part of one).
        """
        if kind is Kind.FENCE or len(before) != len(after):
            return cls.all_of(after)
        new = [index for index, (old, item) in enumerate(zip(before, after, strict=True)) if old != item]
        if not new or new[-1] - new[0] + 1 > PARTIAL_MOST * len(after):
            return cls.all_of(after)
        return cls(new[0], new[-1], len(after), is_partial=True)


class Carrier:
    """One load or download: chooses the manner, counts, and knows what was begun."""

    def __init__(self, vehicle: Vehicle, tally: Tally, stop: Stop, manner: Manner | None) -> None:
        self.pace = Pace(vehicle.speedup)
        self.sent = 0
        """Items that were sent."""
        self.doubt: str | None = None
        """What the vehicle said on the way, where only reading back can tell what it meant."""
        self._vehicle, self._tally, self._stop = vehicle, tally, stop
        self._files = FileClient(vehicle.link, self.pace, stop) if _may_have_files(vehicle, manner) else None
        self._touched: list[Kind] = []
        """What of the vehicle was changed, or may have been."""

    @property
    def manner(self) -> Manner:
        """How items travel now."""
        return Manner.ITEMS if self._files is None else Manner.FILES

    def by_items(self) -> None:
        """From now on one item after the other."""
        self._files = None

    def was_by_items_and_whole(self, changes: Mapping[Kind, Span]) -> bool:
        """Whether sending the same once more could bring nothing else."""
        everything = set(changes) == set(Kind) and not any(one.is_partial for one in changes.values())
        return self._files is None and everything

    # to the vehicle

    def send(self, lists: Lists, changes: Mapping[Kind, Span]) -> None:
        """Send what has changed. Raises ``TransferError``, ``StoppedTransferError``."""
        for kind, change in changes.items():
            items = lists[kind]
            # Nothing else can go on to an item that jumps beyond the file.
            jumps = change.is_partial and any(
                one.command == Command.DO_JUMP for one in items[change.first : change.last + 1]
            )
            if self._files is None or jumps or not self._send_file(self._files, kind, items, change):
                self._send_items(kind, items, change)
            self.sent += change.last - change.first + 1

    def _send_file(self, files: FileClient, kind: Kind, items: tuple[MissionItem, ...], change: Span) -> bool:
        """Whether it was taken; what the vehicle makes of it only reading back can tell."""
        target = (self._vehicle.system_id, self._vehicle.link.component_id)
        some = items[change.first : change.last + 1]
        data = pack_items(some, kind, first=change.first, keep_others=change.is_partial, target=target)
        done = 0

        def written(size: int) -> None:
            nonlocal done
            whole = min(len(some), max(0, size - HEADER.size) // ITEM.size)
            self._tally.step(f"sending {kind.word} item {change.first + whole}", whole - done)
            done = max(done, whole)

        try:
            files.write(
                PATHS[kind],
                uncommitted(data),
                last=commit(data),
                on_bytes=written,
                on_commit=lambda: self._touched.append(kind),
            )
        except NoSuchFileError:
            self._no_files()
        except RefusedFileError:
            self._files = None
        else:
            self._vehicle.has_files = True
            return True
        return False

    def _send_items(self, kind: Kind, items: tuple[MissionItem, ...], change: Span) -> None:
        talk = Talk(self._vehicle, kind, self._stop, self.pace)
        if self._stop.is_set():
            raise StoppedTransferError("The transfer was stopped.", about=f"vehicle {self._vehicle.system_id}")
        self._touched.append(kind)
        if not items:
            clear(talk)
            return
        upload = Upload(talk, items, self._tally, (change.first, change.last) if change.is_partial else None)
        upload.run()
        self.doubt = upload.doubt

    # from the vehicle

    def read(self, kind: Kind) -> list[MissionItem]:
        """All items of a list. Raises ``TransferError``, ``StoppedTransferError``."""
        if self._files is not None:
            items = self._read_file(self._files, kind)
            if items is not None:
                return items
        return Download(Talk(self._vehicle, kind, self._stop, self.pace), self._tally).run()

    def _read_file(self, files: FileClient, kind: Kind) -> list[MissionItem] | None:
        done = 0

        def came(size: int) -> None:
            nonlocal done
            whole = max(0, size - HEADER.size) // ITEM.size
            self._tally.step(f"reading {kind.word} item {whole}", whole - done)
            done = max(done, whole)

        try:
            items = unpack_items(files.read(PATHS[kind], size_of, came), kind)
        except NoSuchFileError:
            self._no_files()
        except (RefusedFileError, FileFormatError):
            self._files = None
        else:
            self._vehicle.has_files = True
            return [_tidied(item) for item in items] if kind is Kind.MISSION else items
        return None

    def _no_files(self) -> None:
        self._files = None
        self._vehicle.has_files = False

    # when it went wrong

    def after(self, error: TransferError) -> TransferError:
        """The same error, and what the vehicle holds now: its old mission where nothing was begun, else none.

        A mission with another one's fence, or half of each, must not be there to be flown.
        """
        stopped = isinstance(error, StoppedTransferError)
        as_it = "As it was stopped" if stopped else "As it failed"
        if not self._touched:
            left = "the vehicle keeps its old mission, fence and rally points"
        elif self._vehicle.state.armed:
            left = "it is not known what the armed vehicle holds: load it again"
        elif self._forget():
            words = [kind.word for kind in (Kind.MISSION, Kind.FENCE, Kind.RALLY) if kind in self._gone]
            kept = [kind.word for kind in (Kind.FENCE, Kind.RALLY) if kind not in self._gone]
            left = f"the vehicle now holds no {', no '.join(words)}" + (
                f", and its old {' and '.join(kept)}" if kept else ""
            )
        else:
            left = "it is not known which mission the vehicle holds: load it again before a flight"
        kind = StoppedTransferError if stopped else TransferError
        return kind(
            f"{error.sentence} {as_it}, {left}.", about=error.about, mend=error.mend or self._vehicle.link.signing.hint
        )

    @property
    def _gone(self) -> tuple[Kind, ...]:
        """What is taken away: what was begun, and the mission, which must not stand beside another one's fence."""
        return tuple(dict.fromkeys((Kind.MISSION, *self._touched)))

    def _forget(self) -> bool:
        """Clear what was begun, and the mission; whether the vehicle said that it did."""
        for kind in self._gone:
            talk = Talk(self._vehicle, kind, as_stop(None), self.pace, silence_s=LEAVING_S)
            try:
                give_up(talk)
                clear(talk)
            except TransferError:
                return False
        return True


def _may_have_files(vehicle: Vehicle, manner: Manner | None) -> bool:
    """Whether to try: it says that it has file transfer (or nothing of itself), it did answer, and it is not flying.

    In flight ArduPilot does not forget the items behind a shorter mission when it takes one as a file.
    """
    if manner is not None:
        return manner is Manner.FILES
    firmware = vehicle.firmware
    may = firmware is None or bool(firmware.capabilities & mavlink.MAV_PROTOCOL_CAPABILITY_FTP)
    return may and vehicle.has_files is not False and not vehicle.state.armed


def _tidied(item: MissionItem) -> MissionItem:
    """ArduPilot leaves the place of a command that has none as it finds it in its memory."""
    return item if has_place(item.command) else as_stored(item)
