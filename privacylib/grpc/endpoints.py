"""Who calls whom: methods as operations, peers as addresses, and where a channel leads."""

import functools
import importlib
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any
from urllib.parse import unquote

from privacylib.errors import AssetNameError
from privacylib.families.rpc import Method
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import grpc_asset

__all__ = ["address_of", "called", "channels_tell", "channels_told", "served", "target_of"]

_NAMELESS = Asset("grpc", "{…}")


@lru_cache(maxsize=4096)
def called(method: str | bytes) -> Method:
    """Return the CALL operation on a method, by its full name (``/shop.Reviews/Get``)."""
    return Method(Operation(Kind.CALL, _asset(method)))


@lru_cache(maxsize=4096)
def served(method: str | bytes) -> Method:
    """Return the SERVE operation on a method, by its full name."""
    return Method(Operation(Kind.SERVE, _asset(method)))


def _asset(method: str | bytes) -> Asset:
    try:
        return grpc_asset(method)
    except AssetNameError:  # gRPC takes any text for a method
        return _NAMELESS


def address_of(peer: str) -> str:
    """Return the address in what gRPC calls a peer, as the policy's ``trust.ingress`` has it.

    ``ipv4:10.0.0.7:50812`` is ``10.0.0.7``, ``ipv6:%5B::1%5D:50812`` is ``::1``; others stay.
    """
    scheme, _, rest = peer.partition(":")
    if scheme == "ipv4":
        return rest.rpartition(":")[0]
    return unquote(rest).rpartition(":")[0].strip("[]") if scheme == "ipv6" else peer


def target_of(continuation: Callable[..., Any]) -> str | None:
    """Return the target of the channel that a client interceptor's continuation leads to.

    gRPC tells it to nobody, so this looks where gRPC keeps it; None where it is not there, and
    then the channel counts as leading away from this machine.
    """
    try:
        channel = _behind(continuation)
        while not hasattr(channel, "target"):
            channel = channel._channel  # there is no public way
        if hasattr(channel, "check_connectivity_state"):
            channel.check_connectivity_state(False)  # raises where it is closed: to ask that one ends the process
        target = channel.target
        found = target() if callable(target) else target
        return found.decode() if isinstance(found, bytes) else str(found)
    except (AttributeError, TypeError, ValueError):
        return None


def _behind(continuation: Any) -> Any:
    """Return the channel, or what has one, behind a continuation: a closure in sync, a partial in asyncio."""
    if hasattr(continuation, "func"):
        return continuation.func.__self__
    callable_ = _enclosed(continuation)
    return _enclosed(callable_._thunk)  # there is no public way


def _enclosed(function: Any) -> Any:
    return function.__closure__[_place(function.__code__)].cell_contents


@lru_cache(maxsize=64)
def _place(code: CodeType) -> int:
    return code.co_freevars.index("self")


def channels_tell() -> bool:
    """Return whether asyncio channels know their target after they were made; before gRPC 1.81 they forget it."""
    return hasattr(importlib.import_module("grpc._cython.cygrpc").AioChannel, "target")


def channels_told(kind: Any) -> None:
    """Let each asyncio channel tell its target to those of its interceptors that are of a kind, when it is made.

    Args:
        kind: Their class; ``leading_to(target)`` returns the interceptor to use.
    """
    channel = importlib.import_module("grpc.aio._channel").Channel
    make = channel.__init__
    if hasattr(make, "__wrapped__"):
        return

    @functools.wraps(make)
    def made(self: Any, target: str, options: Any, credentials: Any, compression: Any, interceptors: Any) -> None:
        told = [each.leading_to(target) if isinstance(each, kind) else each for each in interceptors or ()]
        make(self, target, options, credentials, compression, told or None)

    channel.__init__ = made
