"""The assets and fields of the graph as small numbers, and the search over them."""

from collections import defaultdict, deque

from privacylib.naming import Glob

__all__ = ["Places"]

_START = -1


class Places:
    """Number places, join them, and search.

    A field belongs to its asset: what arrives in one of the two can leave from the other, for one
    step. So nothing passes from one field to the next, nor from an endpoint's request to its response.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._after: defaultdict[int, list[int]] = defaultdict(list)
        self._before: defaultdict[int, list[int]] = defaultdict(list)
        self._asset_of: dict[int, int] = {}
        self._fields_of: defaultdict[int, list[int]] = defaultdict(list)

    def number(self, uri: str) -> int:
        """Return the number of a place."""
        known = self._numbers.get(uri)
        if known is not None:
            return known
        number = self._numbers[uri] = len(self._names)
        self._names.append(uri)
        asset, mark, _ = uri.partition("#")
        if mark:
            whole = self._asset_of[number] = self.number(asset)
            self._fields_of[whole].append(number)
        return number

    def join(self, source: int, sink: int) -> None:
        """Let data pass from one place to another."""
        self._after[source].append(sink)
        self._before[sink].append(source)

    def knows(self, asset: str) -> bool:
        """Return whether a URI or glob names a place."""
        return bool(self._matching(asset))

    def reached(self, asset: str, *, forward: bool) -> list[str]:
        """Return the names of all places that data gets to, or with `forward` false comes from, in order.

        Where a field is reached, its asset is named as well.
        """
        start = self._matching(asset)
        found = set(self._search(start, frozenset(), forward=forward))
        found |= {self._asset_of[number] for number in found if number in self._asset_of}
        return sorted(self._names[number] for number in found - start)

    def shortest(self, source: str, sink: str) -> list[tuple[int, int]]:
        """Return the joined pairs of a shortest way; empty where there is none."""
        goal = frozenset(kin for number in self._matching(sink) for kin in self._kin(number))
        arrivals = self._search(self._matching(source), goal, forward=True)
        last = next((number for number in reversed(arrivals) if number in goal), _START)
        way: list[tuple[int, int]] = []
        while last != _START:
            left, before = arrivals[last]
            way.append((left, last))
            last = before
        return way[::-1]

    def _search(self, start: set[int], goal: frozenset[int], *, forward: bool) -> dict[int, tuple[int, int]]:
        """Return each place data arrives in, nearest first, up to the first of the goal.

        With each stands the place it left last, and the one where it had arrived before that.
        """
        steps = self._after if forward else self._before
        arrivals: dict[int, tuple[int, int]] = {}
        queue = deque((number, _START) for number in sorted(start))
        while queue:
            number, before = queue.popleft()
            for left in self._kin(number):
                for arrived in steps.get(left, ()):
                    if arrived not in arrivals:
                        arrivals[arrived] = left, before
                        queue.append((arrived, arrived))
                        if arrived in goal:
                            return arrivals
        return arrivals

    def _matching(self, asset: str) -> set[int]:
        if "*" in asset:
            glob = Glob(asset)
            names = self._names if "#" in asset else [name.partition("#")[0] for name in self._names]
            return {number for number, name in enumerate(names) if glob.matches(name)}
        number = self._numbers.get(asset)
        return set() if number is None else {number, *self._fields_of.get(number, ())}

    def _kin(self, number: int) -> tuple[int, ...]:
        """Return a place with its fields, or with the asset that it is a field of."""
        if number in self._asset_of:
            return number, self._asset_of[number]
        return number, *self._fields_of.get(number, ())
