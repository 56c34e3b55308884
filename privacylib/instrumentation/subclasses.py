"""Subclasses that pass for their base, for what cannot be patched where it stands."""

from collections.abc import Mapping
from typing import Any

__all__ = ["subclass"]

_BASE = "_privacylib_base"
"""Attribute of a subclass that stands where its base stood: the base."""


class Standing(type):
    """Let what the library itself makes of the base be an instance of what stands in its place."""

    def __instancecheck__(cls, instance: object) -> bool:
        return super().__instancecheck__(instance) or isinstance(instance, vars(cls).get(_BASE, ()))

    def __subclasscheck__(cls, subclass: type) -> bool:
        return super().__subclasscheck__(subclass) or issubclass(subclass, vars(cls).get(_BASE, ()))


def subclass(base: type, methods: Mapping[str, Any], *, stands: bool = False) -> type:
    """Return a subclass with other methods, and with the name, module and documentation of its base.

    Args:
        base: The class.
        methods: The methods.
        stands: Whether it stands where programs look for the class, and instances of that are its own.
    """
    named = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__, **methods}
    if stands and type(base) is type:
        return Standing(base.__name__, (base,), {_BASE: base, **named})
    return type(base.__name__, (base,), named)
