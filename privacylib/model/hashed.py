"""Values that are keys on the hot path: the compiled form finds their hash without calling Python."""

from typing import Any

from attrs import fields

__all__ = ["Hashed"]


class Hashed:
    """Keep a hash that is computed once, when the value is made.

    A subclass of attrs says so twice, as its equality would take the hash away: ``__hash__ = Hashed.__hash__``.
    """

    __slots__ = ("_hash",)
    _hash: int

    def keep_hash(self, values: tuple[object, ...]) -> None:
        """Keep the hash of what tells this value from others; for ``__attrs_post_init__``."""
        object.__setattr__(self, "_hash", hash(values))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Have it made anew by whoever unpickles it: hashes of text differ between processes."""
        kind: Any = type(self)
        return kind, tuple(getattr(self, each.name) for each in fields(kind))
