"""Single settings given in words, ``relay.batteries=4``, in the place of what ``patrol.toml`` says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace

import tomlkit
from tomlkit.exceptions import TOMLKitError

from planner.errors import SettingError
from qyran.settings import Settings, changed_section

MEND = "Write TABLE.KEY=VALUE as in patrol.toml: relay.batteries=4."


def overridden(settings: Settings, words: Iterable[str]) -> Settings:
    """The settings with each of these in the place of its own; a value that is no TOML is taken as a text.

    Raises ``SettingError``.
    """
    for word in words:
        name, equals, value = word.partition("=")
        table, dot, key = name.strip().partition(".")
        if not equals or not dot or not key:
            raise SettingError(f"{word!r} is not a setting.", mend=MEND)
        if table not in {item.name for item in fields(Settings)}:
            known = ", ".join(item.name for item in fields(Settings))
            raise SettingError(f"There is no table {table!r}. Known: {known}.", about=word, mend=MEND)
        section = changed_section(getattr(settings, table), key, _value(value.strip()), f"--set {table}")
        settings = replace(settings, **{table: section})
    return settings


def _value(text: str) -> object:
    try:
        return tomlkit.parse(f"value = {text}").unwrap()["value"]
    except TOMLKitError:
        return text
