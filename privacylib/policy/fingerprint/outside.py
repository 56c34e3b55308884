"""What a transform is made of, and what it takes from outside, as texts that change when it does.

Its own code is followed wherever it leads: functions, classes, objects and modules of the same package, with all of
theirs. What belongs to other packages counts by its name.
"""

import functools
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from re import Pattern
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple, cast
from uuid import UUID

from privacylib.policy.fingerprint.syntax import syntax
from privacylib.policy.fingerprint.watch import names_in

__all__ = ["Parts", "Walk", "digest"]

_DEEPEST = 60
"""Steps from the transform that are followed; what is farther counts by its name."""
_ATOMS = (type(None), bool, int, float, complex, str, bytes, type(...))
_VALUES = (bytearray, range, Decimal, Fraction, date, time, timedelta, tzinfo, PurePath, UUID)
_OURS = "privacylib"
_NO_DEFAULTS = "None;None;"


class Parts(NamedTuple):
    """What a fingerprint is made of, as texts."""

    code: str
    constants: str
    closure: str


class Walk:
    """Follow one transform into everything of its own package.

    Args:
        transform: A function, method, class, partial or callable object.
    """

    def __init__(self, transform: Any) -> None:
        self._package = _package(_layers(transform)[-1])
        self._above: list[object] = []
        self._known: dict[int, str] = {}
        self._kept: list[object] = []
        """What `_known` names by its address, so that nothing else gets that address."""
        self.taken: dict[str, str] = {}
        """What the transform itself takes from outside, by its name there."""

    def parts(self, transform: Any) -> Parts:
        """Return what is to be seen of a transform, its wrappers included."""
        *wrappers, inner = _layers(transform)
        made = self._bare(inner)
        around = "".join(self._wrapper(one) for one in wrappers)
        bound = self.value(transform.__self__) if isinstance(transform, MethodType) else ""
        return made._replace(closure=f"{made.closure}{around}{bound}")

    def value(self, value: Any) -> str:
        """Return a value as text: constants and containers whole, what is of the package by what it does."""
        if isinstance(value, _ATOMS):
            return f"{value!r};"
        if isinstance(value, ModuleType):
            return f"{value.__name__};"
        if isinstance(value, Enum):
            return f"{_name(type(value))}.{value.name};"
        if isinstance(value, _VALUES):
            return f"{_name(type(value))}{value!r};"
        if isinstance(value, Pattern):
            return f"{cast('Pattern[Any]', value).pattern!r}{value.flags};"
        if id(value) not in self._known:
            if len(self._above) > _DEEPEST or any(value is one for one in self._above):
                return f"{_name(value)};"
            self._above.append(value)
            self._known[id(value)] = self._followed(value)
            self._kept.append(self._above.pop())
        return self._known[id(value)]

    def _followed(self, value: Any) -> str:
        if isinstance(value, dict | list | tuple | set | frozenset):
            return digest(self._members(cast("Iterable[Any]", value)))
        if isinstance(value, property):
            return self.value((value.fget, value.fset))
        if isinstance(value, functools.partial | MethodType | FunctionType | type) or hasattr(value, "__wrapped__"):
            own = any(_package(one) == self._package for one in _layers(value))
            return digest("\0".join(self.parts(value))) if own else f"{_name(cast('object', value))};"
        cls = cast("type[object]", type(value))
        if _package(cls) == self._package:
            return digest("\0".join((*self._of_class(cls), self._state(value))))
        return f"{_name(value)};"

    def _members(self, values: Iterable[Any]) -> str:
        ordered = isinstance(values, list | tuple)
        if isinstance(values, dict):
            texts = map(self._pair, cast("dict[Any, Any]", values).items())
        elif set(map(type, values)).issubset(_ATOMS):  # many numbers in a row are not asked one by one
            texts = map("{!r};".format, values)
        else:
            texts = map(self.value, values)
        return f"({''.join(texts if ordered else sorted(texts))})"

    def _pair(self, pair: tuple[Any, Any]) -> str:
        return f"{self.value(pair[0])}{self.value(pair[1])}"

    def _bare(self, function: Any) -> Parts:
        """Return what is to be seen of what stands beneath all wrappers."""
        if isinstance(function, functools.partial):
            inner = self.parts(function.func)
            return inner._replace(closure=f"{inner.closure}{self.value(function.args)}{self.value(function.keywords)}")
        if isinstance(function, type):
            return self._of_class(function)
        if not isinstance(function, FunctionType):
            call = getattr(cast("Any", type(function)), "__call__", None)  # noqa: B004 - it is looked at, not only for
            inner = self.parts(call) if isinstance(call, FunctionType) else Parts(_name(function), "", "")
            return inner._replace(closure=f"{inner.closure}{self._state(function)}")
        self._above.append(function)
        outside = list(self._outside(function))
        self._above.pop()
        if not (self._above or self.taken):
            self.taken = {name: text for name, text in outside if text != _NO_DEFAULTS}
        return Parts(*syntax(function.__code__, function.__code__.co_filename), "".join(text for _, text in outside))

    def _wrapper(self, layer: Any) -> str:
        """Return what a wrapper adds: ours add nothing, those of other packages a name."""
        if _package(layer) == self._package:
            return digest("\0".join(self._bare(layer)))
        return "" if _package(layer) == _OURS else f"{_origin(layer)};"

    def _of_class(self, cls: type) -> Parts:
        """Return what the methods of a class are made of, what else stands in its body, and what is above it."""
        members = {name: getattr(value, "__func__", value) for name, value in sorted(vars(cls).items())}
        methods = {name: value for name, value in members.items() if isinstance(value, FunctionType)}
        self._above.append(cls)
        made = [self._bare(value) for value in methods.values()]
        others = {name: value for name, value in members.items() if name not in methods and not name.startswith("__")}
        outside = self.value(list(others.items())) + "".join(self.value(base) for base in cls.__bases__)
        self._above.pop()
        return Parts(
            f"{list(methods)}{[one.code for one in made]}{[_name(base) for base in cls.__bases__]}",
            "".join(one.constants for one in made),
            "".join(one.closure for one in made) + outside,
        )

    def _state(self, value: Any) -> str:
        """Return what an object holds."""
        slots = [name for cls in type(value).__mro__ for name in _slots(cls) if hasattr(value, name)]
        held = {name: getattr(value, name) for name in slots} | dict(getattr(value, "__dict__", {}))
        return self.value(held)

    def _outside(self, function: FunctionType) -> Iterator[tuple[str, str]]:
        """Give what a function takes from outside, each with its name."""
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            yield name, f"{name}={self._content(cell)}"
        yield "__defaults__", f"{self.value(function.__defaults__)}{self.value(function.__kwdefaults__)}"
        names = sorted(names_in(function.__code__))
        for name in names:
            if name in function.__globals__:
                found = function.__globals__[name]
                yield name, f"{name}={self.value(found)}{''.join(self._within(found, names))}"
        yield from self._siblings(function, names)

    def _within(self, module: object, names: list[str]) -> Iterator[str]:
        """Give what a function can mean by names in a module of its package."""
        if isinstance(module, ModuleType) and module.__name__.partition(".")[0] == self._package:
            for name in names:
                if name in vars(module):
                    yield f"{name}={self.value(vars(module)[name])}"

    def _siblings(self, function: FunctionType, names: list[str]) -> Iterator[tuple[str, str]]:
        """Give what a method can mean by names in its class."""
        cls = function.__globals__.get(function.__qualname__.partition(".")[0])
        if isinstance(cls, type) and vars(cls).get(function.__name__) is not None:
            for name in names:
                found = next((vars(one)[name] for one in cls.__mro__ if name in vars(one)), None)
                if isinstance(getattr(found, "__func__", found), FunctionType):
                    yield name, f"{name}={self.value(getattr(found, '__func__', found))}"

    def _content(self, cell: CellType) -> str:
        try:
            return self.value(cell.cell_contents)
        except ValueError:  # not filled yet
            return "?;"


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _layers(transform: Any) -> list[Any]:
    """Return a function with its wrappers, the outermost first."""
    layers = [getattr(transform, "__func__", transform)]
    while len(layers) < _DEEPEST and (inner := getattr(layers[-1], "__wrapped__", None)) is not None:
        layers.append(getattr(inner, "__func__", inner))
    return layers


def _slots(cls: type) -> tuple[str, ...]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _package(value: object) -> str:
    return _origin(value).partition(":")[0].partition(".")[0]


def _origin(value: object) -> str:
    """Return where code stands, which a wrapper does not say of itself."""
    if isinstance(value, FunctionType):
        return f"{value.__globals__.get('__name__', '')}:{value.__code__.co_name}"
    if isinstance(value, functools.partial):
        return _origin(_layers(value.func)[-1])
    return _name(value)


def _name(value: object) -> str:
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{getattr(named, '__module__', '')}:{getattr(named, '__qualname__', '')}"
