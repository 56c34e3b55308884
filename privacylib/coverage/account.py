"""Keep the account: one audit hook for the process, which cannot be taken out and rests when nobody asks for it.

Each event of the interpreter passes here, imports and attribute look-ups included: one look into a
dictionary has to tell those apart that are I/O.
"""

import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from privacylib.context import UNSEEN, Stage, get_frame, is_unseen
from privacylib.coverage.events import EVENTS, Told
from privacylib.coverage.explaining import unexplained
from privacylib.coverage.native import NATIVE, loaded
from privacylib.instrumentation.importing import when_imported
from privacylib.model import Kind, Operation, PolicyDenied
from privacylib.runtime import ACTIVE, faults, judge_uncovered

__all__ = ["keep", "kept", "rest"]


class _Account:
    """Who counts gaps and is told of native libraries, as long as the account is kept."""

    __slots__ = ("changed", "count", "hooked")

    def __init__(self) -> None:
        self.hooked = False
        self.count: Callable[[str], object] | None = None
        self.changed: Callable[[], object] | None = None


_account = _Account()


def keep(count: Callable[[str], object], changed: Callable[[], object]) -> None:
    """Keep the account from now on.

    Args:
        count: Takes the event and the call site of each gap.
        changed: Called when a library is imported that does its I/O unseen.
    """
    _account.count, _account.changed = count, changed
    if not _account.hooked:
        _account.hooked = True
        sys.addaudithook(_hook())
        for name in NATIVE.keys() - set(loaded()):
            when_imported(name, _imported)


def kept() -> bool:
    """Return whether the account is kept."""
    return _account.count is not None


def rest() -> None:
    """Keep it no longer."""
    _account.count = _account.changed = None


def _hook() -> Callable[[str, tuple[Any, ...]], None]:
    """Return the hook, with all that it needs in itself: the interpreter's end takes modules apart while it goes on."""
    account, active, own, frame_of = _account, ACTIVE, get_frame, sys._getframe  # pyright: ignore[reportPrivateUsage] - there is no other way to the stack
    find = EVENTS.get

    def hook(event: str, args: tuple[Any, ...]) -> None:
        act = find(event)
        if act is None or account.count is None or active.snapshot is None:
            return
        try:
            here = own()
            if here is not None and is_unseen(here):
                return
            told = act(*args)
            if told is not None:
                _met(told, frame_of(1))
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("keeping the account", error)

    return hook


def _imported(_: ModuleType) -> None:
    if _account.changed is not None:
        _account.changed()


def _met(told: Told, frame: FrameType) -> None:
    """Count I/O that nothing explains, and refuse it where a requirement says so."""
    snapshot, count = ACTIVE.snapshot, _account.count
    event, named, what = told
    site = unexplained(frame, event)
    if site is None or snapshot is None or count is None:
        return
    with Stage(UNSEEN):
        count(f"{event} {site}")
    if snapshot.engine.refuses_uncovered:
        operation = Operation(Kind.OPAQUE, named(what), site=site.rpartition(":")[0])
        judge_uncovered(operation, snapshot)
