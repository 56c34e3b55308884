"""Patterns of asset URIs."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count

from attrs import field, frozen

__all__ = ["Glob", "Globs", "escaped", "literal"]

_ESCAPED = "[*]"
"""A star that is one. In a character class it needs no backslash, which YAML would read for itself."""
_STAR = "\0"
"""What stands for it while wildcards are looked for; no name has it."""
_WIDE, _NARROW, _END = "\x01", "\x02", "\x03"
"""What stands for ``**`` and ``*`` of a pattern that is matched with another, and behind all of it."""
_WILD = (_WIDE, _NARROW)


@frozen
class Glob:
    """Match whole URIs: ``*`` stops at ``/``, ``**`` does not, ``[*]`` is a star, everything else is literal.

    Args:
        pattern: For example ``postgres://*/app.public.users``.
    """

    pattern: str
    _test: Callable[[str], object] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_test", _compiled(self.pattern))

    def matches(self, uri: str) -> bool:
        """Return whether the pattern covers the whole of `uri`."""
        return bool(self._test(uri))

    def meets(self, pattern: str) -> bool:
        """Return whether some text is matched by this pattern and by another."""
        return _meet(self.pattern, pattern)

    def covers(self, pattern: str) -> bool:
        """Return whether all that another pattern matches is matched by this one, as far as that is plain to see."""
        return pattern == self.pattern or _covers(self.pattern, pattern)


def escaped(uri: str) -> str:
    """Return the pattern that matches one URI and nothing else."""
    return uri.replace("*", _ESCAPED)


def literal(pattern: str) -> str | None:
    """Return the one text that a pattern matches; None where it has a wildcard."""
    hidden = _hidden(pattern)
    return None if "*" in hidden else _plain(hidden)


class Globs:
    """Match one URI with many patterns: only those are tried whose text before the first ``*`` it begins with.

    Args:
        patterns: As of `Glob`; a pattern is compiled when it is first tried.
    """

    __slots__ = ("_by_head", "_lengths")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._by_head: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for position, pattern in enumerate(patterns):
            head = _plain(_hidden(pattern).partition("*")[0])
            self._by_head[head].append((position, pattern))
        self._lengths = sorted({len(head) for head in self._by_head})

    def matching(self, uri: str) -> list[int]:
        """Return the positions of the patterns that cover the whole of `uri`, from the top."""
        tried = (pair for length in self._lengths for pair in self._by_head.get(uri[:length], ()))
        return sorted({position for position, pattern in tried if _compiled(pattern)(uri)})


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Callable[[str], object]:
    hidden = _hidden(pattern)
    if "*" not in hidden:
        return _plain(hidden).__eq__
    return re.compile(_plain(_regex(hidden), r"\*"), re.DOTALL).fullmatch


@lru_cache(maxsize=1024)
def _covers(pattern: str, other: str) -> bool:
    """Match a pattern with another, in which each wildcard is a character that only as wide a wildcard matches."""
    return re.fullmatch(_regex(_hidden(pattern)).replace("[^/]", f"[^/{_WIDE}]"), _signs(other), re.DOTALL) is not None


def _meet(pattern: str, other: str) -> bool:
    """Go through both at once: a wildcard takes what stands in the other, sign by sign, until it is passed over."""
    left, right = _signs(pattern) + _END, _signs(other) + _END
    seen, ahead = set[tuple[int, int]](), [(0, 0)]
    while ahead:
        place = ahead.pop()
        if place in seen:
            continue
        seen.add(place)
        i, j = place
        one, two = left[i], right[j]
        if one == two == _END:
            return True
        if one == two:
            ahead.append((i + 1, j + 1))
        if one in _WILD or _takes(two, one):
            ahead.append((i + 1, j))
        if two in _WILD or _takes(one, two):
            ahead.append((i, j + 1))
    return False


def _takes(wildcard: str, sign: str) -> bool:
    return wildcard in _WILD and sign not in (_END, *_WILD) and (wildcard == _WIDE or sign != "/")


def _signs(pattern: str) -> str:
    return _hidden(pattern).replace("**", _WIDE).replace("*", _NARROW)


def _hidden(pattern: str) -> str:
    return pattern.replace(_ESCAPED, _STAR)


def _plain(hidden: str, star: str = "*") -> str:
    return hidden.replace(_STAR, star)


def _regex(pattern: str) -> str:
    """Translate a pattern into a regular expression that never backtracks into an earlier wildcard.

    The earliest place for the text between two wildcards is as good as any later one, so it is
    found once and kept: a lookahead with a group is the atomic group that Python lacks before 3.11.
    """
    numbers = count()

    def once(expression: str) -> str:
        name = f"g{next(numbers)}"
        return f"(?=(?P<{name}>{expression}))(?P={name})"

    def between(chunk: str, *, last: bool) -> str:
        head, *pieces = map(re.escape, chunk.split("*"))
        steps = [once("[^/]*?" + piece) for piece in pieces]
        if pieces and last:
            steps[-1] = "[^/]*" + pieces[-1]
        return head + "".join(steps)

    first, *chunks = pattern.split("**")
    if not chunks:
        return between(first, last=True)
    middle = [once(".*?" + between(chunk, last=False)) for chunk in chunks[:-1]]
    return between(first, last=False) + "".join(middle) + ".*" + between(chunks[-1], last=True)
