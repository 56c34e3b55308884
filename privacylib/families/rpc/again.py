"""Calls that tell what one before them has told: they pass in the shortest way.

Whatever is not the plainest case (a first sight, another snapshot, a write or a stream that is open
around, a host's span, metadata that know of context, a response that brings more, an error) takes
the way of every other call, so that each rule stands in one place only.
"""

from collections.abc import Callable
from hmac import compare_digest
from threading import Lock
from time import time_ns
from typing import Any

from privacylib.context.current import get_frame
from privacylib.context.frames import Frame
from privacylib.families.rpc.calling import METADATA_LIMIT, Calling, size_of
from privacylib.families.rpc.told import Method, Told
from privacylib.model import PolicyDenied, Source
from privacylib.propagation.carriers import BAGGAGE, MEMBER, TRACEPARENT, presented
from privacylib.propagation.propagator import RPC
from privacylib.runtime import ACTIVE, faults
from privacylib.runtime.hot import Handle
from privacylib.runtime.tracing import host_context

__all__ = ["Again", "begin_again"]

_LINES = 64
_OURS = f"{MEMBER}="
_OUR_PAIRS = 2


def begin_again(method: Method, leads: Callable[[Any], str | None], call: Any) -> Calling | None:
    """Begin a call with one request and one response that tells what is told already.

    Args:
        method: The CALL operation.
        leads: Tells where the call goes, given what follows.
        call: The call, as the library has it.

    Returns:
        The call, or None for any that is to `begin`, where every rule is asked.
    """
    frame = get_frame()
    if frame is None or method.told is None:
        return None
    try:
        scope = frame.scope
        if not frame.plain or frame.lowered or scope.reads.pending is not None or scope.tracestate:
            return None
        told = method.find(scope.reads.visible(), frame.zone)
        if told is None or told.site.snapshot is not ACTIVE.snapshot:
            return None
        return None if told.target is not None and leads(call) != told.target else Again(told, frame)
    except Exception as error:  # what is wrong shows again on the long way, and is dealt with there
        if faults.by_the_host(error):
            raise
        return None


class Again(Calling):
    """A call with one request and one response that tells what is known by now."""

    __slots__ = ("_frame", "_span", "_start", "_told")

    def __init__(self, told: Told, frame: Frame) -> None:
        self.site = told.site
        self.denied = None
        self._told = told
        self._frame = frame
        self._target = told.target
        self._labels = told.labels
        self._echo = ""
        self._closed = False
        self._lock = Lock()
        self._made = None
        self._span = told.site.snapshot.recorder.call_span(told.known.number)
        self._start = time_ns()

    def _operation(self) -> Handle:
        """Return the operation, for the ways that every call may take; few calls ever need it."""
        handle = self._made
        if handle is None:
            told = self._told
            handle = self._made = Handle(told.site, self._frame, self._span, self._start)
            handle.known, handle.sources, handle.announced = told.known, told.sources, told.labels
        return handle

    @property
    def frame(self) -> Frame:
        """Return where the call was made."""
        return self._frame

    @property
    def expects_first(self) -> bool:
        """Return that no message of a response stream has arrived: there is none."""
        return True

    def inject(self, carrier: Any) -> None:
        """Write the context into metadata, behind what the host has there."""
        told, span = self._told, self._span
        try:
            if not carrier or not any(presented(carrier, bounded=False)):
                trace = self._frame.scope.key.hex()
                member, self._echo = told.sealed(f"{told.lasting}{trace}{span:016x}{int(told.clock() + RPC):08x}")
                carrier += ((BAGGAGE, _OURS + member), (TRACEPARENT, f"00-{trace}-{span:016x}-01"))
                if len(carrier) == _OUR_PAIRS or size_of(carrier) <= METADATA_LIMIT:
                    return
        except Exception as error:  # as in `begin_again`
            if faults.by_the_host(error):
                raise
        Calling.inject(self, carrier)

    def close(self, trailers: Any, *, failed: bool) -> PolicyDenied | None:
        """Record the call and take in what came back; once, further calls return the same."""
        source = None if failed or trailers is None or self._closed or self._made else self._brings(trailers)
        if source is None or self.denied is not None:
            return Calling.close(self, trailers, failed=failed)
        with self._lock:
            if not self._closed:
                self._closed = True
                self._keep(source)
            return self.denied

    def _brings(self, trailers: Any) -> Source | None:
        """Return what the scope holds by the response; None where it, or the record, has any other consequence."""
        told, frame = self._told, self._frame
        scope = frame.scope
        reads = scope.reads
        if reads.watched or reads.open or not frame.plain or scope.left or len(trailers) > _LINES:
            return None
        try:
            if (scope.around is not None and scope.outlived) or (reads.nested and reads.open_above()) or host_context():
                return None
            source, answered = told.silent, False
            for name, value in trailers:
                if name == MEMBER:
                    if answered or not self._echo or not value.isascii() or not compare_digest(value, self._echo):
                        return None
                    source, answered = told.same, True
        except Exception as error:  # as in `begin_again`
            if faults.by_the_host(error):
                raise
            return None
        return source

    def _keep(self, source: Source) -> None:
        """Record the call, and let the scope hold what it has brought."""
        scope, known, kept = self._frame.scope, self._told.known, False
        try:
            links, foreign = scope.reads.links()
            kept = self.site.snapshot.recorder.append(
                known.number, 0, self._start, (time_ns() - self._start) // 1000, self._span, scope.parent, scope.key,
                links, foreign,
            )  # fmt: skip
            if kept or known.mandatory is None:
                scope.reads.add(source, self._span)
                return
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("recording", error)
        if not kept and known.mandatory is not None:
            self.denied = PolicyDenied(known.mandatory, self.site.operation.asset.uri)
