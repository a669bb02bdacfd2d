"""Rules that nobody listed: every file in this folder that holds one is looked at."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from planner.checks.rule import Rule


def further_rules(listed: Iterable[Rule], package: str = "planner.checks") -> tuple[Rule, ...]:
    """The rules in a package's modules that are not listed yet, by their names.

    A rule is a class that its module defines, with a ``name`` and a ``look``, and that needs nothing to be made.
    """
    known = {type(rule) for rule in listed}
    found = [kind() for kind in _rules_in(package) if kind not in known]
    return tuple(sorted(found, key=lambda rule: rule.name))


def _rules_in(package: str) -> Iterator[type[Rule]]:
    folder = importlib.import_module(package)
    for item in pkgutil.iter_modules(folder.__path__):
        module = importlib.import_module(f"{package}.{item.name}")
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == module.__name__ and _is_rule(kind):
                yield kind


def _is_rule(kind: type) -> TypeGuard[type[Rule]]:
    return kind is not Rule and isinstance(getattr(kind, "name", None), str) and callable(getattr(kind, "look", None))
