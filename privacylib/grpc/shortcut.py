"""What gRPC finds out anew on each call through an interceptor, found out once.

For each call gRPC makes the method of the channel below again, and a call object that few look at. There is no public
way around it. So this looks where gRPC keeps things, and where anything is not as expected, calls go through gRPC's
continuation.
"""

import importlib
import inspect
from types import CodeType
from typing import Any

import grpc

from privacylib.families.rpc import Method
from privacylib.grpc.endpoints import called, target_of

__all__ = ["KNOWN", "OK", "WAITS", "Outcome", "Shortcut", "failure", "is_known", "shortcut"]

_KEPT = "_privacylib_shortcut"
"""Attribute of a method of an intercepted channel, so that it is kept as long as that."""

_interceptor: Any = importlib.import_module("grpc._interceptor")
_channel: Any = importlib.import_module("grpc._channel")

OK = grpc.StatusCode.OK

failure: Any = getattr(_channel, "_InactiveRpcError", None)
"""Makes the error of a call from its state."""

_ENCLOSED = ("client_call_details", "self")
_call: Any = getattr(_channel, "_MultiThreadedRendezvous", None)
_outcome: type[Any] = getattr(_interceptor, "_UnaryOutcome", object)
_intercepted: Any = getattr(_interceptor, "_UnaryUnaryMultiCallable", None)
_own: Any = getattr(_channel, "_UnaryUnaryMultiCallable", None)
_TAKES = ("self", "request", "timeout", "metadata", "credentials", "wait_for_ready", "compression")
"""What a method of gRPC's own takes to make a call and wait for its end; with others it is not the one we know."""


def _continuation(name: str) -> CodeType | None:
    """Return the code of what gRPC gives an interceptor to continue a call that a method of its own makes."""
    consts = getattr(getattr(getattr(_intercepted, name, None), "__code__", None), "co_consts", ())
    return next((one for one in consts if isinstance(one, CodeType) and one.co_freevars == _ENCLOSED), None)


WAITS = _continuation("_with_call")
"""Code of a continuation that waits for the end of the call."""

_FUTURE = _continuation("future")
_SELF = _ENCLOSED.index("self")


def is_known() -> bool:
    """Return whether gRPC makes a call as this file knows it."""
    blocking: Any = getattr(_own, "_blocking", None)
    if blocking is None or _call is None or failure is None:
        return False
    return tuple(inspect.signature(blocking).parameters) == _TAKES


KNOWN = is_known()


class Outcome(_outcome):
    """A call that is over and has succeeded, as gRPC's own: its call object is made when somebody asks for it.

    Args:
        state: What gRPC knows about the call.
        call: The call below.
    """

    def __init__(self, state: Any, call: Any) -> None:
        self._response = state.response
        self._made_of = state, call

    @property
    def _call(self) -> Any:
        return _call(*self._made_of, None, None)


class Shortcut:
    """Where a method of an intercepted channel leads.

    Args:
        method: The method, as gRPC made it around an interceptor of ours.
        continuation: What continues a call of it.
    """

    __slots__ = ("blocking", "called", "target")

    def __init__(self, method: Any, continuation: Any) -> None:
        self.called: Method = called(method._method)
        self.target = target_of(continuation)
        below = method._thunk(method._method)
        while below.__class__ is _intercepted and below._interceptor.__class__ is method._interceptor.__class__:
            below = below._thunk(below._method)  # ours too: this one does the work
        self.blocking: Any = below._blocking if below.__class__ is _own and KNOWN else None
        """Makes a call and waits for its end; None where other interceptors are below."""


def shortcut(continuation: Any) -> Shortcut | None:
    """Return where the method leads that a continuation continues a call of; None where that cannot be told."""
    code = getattr(continuation, "__code__", None)
    if code is None or (code is not WAITS and code is not _FUTURE):
        return None
    method = continuation.__closure__[_SELF].cell_contents
    kept = method.__dict__
    return kept[_KEPT] if _KEPT in kept else kept.setdefault(_KEPT, Shortcut(method, continuation))
