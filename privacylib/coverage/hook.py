"""The audit hook.

In pure Python each event of the interpreter passes here, imports and attribute look-ups included: one look into a
dictionary has to tell those apart that are I/O.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from privacylib.context import UNSEEN, Stage, get_frame, is_unseen
from privacylib.coverage.children import STARTS, goes_unseen, lead
from privacylib.coverage.events import EVENTS, Told
from privacylib.coverage.explaining import called_by, unexplained
from privacylib.coverage.listening import listen
from privacylib.coverage.native import NATIVE, loaded
from privacylib.instrumentation.importing import when_imported
from privacylib.model import Asset, Kind, Operation, PolicyDenied
from privacylib.runtime import ACTIVE, faults, judge_uncovered

__all__ = ["install"]


class Account(Protocol):
    """Who counts gaps and is told of native libraries, as long as the account is kept."""

    count: Callable[[str], object] | None
    changed: Callable[[], object] | None


def install(account: Account) -> None:
    """Put the hook in place, once in a process."""

    def imported(_: ModuleType) -> None:
        if account.changed is not None:
            account.changed()

    listen(_hook(account), EVENTS)
    for name in NATIVE.keys() - set(loaded()):
        when_imported(name, imported)


def _hook(account: Account) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the hook, with all that it needs in itself: the interpreter's end takes modules apart while it goes on."""
    active, own, frame_of = ACTIVE, get_frame, sys._getframe  # pyright: ignore[reportPrivateUsage] - there is no other way to the stack
    find = EVENTS.get

    def hook(event: str, args: tuple[Any, ...]) -> None:
        act = find(event)
        if act is None or (count := account.count) is None or active.snapshot is None:
            return
        try:
            if event == "os.exec":
                lead(args)
            frame = frame_of().f_back  # there is none where the interpreter opens the program itself
            here = own()
            if here is not None and is_unseen(here):
                return
            told = act(*args)
            if told is None:
                return
            site = unexplained(frame, told[0])
            if site is not None:
                _met(told, told[0], site, count)
            elif event in STARTS and goes_unseen(args):
                _met(told, f"{event}(unseen)", called_by(frame), count)
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            _failed(error)

    return hook


def _failed(error: Exception) -> None:
    """Swallow an error of ours; under enforce deny instead, where a requirement minds what nobody explains."""
    snapshot = ACTIVE.snapshot
    if snapshot is not None and snapshot.engine.refuses_uncovered:
        faults.while_deciding(snapshot, Operation(Kind.OPAQUE, Asset("unexplained", "{…}")), error)
    else:
        faults.swallowed("keeping the account", error)


def _met(told: Told, event: str, site: str, count: Callable[[str], object]) -> None:
    """Count I/O that nothing explains, or a program that goes unseen; refuse it where a requirement says so."""
    snapshot, (_, named, what) = ACTIVE.snapshot, told
    if snapshot is None:
        return
    with Stage(UNSEEN):
        count(f"{event} {site}")
    if snapshot.engine.refuses_uncovered:
        operation = Operation(Kind.OPAQUE, named(what), site=site.rpartition(":")[0])
        judge_uncovered(operation, snapshot)
