"""The classes of the policy file with the keys that further kinds of requirements add to them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from attrs import make_class

from privacylib.model.policy import Allow, Annotated
from privacylib.policy.kinds import Kind, kinds

__all__ = ["whole"]

_OWN: dict[type, Callable[[Kind], Any]] = {Allow: lambda kind: kind.allow, Annotated: lambda kind: kind.asset}


@lru_cache(maxsize=64)
def whole(cls: type[Any]) -> type[Any]:
    """Return a class of the policy file with the keys of every kind: itself where there are no further ones.

    Raises:
        PrivacyError: An installed package brings a kind that cannot be used.
    """
    own = _OWN.get(cls)
    added = {} if own is None else {kind.key: own(kind) for kind in kinds() if own(kind) is not None}
    if not added:
        return cls
    extended = make_class(cls.__name__, added, bases=(cls,), frozen=True)
    extended.__doc__ = cls.__doc__
    return extended
