"""Patterns of asset URIs."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count

from attrs import field, frozen

__all__ = ["Glob", "Globs"]


@frozen
class Glob:
    """Match whole URIs: ``*`` stops at ``/``, ``**`` does not, everything else is literal.

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


class Globs:
    """Match one URI with many patterns: only those are tried whose text before the first ``*`` it begins with.

    Args:
        patterns: As of `Glob`; a pattern is compiled when it is first tried.
    """

    __slots__ = ("_by_head", "_lengths")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._by_head: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for position, pattern in enumerate(patterns):
            self._by_head[pattern.partition("*")[0]].append((position, pattern))
        self._lengths = sorted({len(head) for head in self._by_head})

    def matching(self, uri: str) -> list[int]:
        """Return the positions of the patterns that cover the whole of `uri`, from the top."""
        tried = (pair for length in self._lengths for pair in self._by_head.get(uri[:length], ()))
        return sorted({position for position, pattern in tried if _compiled(pattern)(uri)})


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Callable[[str], object]:
    if "*" not in pattern:
        return pattern.__eq__
    return re.compile(_regex(pattern), re.DOTALL).fullmatch


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
