"""The packets of a log one after the other, as messages that are decoded only where a field is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from telemetry.dialect import Message, new_parser
from telemetry.logs.columns import pieces
from telemetry.logs.definitions import definitions
from telemetry.logs.index import Index

_READ = 1 << 20


class LoggedMessage:
    """A message whose checksum is known to be right; its fields are attributes, as those of pymavlink's are."""

    __slots__ = ("_decoded", "_number", "_packet", "_parser", "_where")

    def __init__(self, packet: bytes, number: int, where: tuple[int, int, int], parser: Any) -> None:
        """``where`` is system, component and sequence number."""
        self._packet = packet
        self._number = number
        self._where = where
        self._parser = parser
        self._decoded: Message | None = None

    def get_type(self) -> str:
        """Its name."""
        return definitions()[self._number].name

    def get_msgId(self) -> int:  # noqa: N802 (pymavlink's own names)
        """Its number."""
        return self._number

    def get_srcSystem(self) -> int:  # noqa: N802
        """Whose it is."""
        return self._where[0]

    def get_srcComponent(self) -> int:  # noqa: N802
        """Which part of the vehicle sent it."""
        return self._where[1]

    def get_seq(self) -> int:
        """Its sender's count, 0 to 255."""
        return self._where[2]

    def get_msgbuf(self) -> bytearray:
        """The packet."""
        return bytearray(self._packet)

    def __getattr__(self, name: str) -> Any:
        if self._decoded is None:
            self._decoded = self._parser.decode(bytearray(self._packet))
        return getattr(self._decoded, name)


def messages(path: Path, index: Index) -> Iterator[LoggedMessage]:
    """The messages of a log that are in an index, in its order. Raises ``OSError``."""
    parser = new_parser()
    with path.open("rb") as file:
        for begin, end in pieces(index, _READ):
            base = int(index.start[begin])
            file.seek(base)
            data = file.read(int(index.start[end - 1]) + int(index.size[end - 1]) - base)
            columns = (index.start, index.size, index.number, index.system, index.component, index.sequence)
            rows = zip(*(column[begin:end].tolist() for column in columns), strict=True)
            for start, size, number, system, component, sequence in rows:
                packet = data[start - base : start - base + size]
                yield LoggedMessage(packet, number, (system, component, sequence), parser)
