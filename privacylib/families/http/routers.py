"""Routers inside applications: found by their looks, and asked for templates where they are made of patterns."""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from types import FunctionType, MethodType
from typing import Any, TypeAlias, cast

__all__ = ["Patterns", "inside", "is_patterns", "matched", "stands", "ways"]

Patterns: TypeAlias = Sequence[tuple[re.Pattern[str], Any]]
"""Routes as pairs of a compiled expression and what answers; the first that matches is taken."""

_MOST = 64
"""Objects inside an application that are looked at."""

_GROUP = re.compile(r"\((\?:)?((?:[^()\\]|\\.)*)\)(?(1)\??|[?*+]?)")
_ESCAPED = re.compile(r"\\[^\w]")
_OPEN = re.compile(r"[*+?|\[{\\]")


def ways(app: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way from an application to each callable it is wrapped around, the outermost first.

    Frameworks wrap by attributes, by closures, by partials and by bound methods.
    """
    seen = {id(app)}
    waiting: deque[tuple[Any, ...]] = deque([(app,)])
    while waiting and len(seen) <= _MOST:
        way = waiting.popleft()
        yield way
        for part in _parts(way[-1]):
            if callable(part) and not issubclass(type(part), type) and id(part) not in seen:
                seen.add(id(part))
                waiting.append((*way, part))


def inside(app: Any) -> Iterator[Any]:
    """Yield an application and the callables it is wrapped around, the outermost first."""
    return (way[-1] for way in ways(app))


def stands(way: tuple[Any, ...]) -> bool:
    """Return whether each step of a way still leads to the next."""
    return all(any(part is inner for part in _parts(outer)) for outer, inner in pairwise(way))


def _parts(holder: Any) -> Iterator[Any]:
    if isinstance(holder, MethodType):
        yield holder.__self__
    elif isinstance(holder, FunctionType):
        for cell in holder.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # noqa: PERF203 - it is not filled yet
                continue
    elif isinstance(holder, partial):
        yield cast("partial[Any]", holder).func
    else:
        yield getattr(holder, "app", None)
        yield from list(_attributes(holder).values())


def _attributes(holder: Any) -> Mapping[str, Any]:
    """Return what an object itself holds; nothing of what it computes or stands for."""
    try:
        return object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return {}


def is_patterns(routes: Any) -> bool:
    """Return whether something is a list of pairs of an expression and what answers."""
    if not isinstance(routes, list) or not routes:
        return False
    listed = cast("list[Any]", routes)
    return all(isinstance(pair, tuple) and isinstance(pair[0], re.Pattern) for pair in listed if pair)


def matched(routes: Patterns, path: str) -> str | None:
    """Return the template of a path: each named group of the first expression that matches by its name.

    Returns:
        For example ``/{database}/{table}``. None where no expression matches, and where one leaves
        open what stands outside its groups: strangers choose that.
    """
    for expression, *_ in routes:
        found = expression.match(path)
        if found is not None:
            return _template(found) if _is_closed(expression.pattern) else None
    return None


def _template(found: re.Match[str]) -> str:
    names = {number: name for name, number in found.re.groupindex.items()}
    spans = [(*found.span(number), names.get(number, "")) for number in range(1, found.re.groups + 1)]
    named = [span for span in spans if span[2] and span[0] >= 0]
    other = [span for span in spans if not span[2] and span[0] >= 0 and not _holds(span, named)]
    text, at = "", 0
    for start, end, name in sorted(named + other):
        if start >= at and start < end:
            text += f"{found.string[at:start]}{{{name or '…'}}}"
            at = end
    return text + found.string[at : found.end()]


def _holds(outer: tuple[int, int, str], named: list[tuple[int, int, str]]) -> bool:
    return any(outer[0] <= start and end <= outer[1] for start, end, _ in named)


@lru_cache(maxsize=4096)
def _is_closed(pattern: str) -> bool:
    """Return whether an expression says, outside its groups, exactly what stands there."""
    before = None
    while pattern != before:
        before, pattern = pattern, _GROUP.sub(_kept, pattern)
    return _OPEN.search(_ESCAPED.sub("", pattern)) is None


def _kept(group: re.Match[str]) -> str:
    """Return what counts of a group: nothing where it captures, for its text is replaced; else what it holds."""
    return group[2].replace("|", "") if group[1] else ""
