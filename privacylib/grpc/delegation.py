"""Objects that stand in for gRPC's own: what they do not define themselves is handed on."""

from abc import ABCMeta
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["StandIn", "standing_in_for"]

C = TypeVar("C", bound="type[StandIn]")


class StandIn:
    """Stand in for an object of gRPC.

    Args:
        inner: The object.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        if name == "inner":  # asked for before there is one, as by copy()
            raise AttributeError(name)
        return getattr(self.inner, name)

    def __repr__(self) -> str:
        return repr(self.inner)


def standing_in_for(*kinds: ABCMeta) -> Callable[[C], C]:
    """Let objects of a class pass for gRPC's own kinds, without taking methods over from these."""

    def decorator(cls: C) -> C:
        for kind in kinds:
            kind.register(cls)
        return cls

    return decorator
