"""Find what explains some I/O, and the host's own place in the code that it comes from.

Nothing is marked while operations run: the interpreter's stack says whether a patched or decorated function is
around, so that only what is audited pays for the question.
"""

import sys
from collections.abc import Mapping
from types import CodeType, FrameType

from privacylib.context import Frame, Within, get_frame
from privacylib.decorators.sites import place_of
from privacylib.instrumentation import patching
from privacylib.instrumentation.calling import AROUND_HOST
from privacylib.runtime import Declared

__all__ = ["called_by", "is_inside", "unexplained"]

DEPTH = 400
"""Frames of the interpreter that are looked at; what is called from deeper is not explained."""

KEPT = 4096
_HOST, _CARRIER, _OWN, _WRAPPER, _OPERATION, _PART = range(1, 7)
_CARRIERS = (
    "privacylib.asgi", "privacylib.wsgi", "privacylib.decorators.", "privacylib.families.", "privacylib.grpc.",
    "privacylib.instrumentation.hops.", "privacylib.training.",
)  # fmt: skip
"""Those of ours that call the host."""
_STANDARD = sys.stdlib_module_names | {"gevent"}
"""What stands between libraries and the system, gevent in the place of the standard library included."""
_HOSTS = ("privacylib.demo", "privacylib.cli.autoload")
_KNOWN: dict[str | None, int] = {
    None: _HOST,
    "privacylib.instrumentation.calling": _WRAPPER,
    "privacylib.instrumentation.consuming": _WRAPPER,
    "privacylib.instrumentation.operating": _WRAPPER,
    "privacylib.instrumentation.pinning": _WRAPPER,
    "privacylib.instrumentation.repeated": _WRAPPER,
    "privacylib.decorators.wrapping": _OPERATION,
    # They only start workers, which context goes along to.
    "multiprocessing.forkserver": _PART,
    "multiprocessing.resource_tracker": _PART,
}

_NOBODY: Mapping[str, str] = {}

_kinds = dict(_KNOWN)
_sites: dict[tuple[int, int], tuple[str, CodeType]] = {}
"""Names of call sites; the code is kept so that nothing else gets its address."""


def is_inside(frame: Frame | None) -> bool:
    """Return whether work stands in a block that an operation is open around."""
    body = None if frame is None else frame.inside()
    while body is not None:
        if not body.ended:
            return True
        body = body.within
    while frame is not None:
        if isinstance(frame, Within) and not frame.ended:
            return True
        frame = frame.outer
    return False


def unexplained(frame: FrameType | None, event: str) -> str | None:
    """Return the call site of I/O that nothing explains; None where something does.

    Args:
        frame: Where the interpreter is.
        event: What it is about to do.
    """
    nearest = last = frame
    found, depth, kind_of = None, 0, _kinds.get
    connecting = patching.connecting() if event == "socket.connect" else _NOBODY
    while frame is not None and depth < DEPTH:
        module = frame.f_globals.get("__name__")
        kind = kind_of(module) or _kind(str(module))
        if kind > _OWN:
            if _explains(kind, frame):
                return None
        elif found is None:
            if kind == _OWN or (connecting and str(module).partition(".")[0] in connecting):
                return None
            if kind == _HOST:
                found = frame
            elif module == "asyncio.events":  # above stands whoever runs the loop, not what the task was begun by
                found = last
        last = frame
        frame, depth = frame.f_back, depth + 1
    if is_inside(get_frame()):
        return None
    site = found or nearest
    return "?" if site is None else _site(site)


def called_by(frame: FrameType | None) -> str:
    """Return the host's call site nearest above."""
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if (_kinds.get(module) or _kind(str(module))) == _HOST:
            return _site(frame)
        frame = frame.f_back
    return "?"


def _site(frame: FrameType) -> str:
    code = frame.f_code
    key = id(code), frame.f_lasti
    known = _sites.get(key)
    if known is None:
        if len(_sites) >= KEPT:
            _sites.clear()
        known = _sites[key] = f"{place_of(frame)}:{frame.f_lineno}", code
    return known[0]


def _explains(kind: int, frame: FrameType) -> bool:
    if kind == _WRAPPER:
        return frame.f_code.co_name != AROUND_HOST
    return kind == _PART or _is_operation(frame.f_locals)


def _is_operation(known: Mapping[str, object]) -> bool:
    """Return whether a wrapper stands around an operation, and not around a scope or zone, by its variables."""
    around = known.get("own") or getattr(known.get("enter"), "__self__", None)
    return isinstance(around, Declared) or type(around).__module__.startswith("privacylib.instrumentation.")


def _kind(module: str) -> int:
    if module.startswith(_CARRIERS):
        kind = _CARRIER
    elif module.startswith("privacylib.") and not module.startswith(_HOSTS):
        kind = _OWN
    else:
        kind = _CARRIER if module.partition(".")[0] in _STANDARD else _HOST
    if len(_kinds) >= KEPT:
        _kinds.clear()
        _kinds.update(_KNOWN)
    _kinds[module] = kind
    return kind
