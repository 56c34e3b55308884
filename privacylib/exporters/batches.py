"""What comes next of one producer, as spans: of operations, of flows, or of both."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from privacylib.exporters.delivery import BATCH
from privacylib.exporters.detail import Detail
from privacylib.exporters.spans import Spans
from privacylib.model import Flag
from privacylib.recorder import Cursor, Entry, Producer, Tally, is_heir, sequence_of, tallies_before
from privacylib.runtime import faults

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["Batch", "Batches"]

_COUNTED = 16_384
"""Records that are counted at once where they get no spans of their own."""

_FAILED = int(Flag.FAILED)


@frozen
class Batch:
    """Hold what an exporter is to take at once.

    Args:
        spans: Its spans.
        behind: Where to go on once they are taken.
        last: Whether nothing was left behind it.
        totals: Operations so far of the flows in it, where flows become spans.
        unmade: Records of which no span could be made, as entries of the quarantine.
        named: Flows whose many sources were named, up to here.
    """

    spans: "list[ReadableSpan]"
    behind: Cursor
    last: bool
    totals: dict[int, Tally] = field(factory=dict[int, Tally])
    unmade: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    named: set[int] = field(factory=set[int])


class Batches:
    """Make batches of what one producer recorded.

    Args:
        producer: The producer.
        detail: What becomes a span.
    """

    def __init__(self, producer: Producer, detail: Detail) -> None:
        self._producer = producer
        self._detail = detail
        self._spans = Spans(producer)
        self._is_heir = is_heir(producer.store)
        self._totals: dict[int, Tally] | None = None
        self._named: set[int] = set()
        self._late: set[int] | None = None

    def after(self, cursor: Cursor, most: int = BATCH) -> Batch:
        """Return the batch that comes after a place; the same spans, or more, until it is `taken`.

        Args:
            cursor: The place.
            most: Records for which spans are made.
        """
        if self._is_heir:
            return self._of_heir(cursor)
        if self._late is None:
            self._late = {sequence_of(*place) for place in cursor.again}
        if cursor.untold and self._detail is Detail.EACH:
            return self._of_folded(cursor)
        limit = _COUNTED if self._detail is Detail.FLOWS else most
        entries, behind = self._producer.entries(cursor, limit)
        batch = Batch([], behind, len(entries) < limit, named=set(self._named))
        if self._detail is not Detail.FLOWS:
            self._add_each(batch, entries)
            self._add_late(batch, entries)
        if self._detail is not Detail.EACH:
            self._add_flows(batch, entries, cursor)
        return batch

    def taken(self, batch: Batch) -> None:
        """Count what a batch holds."""
        self._named |= batch.named
        if self._detail is not Detail.EACH:
            self._totals = {**(self._totals or {}), **batch.totals}

    def _of_heir(self, cursor: Cursor) -> Batch:
        """Return the totals of a producer into which others were folded, when there are more than at a place."""
        totals = tallies_before(self._producer, Cursor()).flows
        behind = Cursor(sum(tally.count for tally in totals.values()))
        return Batch([] if behind == cursor else self._counted(totals, behind), behind, last=True)

    def _of_folded(self, cursor: Cursor) -> Batch:
        """Return the totals of what was folded before the exporter came, and has no records any more."""
        totals = tallies_before(self._producer, Cursor()).flows
        return Batch(self._counted(totals, cursor), evolve(cursor, untold=False), last=False)

    def _add_each(self, batch: Batch, entries: Sequence[Entry]) -> None:
        made, make = batch.spans, self._spans.of
        for entry in entries:
            try:
                span = make(entry)
                if span is None:  # its definition is damaged
                    batch.unmade.append(_unmade(entry, "undefined-flow"))
                    continue
                made.append(span)
                if span.shape.more:
                    made.extend(self._spans.further_sources(entry[1][3], entry[0], batch.named))
            except Exception as error:  # noqa: BLE001 - it is this record's alone (fault 19)
                faults.swallowed("making a span", error)
                batch.unmade.append(_unmade(entry, type(error).__name__))

    def _add_late(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """Add the totals of flows of which a record was written late: before a count that an earlier run has told."""
        if not self._late or self._detail is not Detail.EACH:
            return
        flows = {operation[3] for sequence, operation, _ in entries if sequence in self._late}
        if flows:
            totals = tallies_before(self._producer, batch.behind).flows
            batch.spans.extend(self._counted({flow: totals[flow] for flow in flows & totals.keys()}, batch.behind))

    def _add_flows(self, batch: Batch, entries: Sequence[Entry], cursor: Cursor) -> None:
        """Add the totals of the flows in a batch; in the first one those of all flows."""
        before = self._totals
        if before is None:
            before = tallies_before(self._producer, cursor).flows
            batch.totals.update(before)
        totals = batch.totals
        for _, (_, flags, _, flow, start, _, _, _, key, _), _ in entries:
            total = totals.get(flow)
            if total is None:
                total = totals[flow] = Tally()
                total.add(before.get(flow, Tally()))
            total.note(start, key, flags & _FAILED)
        batch.spans.extend(self._counted(totals, batch.behind))

    def _counted(self, totals: dict[int, Tally], cursor: Cursor) -> "list[ReadableSpan]":
        sequence = sequence_of(cursor.segment, cursor.slot) - 1  # what stands there already is not counted
        return [span for flow, tally in totals.items() for span in self._spans.counted(flow, tally, sequence)]


def _unmade(entry: Entry, cause: str) -> dict[str, Any]:
    return {"sequence": entry[0], "flow": entry[1][3], "cause": cause}
