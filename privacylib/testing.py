"""See what code reads, writes and calls, in tests of your own: ``with privacylib.testing.capture() as seen:``."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from privacylib._bootstrap.wiring import around, snapshot_of
from privacylib.config import Settings, mode_named
from privacylib.context import PROCESS, get_frame, set_frame
from privacylib.graph import Graph
from privacylib.instrumentation import hops
from privacylib.model import Decision, Flag, Flow, Record, Verdict
from privacylib.model.policy import Policy
from privacylib.recorder import MemoryStore, Producer, Recorder
from privacylib.runtime import ACTIVE

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["Capture", "Captured", "capture"]

AnyPolicy = Policy | str | Path | Mapping[str, Any] | None


@frozen
class Captured:
    """Describe one operation that was seen.

    Args:
        kind: ``READ``, ``WRITE``, ``CALL``, ``SERVE`` or ``OPAQUE``.
        asset: URI of the asset.
        fields: The fields touched; empty for all.
        sources: URIs of what a write depends on, sorted.
        evidence: How each source is known (``context``, ``declared``, …), by its URI.
        labels: Labels of what is read, or held when writing.
        purposes: Purposes around it, outermost first.
        unknown: Why nothing is known about the data, or None.
        decision: The decision, with requirement, reason and remedy.
        failed: Whether it raised.
        outlived: Whether its scope had been left.
        messages: Number of messages of a stream, 1 otherwise.
        site: Where in the code, as ``module:qualname``.
        span: Its span id.
        parent: Span id of what stands around it, or 0.
        key: Correlation key, 32 hex digits.
        trace: Trace id; the key, or that of the host's own span.
        links: Reads behind it, as (correlation key, span id).
    """

    kind: str
    asset: str
    fields: tuple[str, ...]
    sources: tuple[str, ...]
    evidence: Mapping[str, str]
    labels: frozenset[str]
    purposes: tuple[str, ...]
    unknown: str | None
    decision: Decision
    failed: bool
    outlived: bool
    messages: int
    site: str
    span: int
    parent: int
    key: str
    trace: str
    links: tuple[tuple[str, int], ...]

    @property
    def denied(self) -> bool:
        """Return whether it was stopped before the I/O."""
        return self.decision.verdict is Verdict.DENY

    def __str__(self) -> str:
        return f"{self.kind} {self.asset} at {self.site or '?'}: {self.decision}"


class Capture:
    """What was seen so far; readable while the code runs, and after the block.

    Args:
        producer: Where it was recorded.
    """

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    @property
    def records(self) -> list[Captured]:
        """Return the operations, in the order in which they ended."""
        records = list(self._producer.records())
        flows = self._producer.flows
        return [_captured(record, flows[record.flow]) for record in records]

    def of(self, kind: str | None = None, asset: str | None = None) -> list[Captured]:
        """Return the operations of a kind, on an asset, or both.

        Args:
            kind: ``READ``, ``WRITE``, ``CALL``, ``SERVE`` or ``OPAQUE``; None for any.
            asset: URI of an asset; None for any.
        """
        return [each for each in self.records if kind in (None, each.kind) and asset in (None, each.asset)]

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Return the edges as ``privacylib graph edges --json`` prints them."""
        rows = [edge.members() for edge in Graph([self._producer]).edges()]
        return json.loads(json.dumps(rows))

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Return source and sink of each edge."""
        return {(edge.source, edge.sink) for edge in Graph([self._producer]).edges()}

    @property
    def denied(self) -> list[Captured]:
        """Return what was stopped before the I/O."""
        return [each for each in self.records if each.denied]

    @property
    def violations(self) -> list[Captured]:
        """Return what broke a rule, whether it was stopped or not."""
        return [each for each in self.records if not each.decision.allowed]

    @property
    def spans(self) -> "list[ReadableSpan]":
        """Return the spans that an exporter would get."""
        from privacylib.exporters.spans import Spans

        spans = Spans(self._producer)
        entries, _ = self._producer.entries()
        return [span for entry in entries if (span := spans.of(entry))]

    def assert_no_violations(self) -> None:
        """Fail the test for operations that broke a rule, naming each with the remedy.

        Raises:
            AssertionError: There are some.
        """
        found = {str(each): each.decision.remedy for each in self.violations}
        if found:
            told = "\n".join(f"{what}\nremedy:\n{remedy}" for what, remedy in found.items())
            raise AssertionError(f"{len(found)} kinds of violation:\n{told}")


@contextmanager
def capture(
    policy: AnyPolicy = None, mode: str = "observe", service: str = "test", region: str | None = None
) -> Generator[Capture, None, None]:
    """Record into memory what is done inside, as in a process of its own, and then put everything back.

    >>> with capture(policy="policy.yaml", mode="enforce") as seen:
    ...     answer(request)
    >>> assert seen.pairs == {("postgres://db/app.public.users", "file:///var/log/interactions.jsonl")}
    >>> seen.assert_no_violations()

    Nothing is written or sent. Captures may stand in each other: the innermost sees what is done in it.
    ``PRIVACYLIB_*`` variables and an earlier `init` play no part inside.

    Args:
        policy: A policy file, its text, the same as a dictionary, or a `Policy`; left out: an empty one.
        mode: The strictest that requirements may be: ``observe``, ``simulate`` or ``enforce``.
        service: Name of the service.
        region: Where the service runs.

    Yields:
        What was seen.

    Raises:
        PolicyFileError: The policy cannot be accepted.
        PrivacyError: The mode is none of the three.
    """
    store = MemoryStore()
    asked = Settings(service, None, Path(), mode_named(mode, "capture(mode=)"), frozenset(), region)
    snapshot = snapshot_of(asked, _policy(policy), Recorder(store, service))
    hops.install()
    before, frame = ACTIVE.snapshot, get_frame()
    process = PROCESS.frame, PROCESS.unit, PROCESS.main, PROCESS.scoped
    PROCESS.restart()
    set_frame(None)
    ACTIVE.snapshot, PROCESS.frame.zone = snapshot, around(snapshot, PROCESS.frame.zone)
    try:
        yield Capture(Producer(store))
    finally:
        ACTIVE.snapshot = before
        PROCESS.frame, PROCESS.unit, PROCESS.main, PROCESS.scoped = process
        set_frame(frame)


def _policy(given: AnyPolicy) -> Policy:
    if given is None:
        return Policy()
    if isinstance(given, Policy):
        return given
    from privacylib.policy.loading import load, parse

    if isinstance(given, Mapping):
        import yaml

        return parse(yaml.safe_dump({"version": 1, **given}, sort_keys=False), "policy")
    if isinstance(given, str) and ("\n" in given or ": " in given):
        return parse(given, "policy")
    return load(given)


def _captured(record: Record, flow: Flow) -> Captured:
    return Captured(
        kind=flow.kind.name,
        asset=flow.asset.uri,
        fields=flow.fields,
        sources=tuple(sorted({source.uri for source in flow.sources})),
        evidence={source.uri: source.evidence.value for source in flow.sources},
        labels=flow.labels,
        purposes=flow.purposes,
        unknown=flow.unknown,
        decision=flow.decision,
        failed=bool(record.flags & Flag.FAILED),
        outlived=bool(record.flags & Flag.OUTLIVED),
        messages=record.messages,
        site=flow.site,
        span=record.span,
        parent=record.parent,
        key=record.key,
        trace=record.trace,
        links=record.links,
    )
