"""Declared lowering of labels, as a decorator and context manager."""

from collections.abc import Callable, Iterable
from types import MethodType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from privacylib.decorators.arguments import names
from privacylib.decorators.sites import qualified
from privacylib.decorators.zones import Block
from privacylib.runtime import ACTIVE, enter_lowering, tell_void

if TYPE_CHECKING:
    import datetime

    from privacylib.model.policy import Reclassification
    from privacylib.policy.lowering import Lowering

__all__ = ["reclassify"]

_taken: WeakKeyDictionary[Callable[..., Any], str] = WeakKeyDictionary()


def reclassify(
    labels: Iterable[str],
    *,
    to: Iterable[str],
    sink: str,
    transform: Callable[..., Any],
    reason: str,
    reviewer: str,
    expires: "str | datetime.date",
) -> Block:
    """Declare that a transform lowers labels on the way to one sink.

    Under enforce it counts only where the policy holds the same, reviewed. An expired one is void, and so is
    one whose transform is not what was reviewed; why is logged, at most once a minute.

    Args:
        labels: Labels that are lowered, with all beneath them.
        to: Labels that replace them; empty for none.
        sink: Pattern of the sink's URI; with ``#field`` behind it, it holds for that field alone.
        transform: The function that makes the result.
        reason: Why the result may carry less.
        reviewer: Who reviewed it.
        expires: Last day on which it counts, as ``2027-01-01`` or a date.

    Returns:
        A decorator and context manager, sync and async.

    Raises:
        TypeError: `labels` or `to` is a text, or `transform` is none that could be called.
        ValueError: `expires` is no date.
    """
    from privacylib.model.policy import Reclassification

    if not callable(transform):
        raise TypeError("transform is the function itself, not its name")
    place, _, field = sink.partition("#")
    declared = Reclassification(
        from_=frozenset(names("labels", labels)), to=frozenset(names("to", to)), sink=place, reason=reason,
        fields=frozenset({field}) if field else None, reviewer=reviewer, transform=qualified(transform),
        expires=_day(expires),
    )  # fmt: skip
    return Block(lambda: enter_lowering(_in_force(declared, transform)))


def _day(text: "str | datetime.date") -> "datetime.date":
    import datetime

    if isinstance(text, datetime.datetime):
        return text.date()
    if isinstance(text, datetime.date):
        return text
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError("expires is no date; write year-month-day, for example 2027-06-30") from None


def _in_force(declared: "Reclassification", transform: Callable[..., Any]) -> "Lowering | None":
    """Return what a declared reclassification does now: nothing where it is void, which is logged."""
    snapshot = ACTIVE.snapshot
    if snapshot is None:
        return None
    import datetime

    from attrs import evolve

    from privacylib.policy.fingerprint.watch import Watch

    watch = None
    today = datetime.datetime.now(datetime.timezone.utc).date()
    pinned = snapshot.engine.pins(declared.transform)
    try:
        watch = Watch(transform) if pinned else None  # before the fingerprint: what changes between shows
        declared = evolve(declared, fingerprint=_fingerprint(transform, again=pinned))
        failed = ""
    except Exception as error:  # noqa: BLE001 - objects of the host are looked at, which may fail in any way
        failed = f"its fingerprint cannot be taken ({type(error).__name__})" if pinned else ""
    lowering = failed or snapshot.engine.lowering(declared, today)
    if isinstance(lowering, str):
        tell_void(snapshot, declared, lowering)
        from privacylib.policy.lowering import void

        return void(declared, lowering)
    return lowering if watch is None else evolve(lowering, watch=watch)


def _fingerprint(transform: Callable[..., Any], *, again: bool) -> str | None:
    """Return the fingerprint of a transform; None where it would have to be taken each time, and does not count.

    Args:
        transform: The function.
        again: Whether it counts now. Else it is only recorded, for another policy, and taken once of each function.
    """
    if not again and isinstance(transform, MethodType):
        return None
    from privacylib.policy.fingerprint import fingerprint

    if again:
        return fingerprint(transform)
    found = _taken.get(transform)
    if found is None:
        found = _taken[transform] = fingerprint(transform)
    return found
