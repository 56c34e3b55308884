"""Hand spans to an exporter; find the one that it never takes, so that the others arrive (fault 19)."""

import random
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from attrs import frozen
from opentelemetry.sdk.trace.export import SpanExportResult

from privacylib.exporters.retries import Retries, asked_to_wait

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["BATCH", "ENDS", "TRIES", "Delivery", "ExportFailed", "NotTaken", "Outcast"]

BATCH = 512
"""Spans for one call of an exporter, OpenTelemetry's own default."""

TRIES = 3
"""Times that a span fails on its own before it is given up, and after which another one is taken."""

ENDS = (KeyboardInterrupt, SystemExit)
"""What ends an export for good; anything else that an exporter raises is a failure like any other."""

_PATIENCE = 2
"""Failures from which on a batch is looked into; a single one is most often a moment of the network."""


class ExportFailed(Exception):
    """Stand for an exporter that says FAILURE."""


class NotTaken(Exception):
    """Say that spans stay where they are for now.

    Args:
        cause: What the exporter raised, or `ExportFailed`.
        wait: Seconds until it is asked again.
        undecided: Whether the exporter has never taken anything: it may be the spans, and not the exporter.
    """

    def __init__(self, cause: BaseException, wait: float, *, undecided: bool = False) -> None:
        self.cause = cause
        self.wait = wait
        self.undecided = undecided


@frozen
class Outcast:
    """Name a span that its exporter takes in no company, while it takes others.

    Args:
        span: The span.
        cause: Type of what the exporter raised.
    """

    span: "ReadableSpan"
    cause: str


class Delivery:
    """Hand spans to one exporter.

    Args:
        exporter: The exporter.
        retries: When it is asked again.
        choose: Chooses one of several spans, to see whether the exporter takes any.
        given_up: Tells whether nobody waits for it any more.
    """

    def __init__(
        self,
        exporter: "SpanExporter",
        retries: Retries,
        choose: "Callable[[Sequence[ReadableSpan]], ReadableSpan]" = random.choice,
        given_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self.retries = retries
        self.taken = 0
        self._exporter = exporter
        self._choose = choose
        self._given_up = given_up
        self._since: float | None = None
        self._witness: ReadableSpan | None = None
        self._sent: list[Sequence[ReadableSpan]] = []
        self._settled: set[int] = set()
        self._outcasts: list[Outcast] = []

    @property
    def seconds(self) -> float:
        """Return how long the exporter has been at what it does now."""
        since = self._since
        return 0.0 if since is None else monotonic() - since

    def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of the exporter."""
        self._since = monotonic()
        try:
            return method(*args, **kwargs)
        finally:
            self._since = None

    def deliver(self, spans: "Sequence[ReadableSpan]") -> list[Outcast]:
        """Hand spans over, all but those that fail on their own, which are returned.

        What was taken is remembered until all are: the same spans, handed over again, are not sent twice.

        Raises:
            NotTaken: The exporter takes nothing now.
        """
        self._settle()
        for start in range(0, len(spans), BATCH):
            self._deliver(spans[start : start + BATCH])
        self.retries.succeeded()
        outcasts, self._outcasts = self._outcasts, []
        self.taken += len(spans) - len(outcasts)
        self._sent.clear()
        self._settled.clear()
        return outcasts

    def _deliver(self, batch: "Sequence[ReadableSpan]") -> None:
        pending = self._pending(batch) if self._settled else batch
        if not pending:
            return
        error = self._send(pending)
        if error is None:
            return
        patient = self.retries.failures + 1 < _PATIENCE
        if patient or asked_to_wait(error, self._exporter) is not None or not self._takes_others(pending):
            raise self._not_taken(error)
        self._divide(pending, error)

    def _pending(self, spans: "Sequence[ReadableSpan]") -> "list[ReadableSpan]":
        self._settle()
        return [span for span in spans if _id(span) not in self._settled]

    def _settle(self) -> None:
        """Note the ids of what was sent; nobody asks for them as long as nothing fails."""
        self._settled.update(_id(span) for spans in self._sent for span in spans)
        self._sent.clear()

    def _divide(self, spans: "Sequence[ReadableSpan]", error: BaseException) -> None:
        """Send spans that failed together in two parts, and each that fails in two again."""
        if len(spans) == 1:
            self._alone(spans[0], error)
            return
        middle = len(spans) // 2
        for part in (spans[:middle], spans[middle:]):
            error_here = self._send_extra(self._pending(part))
            if error_here is not None:
                self._divide(self._pending(part), error_here)

    def _alone(self, span: "ReadableSpan", error: BaseException) -> None:
        for _ in range(TRIES - 1):
            again = self._send_extra([span])
            if again is None:
                return
            error = again
        if not self._takes_others([span]):  # it is the exporter, and not the span
            raise self._not_taken(error)
        self._settled.add(_id(span))
        self._outcasts.append(Outcast(span, type(error).__name__))

    def _takes_others(self, spans: "Sequence[ReadableSpan]") -> bool:
        """Return whether the exporter takes anything: a span that it took before once more, or one of several."""
        witness = self._witness
        if witness is None and len(spans) == 1:
            return False
        return self._send_extra([witness or self._choose(spans)]) is None

    def _send_extra(self, spans: "Sequence[ReadableSpan]") -> BaseException | None:
        if spans and not self.retries.spend():
            raise self._not_taken(ExportFailed())
        error = self._send(spans) if spans else None
        if error is not None and asked_to_wait(error, self._exporter) is not None:
            raise self._not_taken(error)
        return error

    def _send(self, spans: "Sequence[ReadableSpan]") -> BaseException | None:
        """Call the exporter; return what it raised, or None when it took them."""
        if self._given_up():
            raise NotTaken(ExportFailed(), 0.0)
        try:
            if self.call(self._exporter.export, spans) is SpanExportResult.FAILURE:
                return ExportFailed()
        except ENDS:
            raise
        except BaseException as error:  # noqa: BLE001 - an exporter may raise anything, such as a timeout of gevent
            return error
        self._sent.append(spans)
        self._witness = spans[0]
        return None

    def _not_taken(self, error: BaseException) -> NotTaken:
        wait = self.retries.failed(asked_to_wait(error, self._exporter))
        return NotTaken(error, wait, undecided=self._witness is None)


def _id(span: "ReadableSpan") -> int:
    context = span.context
    return context.span_id if context else 0
