"""Remote calls, and the labels that come back with their responses."""

from functools import lru_cache

from privacylib.model import RESPONSE, Asset, PolicyContext, Source
from privacylib.runtime import faults
from privacylib.runtime.endpoints import judge_incoming
from privacylib.runtime.hot import Handle, close_for_scope, held_by, into_open_writes, judges_still, record

__all__ = ["answer", "begin_answer", "requested", "responded"]

_NONE: frozenset[str] = frozenset()


def requested(handle: Handle) -> None:
    """End a streamed request, all of whose messages are sent, while its response is still to come; never raises.

    What is read from now on is not in it.

    Args:
        handle: The call.
    """
    if not handle.open:
        return
    try:
        close_for_scope(handle)
        handle.open = False
        if handle.body is not None:
            handle.body.ended, handle.body = True, None
        handle.sources = held_by(handle)
        judges = judges_still(handle, handle.sources)
        handle.known = handle.site.writing(handle.sources, handle.frame, judges, late=True)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("recording", error)


@faults.deciding
def answer(handle: Handle, brought: PolicyContext | None, *, required: bool = False) -> None:
    """Take in what a call's response carries.

    Args:
        handle: The call.
        brought: Context that came back, or None.
        required: Whether the policy requires context of that peer.

    Raises:
        PolicyDenied: The zone does not admit what came back.
    """
    asset = handle.site.operation.asset
    annotated = handle.site.annotated(RESPONSE)
    begun = handle.brought
    if brought is not None and (brought.verified or brought.unknown):
        source = responded(asset, brought.labels, brought.data_unknown, told=True)
    elif annotated is None and required:
        source = responded(asset, _NONE, "missing")
    else:
        source = responded(asset, annotated or _NONE)
    if begun is None:
        _take_in(handle, source)
    elif not source.carried <= begun.carried or (source.unknown and not begun.unknown):
        handle.frame.scope.reads.add(source, handle.link)  # the messages are with the host already
        try:
            _take_in(handle, source)
        finally:
            _judge_again(handle, source, adds=not source.labels <= begun.labels or source.unknown is not None)


@faults.deciding
def begin_answer(handle: Handle, brought: PolicyContext | None) -> None:
    """Take in what a response stream says of itself when its first message arrives; `answer` follows at its end.

    Meanwhile the scope holds what was announced, and the annotation of the response.

    Args:
        handle: The call.
        brought: Context that the stream began with, or None.

    Raises:
        PolicyDenied: The zone does not admit it.
    """
    asset = handle.site.operation.asset
    labels = handle.site.annotated(RESPONSE) or frozenset[str]()
    carried, unknown = frozenset[str](), None
    if brought is not None:
        carried, unknown = brought.labels, brought.data_unknown
    labels |= carried
    handle.brought = source = Source(asset, RESPONSE, labels, unknown, carried=carried)
    if handle.announced is not None:
        handle.announced |= labels  # a peer knows of what it brought itself
    _take_in(handle, source)
    handle.meanwhile = {}
    handle.frame.scope.reads.keep("watched", handle)


@lru_cache(4096)
def responded(asset: Asset, labels: frozenset[str], unknown: str | None = None, *, told: bool = False) -> Source:
    """Return what a response is to the scope that gets it: one object for equal ones."""
    return Source(asset, RESPONSE, labels, unknown, carried=labels if told else _NONE, annotated=not told)


def _take_in(handle: Handle, source: Source) -> None:
    """Let the scope of a call hold what came back."""
    frame = handle.frame
    judge_incoming(handle, source, frame)
    into_open_writes(frame, (source,), handle)
    frame.scope.reads.add(source, handle.link)


def _judge_again(handle: Handle, source: Source, *, adds: bool) -> None:
    """Record what a stream's late labels make of the writes that were made while it was open.

    What the annotation had said before is no violation now. It is defined all the same: another policy may not say it.
    """
    for write in list((handle.meanwhile or {}).values()):
        held = write.sources.plus(source)
        known = write.site.writing(held, write.frame, judges_still(write, held), late=True)
        if adds and not known.decision.allowed:
            record(write, 0, known)
