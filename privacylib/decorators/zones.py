# cython: binding=True
"""Scopes and zones as decorators and context managers."""

import contextlib
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeVar

from privacylib.context import ANYONE
from privacylib.context.current import get_frame
from privacylib.context.frames import Frame
from privacylib.decorators.arguments import dotted, names, wrappable
from privacylib.decorators.wrapping import wrap
from privacylib.runtime.active import ACTIVE, absent
from privacylib.runtime.scopes import ZoneStep, enter_scope, exit_frame

__all__ = ["Block", "scope", "zone"]

F = TypeVar("F", bound=Callable[..., Any])


_ELSEWHERE = object()


class Block:
    """A scope that is entered and left: with ``with``, ``async with`` or as a decorator.

    One object may be entered many times, also by many tasks at once.
    """

    __slots__ = ("_entered", "_opens")

    def __init__(self, opens: Callable[[], Frame]) -> None:
        self._opens = opens
        self._entered: dict[Frame, None] = {}

    def enter(self, yields: bool) -> Frame:
        """Open the scope and return its frame; around a generator it is in place for each step."""
        if ACTIVE.snapshot is None:  # a scope is opened for nothing, unless that must not be
            absent()
        frame = self._opens()
        if yields:
            frame.scope.by = ANYONE
        return frame

    def exit(self, token: Frame, failed: bool) -> None:  # noqa: ARG002 - a failed scope is left like any other
        """Leave the scope; never raises."""
        exit_frame(token)

    def __enter__(self) -> None:
        if ACTIVE.snapshot is None:
            absent()
        self._entered[self._opens()] = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        frame = get_frame()
        if frame is not None and self._entered.pop(frame, _ELSEWHERE) is None:
            exit_frame(frame)
        else:
            self._exit_elsewhere()

    def _exit_elsewhere(self) -> None:
        """Leave the innermost frame of this object that stands further out; else, left elsewhere, the last one."""
        entered, now = self._entered, get_frame()
        while now is not None:
            if entered.pop(now, _ELSEWHERE) is None:
                exit_frame(now)
                return
            now = now.outer
        with contextlib.suppress(KeyError):  # left more often than entered
            exit_frame(entered.popitem()[0])

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: F) -> F:
        """Return `function` with this scope around each call."""
        wrappable(function)
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

    Raises:
        TypeError: `labels` is a text, or the brackets are missing.
        ValueError: The purpose is no dotted name.
    """
    del subject  # for requirements on consent; data about people is kept nowhere until one asks for it
    why, admitted = dotted("purpose", purpose), None if labels is None else frozenset(names("labels", labels))
    return Block(ZoneStep(why, admitted).enter)


def scope(name: str, isolated: bool = False, fresh: bool = False) -> Block:
    """Open a unit of work.

    Args:
        name: What it is called, for people.
        isolated: Whether what it reads stays its own, and joins what the work around holds when it is left.
        fresh: Whether it is a unit of work of its own (a worker's next item): it starts with nothing read, inside the
            zones that the same task or thread has entered around it.

    Returns:
        A decorator and context manager, sync and async.

    Raises:
        TypeError: The brackets with the name are missing.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - hosts pass anything
        raise TypeError('a scope has a name; write it in brackets, for example scope("order")')
    return Block(lambda: enter_scope(name, isolated=isolated, fresh=fresh))
