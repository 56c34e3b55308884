"""Calls that are described alike: described once for each kind, and several operations as if each stood alone."""

from typing import Any

import pytest

import privacylib
from privacylib.instrumentation.call import Call
from privacylib.instrumentation.facts import Alike
from privacylib.instrumentation.shapes import AroundAll, Shapes
from privacylib.model import Asset, Kind, Operation
from privacylib.testing import capture


class Noting:
    """Note when something begins and ends."""

    def __init__(self, name: str, notes: list[str], *, refuses: str = "") -> None:
        self.name, self.notes, self.refuses = name, notes, refuses

    def enter(self, yields: bool) -> str:
        """Begin."""
        assert not yields
        if self.refuses == "enter":
            raise PermissionError(self.name)
        self.notes.append(f"+{self.name}")
        return self.name

    def exit(self, token: str, failed: bool) -> None:
        """End."""
        self.notes.append(f"-{token}{' failed' if failed else ''}")
        if self.refuses == "exit":
            raise PermissionError(self.name)


def test_several_operations_stand_one_inside_the_other() -> None:
    notes: list[str] = []
    around = AroundAll([Noting("a", notes), Noting("b", notes)])
    around.exit(around.enter(False), False)
    assert notes == ["+a", "+b", "-b", "-a"]


def test_those_around_one_that_is_denied_have_failed() -> None:
    notes: list[str] = []
    with pytest.raises(PermissionError):
        AroundAll([Noting("a", notes), Noting("b", notes), Noting("c", notes, refuses="enter")]).enter(False)
    assert notes == ["+a", "+b", "-b failed", "-a failed"]


def test_those_around_one_whose_end_is_refused_have_failed() -> None:
    notes: list[str] = []
    around = AroundAll([Noting("a", notes), Noting("b", notes, refuses="exit")])
    begun = around.enter(False)
    with pytest.raises(PermissionError):
        around.exit(begun, False)
    assert notes == ["+a", "+b", "-b", "-a failed"]


def test_each_kind_is_described_once() -> None:
    described: list[str] = []

    def describe(call: Call) -> tuple[Operation, ...]:
        described.append(call["key"])
        return (Operation(Kind.READ, Asset("store://s", "{id}")),)

    def call_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return Call(args, kwargs, {"key": 0}, {})

    def shape(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
        return kwargs.get("key", *args) or None

    shapes = Shapes(describe, Alike(shape, kind=lambda key: key.rstrip("0123456789") or None), call_of)
    assert shapes.enter(("user7",), {}) is None, "before init"
    with capture(), privacylib.scope("work"):
        for key in ("user1", "user2", "user1", "cart1"):
            begun = shapes.enter((), {"key": key})
            assert begun is not None
            shapes.exit(begun, False)
        assert shapes.enter(("",), {}) is None, "no shape"
        assert shapes.enter(("7",), {}) is None, "no kind"
        assert shapes.enter(([],), {}) is None, "what is no key is described by itself"
    assert described == ["user1", "cart1"]
