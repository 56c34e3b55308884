"""Scopes, zones and reclassifications as decorators and context managers."""

import contextlib
import datetime
import logging
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeVar

from privacylib.context import Frame, get_frame
from privacylib.decorators.wrapping import wrap
from privacylib.model import Mode
from privacylib.model.policy import Reclassification
from privacylib.policy.engine import Lowering
from privacylib.runtime import ACTIVE, enter_lowering, enter_scope, enter_zone, exit_frame, snapshot_now

__all__ = ["Block", "reclassify", "scope", "zone"]

F = TypeVar("F", bound=Callable[..., Any])

_log = logging.getLogger("privacylib")


class Block:
    """A scope that is entered and left: with ``with``, ``async with`` or as a decorator.

    One object may be entered many times, also by many tasks at once.
    """

    __slots__ = ("_entered", "_opens")

    def __init__(self, opens: Callable[[], Frame]) -> None:
        self._opens = opens
        self._entered: dict[Frame, None] = {}

    def enter(self, yields: bool = False) -> Frame:
        """Open the scope and return its frame; around a generator it is in place for each step."""
        del yields
        return self._open()

    def _open(self) -> Frame:
        snapshot_now()  # outside privacylib a scope is opened for nothing, unless that must not be
        return self._opens()

    def exit(self, token: Frame, failed: bool) -> None:
        """Leave the scope; never raises."""
        del failed
        exit_frame(token)

    def __enter__(self) -> None:
        self._entered[self._open()] = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(KeyError):  # left more often than entered
            exit_frame(self._mine())

    def _mine(self) -> Frame:
        """Take the innermost frame of this object that stands here; else, left elsewhere, the last one."""
        entered, now = self._entered, get_frame()
        while now is not None:
            if now in entered:
                with contextlib.suppress(KeyError):  # another thread that carries it was faster
                    del entered[now]
                    return now
            now = now.outer
        return entered.popitem()[0]

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: F) -> F:
        """Return `function` with this scope around each call."""
        return wrap(function, self)


def zone(purpose: str, labels: Iterable[str] | None = None, subject: str | None = None) -> Block:
    """Admit labels for a purpose, for a function and all that it calls, or for a block.

    Zones only tighten: purposes stack, admitted labels intersect with those around.

    Args:
        purpose: Why the work is done, dotted.
        labels: Labels that may be read; left out, all.
        subject: Whose data the work is about. It is never recorded.

    Returns:
        A decorator and context manager, sync and async.
    """
    del subject  # for requirements on consent; data about people is kept nowhere until one asks for it
    admitted = None if labels is None else frozenset(labels)
    return Block(lambda: enter_zone(purpose, admitted))


def scope(name: str, isolated: bool = False, fresh: bool = False) -> Block:
    """Open a unit of work.

    Args:
        name: What it is called, for people.
        isolated: Whether what it reads stays its own, and joins what the work around holds when it is left.
        fresh: Whether it starts with nothing, whatever stands around it (a worker's next item).

    Returns:
        A decorator and context manager, sync and async.
    """
    return Block(lambda: enter_scope(name, isolated=isolated, fresh=fresh))


def reclassify(
    labels: Iterable[str],
    *,
    to: Iterable[str],
    sink: str,
    transform: Callable[..., Any],
    reason: str,
    reviewer: str,
    expires: str,
) -> Block:
    """Declare that a transform lowers labels on the way to one sink.

    Under enforce it counts only where the policy holds the same, reviewed; an expired one is void.

    Args:
        labels: Labels that are lowered, with all beneath them.
        to: Labels that replace them; empty for none.
        sink: Pattern of the sink's URI.
        transform: The function that makes the result.
        reason: Why the result may carry less.
        reviewer: Who reviewed it.
        expires: Last day on which it counts, as ``2027-01-01``.

    Returns:
        A decorator and context manager, sync and async.

    Raises:
        ValueError: `expires` is no date.
    """
    declared = Reclassification(
        from_=frozenset(labels), to=frozenset(to), sink=sink, reason=reason, reviewer=reviewer,
        transform=f"{transform.__module__}:{transform.__qualname__}", expires=datetime.date.fromisoformat(expires),
    )  # fmt: skip
    return Block(lambda: enter_lowering(_in_force(declared)))


def _in_force(declared: Reclassification) -> Lowering | None:
    """Return what a declared reclassification does now; None where it is void."""
    snapshot = ACTIVE.snapshot
    if snapshot is None:
        return None
    void = ""
    if declared.expires < datetime.datetime.now(datetime.timezone.utc).date():
        void = f"expired on {declared.expires}"
    elif snapshot.mode is Mode.ENFORCE and not snapshot.engine.reviewed(declared):
        void = "not in the reviewed policy, which alone counts under enforce"
    if void:
        _log.warning("reclassification by %s to %s is void: %s", declared.transform, declared.sink, void)
        return None
    return Lowering(declared.from_, declared.to, declared.sink)
