"""Details of calls, as interceptors hand them on."""

import importlib
from typing import Any

import grpc

from privacylib.grpc.delegation import StandIn, standing_in_for

__all__ = ["Details", "with_metadata"]


@standing_in_for(grpc.ClientCallDetails)
class Details(StandIn):
    """Stand in for the details of a call, with other metadata.

    Args:
        inner: The details that another interceptor made.
        metadata: The metadata.
    """

    def __init__(self, inner: Any, metadata: Any) -> None:
        super().__init__(inner)
        self.metadata = metadata


def _own(place: str, name: str) -> Any:
    """Return a class of gRPC's own tuples, if its fields begin as expected; there is no public way."""
    found = getattr(importlib.import_module(place), name, None)
    return found if getattr(found, "_fields", ())[:3] == ("method", "timeout", "metadata") else None


_OWN = (_own("grpc._interceptor", "_ClientCallDetails"), _own("grpc.aio._interceptor", "ClientCallDetails"))
_anew: Any = getattr(tuple, "__new__")  # noqa: B009 - its type is not known whole


def with_metadata(details: Any, metadata: Any) -> Any:
    """Return details of a call with other metadata."""
    kind = details.__class__
    if kind in _OWN:  # made anew without the detours of its own method
        method, timeout, _, *others = details
        return _anew(kind, (method, timeout, metadata, *others))
    replace = getattr(details, "_replace", None)
    return Details(details, metadata) if replace is None else replace(metadata=metadata)
