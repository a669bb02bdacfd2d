"""Values of decoded JSON with the path they stand at, so that every fault names its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from planner.errors import FileFormatError


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it stands: ``source`` is the file, ``path`` for instance ``features[2].geometry``."""

    value: object
    source: str
    path: str = ""

    @property
    def about(self) -> str:
        """File and path, for errors."""
        return f"{self.source}, {self.path}" if self.path else self.source

    def wrong(self, sentence: str, mend: str | None = None) -> FileFormatError:
        """An error at this value."""
        return FileFormatError(sentence, about=self.about, mend=mend)

    @property
    def missing(self) -> bool:
        """Whether it is absent, null, or an empty list or text."""
        return self.value is None or self.value in ([], "", {})

    def __getitem__(self, key: str) -> Node:
        """A member of an object; its value is None where there is none. Raises ``FileFormatError``."""
        if not isinstance(self.value, Mapping):
            raise self.wrong(f"An object with {key!r} is expected here.")
        return Node(self.value.get(key), self.source, f"{self.path}.{key}" if self.path else key)

    def first(self, *keys: str) -> Node:
        """The first of these members that is not missing, or the first of all."""
        found = [self[key] for key in keys]
        return next((node for node in found if not node.missing), found[0])

    def __iter__(self) -> Iterator[Node]:
        """The items of a list. Raises ``FileFormatError``."""
        if not isinstance(self.value, list | tuple):
            raise self.wrong("A list is expected here.")
        for number, item in enumerate(self.value):
            yield Node(item, self.source, f"{self.path}[{number}]")

    def text(self) -> str:
        """A text that is not empty. Raises ``FileFormatError``."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("A text is expected here.")
        return self.value

    def word(self) -> str:
        """A text in capitals, without blanks around it. Raises ``FileFormatError``."""
        return self.text().strip().upper()

    def number(self) -> float:
        """A finite number, also one that stands as text. Raises ``FileFormatError``."""
        value: object = self.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise self.wrong(f"{str(self.value)[:40]!r} is not a number.") from None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
            raise self.wrong("A number is expected here.")
        return float(value)

    def mapping(self) -> Mapping[str, object]:
        """An object. Raises ``FileFormatError``."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("An object is expected here.")
        return self.value
