"""What the classes of a library offer is patched, or was looked at: a release that brings a new way in is noticed.

``public_names.yaml`` says what was looked at. By integration, class and reason it lists names: `inner` with the patched
function that they go through, `raises` with what they raise instead of doing anything, `no-data` for what closes,
configures or tells of itself, `declared-unseen` for what the threat model says is not seen. Behind the first two a name
with ``*`` counts for what provably names that function, or that error, and for nothing else.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
import yaml
from attrs import frozen

from privacylib import integrations
from privacylib.instrumentation.table import Integration

_FILE = Path(__file__).with_name("public_names.yaml")
_THREATS = Path(__file__).parents[2] / "docs" / "explanation" / "threat-model.md"
_LISTED: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(_FILE.read_text())
_DUNDERS = ("__call__",)
_TABLES = {name: importlib.import_module(f"privacylib.integrations.{name}").INTEGRATION for name in integrations.own()}


@frozen
class Holder:
    """What holds names: a class of the table, or a module whose functions the file asks for."""

    name: str
    itself: Any
    patched: frozenset[str]
    groups: Mapping[str, tuple[str, ...]]

    def unknown(self) -> list[str]:
        """Return the public names that are neither patched nor listed."""
        return [name for name in self._names() if name not in self.patched and not self._was_looked_at(name)]

    def _names(self) -> Iterator[str]:
        only = self.groups.get("only", ("*",))
        for name in dir(self.itself):
            if (not name.startswith("_") or name in _DUNDERS) and any(fnmatchcase(name, each) for each in only):
                value = getattr(self.itself, name, None)
                if callable(value) and not isinstance(value, type) and self._is_own(name):
                    yield name

    def _is_own(self, name: str) -> bool:
        """Return whether the distribution of a class has the name, and not the interpreter or another one."""
        if isinstance(self.itself, ModuleType):
            return True
        owner = next((each for each in self.itself.__mro__ if name in vars(each)), None)
        return owner is not None and _distribution(owner) == _distribution(self.itself)

    def _was_looked_at(self, name: str) -> bool:
        for reason, listed in self.groups.items():
            word, _, target = reason.partition(" ")
            if word == "only" or not any(fnmatchcase(name, each) for each in listed):
                continue
            if name in listed or not target or _goes_through(self.itself, name, target, set()):
                return True
        return False


def _distribution(kind: type) -> str:
    return kind.__module__.partition(".")[0].lstrip("_")


def _goes_through(holder: Any, name: str, target: str, seen: set[str]) -> bool:
    """Return whether a function of a class names another one, or calls one of the class that does."""
    seen.add(name)
    function: Any = getattr(holder, name, None)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    function = getattr(function, "__func__", function)
    called = set(_called(function.__code__)) if isinstance(function, FunctionType) else set[str]()
    last = re.split(r"[.:]", target)[-1]
    return last in called or any(_goes_through(holder, each, target, seen) for each in called - seen)


def _called(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _called(inner)


def _resolved(name: str) -> Any:
    """Return a class or module by its name; None where it is not installed, or has none in this version."""
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ImportError:
        return None
    for part in filter(None, path.split(".")):
        found = getattr(found, part, None)
    return found


def _classes(table: Integration) -> dict[str, set[str]]:
    """Return the names of a table's classes, each with what is patched of it."""
    found: dict[str, set[str]] = {}
    for target in table.patches:
        name, _, method = target.target.rpartition(".")
        if target.applies and ":" in name:
            found.setdefault(name, set()).add(method)
    return found


def _groups(listed: Mapping[str, Mapping[str, str]], name: str) -> dict[str, tuple[str, ...]]:
    """Return what is listed for a class, by all patterns that match its name."""
    found: dict[str, tuple[str, ...]] = {}
    for pattern, groups in listed.items():
        if fnmatchcase(name, pattern):
            for reason, names in groups.items():
                found[reason] = (*found.get(reason, ()), *names.split())
    return found


def _holders(table: Integration) -> Iterator[Holder]:
    listed, classes = _LISTED.get(table.name, {}), _classes(table)
    resolved = {name: _resolved(name) for name in (*classes, *(each for each in listed if "*" not in each))}
    for name, itself in resolved.items():
        if isinstance(itself, ModuleType):
            patched = {each.target.partition(":")[2] for each in table.patches if each.module == name}
            yield Holder(name, itself, frozenset(patched), _groups(listed, name))
        elif itself is not None:
            above = (classes.get(other, set[str]()) for other, kind in resolved.items() if kind in itself.__mro__)
            yield Holder(name, itself, frozenset[str]().union(*above), _groups(listed, name))


@pytest.mark.library
@pytest.mark.parametrize("name", sorted(name for name, table in _TABLES.items() if _classes(table)))
def test_every_public_name_is_patched_or_was_looked_at(name: str) -> None:
    holders = list(_holders(_TABLES[name]))
    if not holders:
        pytest.skip(f"{name} is not installed")
    new = [f"{holder.name}.{each}" for holder in holders for each in holder.unknown()]
    assert not new, f"{', '.join(new)} of {name} is new or was never looked at: patch it or list it in {_FILE.name}"


def _reasons() -> Iterator[tuple[str, str]]:
    for classes in _LISTED.values():
        for groups in classes.values():
            yield from groups.items()


def test_each_reason_is_known_and_what_is_inner_goes_through_something_patched() -> None:
    targets = [target.target for table in _TABLES.values() for target in table.patches]
    for reason, _ in _reasons():
        word, _, function = reason.partition(" ")
        assert word in ("inner", "raises", "no-data", "declared-unseen", "only")
        assert (word in ("inner", "raises")) is bool(function), reason
        ends = re.compile(rf"(^|[.:]){re.escape(function)}$")
        assert word != "inner" or any(map(ends.search, targets)), reason


def test_what_is_declared_as_not_seen_stands_in_the_threat_model() -> None:
    said = _THREATS.read_text()
    names = [name for reason, names in _reasons() if reason == "declared-unseen" for name in names.split()]
    assert names
    assert not [name for name in names if not re.search(rf"`(\w+\.)*{name}`", said)]


class _Library:
    def execute(self) -> None: ...
    def run(self) -> None:
        self._run()

    def _run(self) -> None:
        self.execute()

    def close(self) -> None: ...
    def stream(self) -> None: ...


def test_a_new_name_is_found_and_a_wildcard_stands_for_what_provably_is_inner_only() -> None:
    groups = {"inner execute": ("*",), "no-data": ("close",)}
    assert Holder("lib:_Library", _Library, frozenset({"execute"}), groups).unknown() == ["stream"]
    assert Holder("lib:_Library", _Library, frozenset({"execute"}), {}).unknown() == ["close", "run", "stream"]
