"""Notice that a transform is exchanged between the review of its fingerprint and a write: by identity, which is cheap.

What it takes from outside is looked at by the objects that stand there. One that is changed in place, such as a list or
an attribute of an object, stays the same object, and is noticed where the fingerprint is taken the next time.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import is_
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any, cast

__all__ = ["Watch", "names_in"]

_MOST = 64
"""Functions that are looked at; those behind them are left to the fingerprint."""


class Watch:
    """Watch one transform.

    Args:
        transform: The function.
    """

    __slots__ = ("_looks", "_path", "_seen", "_transform")

    def __init__(self, transform: Callable[..., Any]) -> None:
        self._transform = transform
        self._path: tuple[str, ...] = ()
        """Where it stands by its name, where that leads to it."""
        path = getattr(transform, "__module__", None) or "", *getattr(transform, "__qualname__", "").split(".")
        if _at(path) is transform:
            self._path = path
        self._look(transform)

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return _nothing, ()  # in another process the function is another one, and may not even be sent

    def changed(self, fingerprint: str | None) -> str | None:
        """Return the fingerprint that the transform has now, where that is another; None where it is the same."""
        here = _at(self._path) if self._path else self._transform
        seen, now = self._seen, self._now()
        if here is self._transform and len(now) == len(seen) and all(map(is_, now, seen)):
            return None
        from privacylib.policy.fingerprint import fingerprint as taken

        found = taken(here)
        if found == fingerprint:
            self._look(self._transform)
            return None
        return found

    def _look(self, transform: Any) -> None:
        self._looks = list(_looks(transform))
        self._seen = self._now()

    def _now(self) -> list[object]:
        """Return the objects that the transform is made of and takes from outside."""
        found: list[object] = []
        for one, cells, outside, names in self._looks:
            if outside is None:
                found += one.__dict__.values()
                continue
            found += (one.__code__, one.__defaults__, one.__kwdefaults__, one.__closure__)
            if cells:
                found += map(_content, cells)
            if names:
                found += map(outside.get, names)
        return found


_Look = tuple[Any, tuple[CellType, ...], "dict[str, Any] | None", tuple[str, ...]]
"""A function with its cells, the globals of its module and the names in it; or an object, of which attributes count."""


def names_in(code: CodeType) -> set[str]:
    """Return the names of globals and attributes in code, and in the functions, generators and classes inside of it."""
    nested = (names_in(one) for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*nested)


def _nothing() -> None:
    return None


def _at(path: Iterable[str]) -> object:
    module, *names = path
    found: Any = sys.modules.get(module)
    for name in names:
        found = getattr(found, name, None)
    return found


def _looks(transform: Any) -> Iterator[_Look]:
    """Yield what is to be looked at: the transform, and functions of its own package that it takes from outside."""
    package, waiting, met = "", [transform], set[int]()
    while waiting and len(met) < _MOST:
        one = waiting.pop()
        if isinstance(one, MethodType):
            waiting += (one.__func__, one.__self__)
        elif isinstance(one, partial):
            waiting.append(cast("partial[Any]", one).func)
        elif not isinstance(one, FunctionType):
            call: object = getattr(cast("type[object]", type(one)), "__call__", None)  # noqa: B004 - looked at, not only for
            waiting += [call] if isinstance(call, FunctionType) else []
            if hasattr(one, "__dict__"):
                yield one, (), None, ()
        elif id(one) not in met and one.__module__.partition(".")[0] == (package or one.__module__.partition(".")[0]):
            package = package or one.__module__.partition(".")[0]
            met.add(id(one))
            look = one, one.__closure__ or (), one.__globals__, tuple(sorted(names_in(one.__code__)))
            yield look
            waiting += [each for each in map(_content, look[1]) if isinstance(each, FunctionType)]
            waiting += [each for each in map(look[2].get, look[3]) if isinstance(each, FunctionType)]


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty still
        return cell
