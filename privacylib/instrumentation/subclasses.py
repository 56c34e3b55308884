"""Subclasses that pass for their base, for what cannot be patched where it stands."""

from collections.abc import Mapping
from typing import Any

__all__ = ["subclass"]


def subclass(base: type, methods: Mapping[str, Any]) -> type:
    """Return a subclass with other methods, and with the name, module and documentation of its base."""
    named = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
    return type(base.__name__, (base,), {**named, **methods})
