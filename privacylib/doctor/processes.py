"""The processes that filled a spool, and how each of them fared."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from privacylib.graph import moment
from privacylib.recorder import (
    NOTE_OF_EXPORTER,
    Producer,
    Tallies,
    acknowledged,
    is_heir,
    quarantined,
)

__all__ = ["Process", "Seen", "examined"]


@frozen
class Process:
    """Describe one process, or those of a service that were folded into one.

    Args:
        id: Id of the producer.
        spool: Directory of its spool.
        service: Name of the service.
        state: ``living``, ``closed``, ``crashed`` (its process is gone and did not close), or ``folded``.
        pid: Its process id; None for those that were folded.
        format: Version of the spool format.
        started: When it began, ISO 8601 in UTC.
        closed: When it closed, or None.
        first_seen: Start of the earliest operation, or None.
        last_seen: Start of the latest.
        flows: Number of flows that it defined.
        records: Number of operations that it recorded.
        outlived: How many of them happened under a scope that had been left.
        orphaned: How many happened outside any scope, in a task or thread of their own.
        undefined: How many belong to a flow whose definition cannot be read.
        exporters: Number of exporters that take its records.
        segments: Number of its segments.
        not_exported: How many of those an exporter is still to take; all of them where there is no exporter.
        quarantined: Records that an exporter takes in no company.
        damaged: Slots and definitions that cannot be read, and the description of its process where that cannot.
        undescribed: Why it has no service: ``meta.json`` is ``damaged`` or ``missing``; else empty.
        refused: Calls that were refused, by cause.
        errors: Errors that privacylib swallowed, by where and type.
        gaps: I/O that no operation explains, by event and call site.
        about: What it runs on and what it sees: ``python``, ``privacylib``, ``form``, ``mode``, ``covered``,
            ``uncovered`` and others.
    """

    id: str
    spool: str
    service: str
    state: str
    pid: int | None
    format: int | None
    started: str | None
    closed: str | None
    first_seen: str | None
    last_seen: str | None
    flows: int
    records: int
    outlived: int
    orphaned: int
    undefined: int
    exporters: int
    segments: int
    not_exported: int
    quarantined: int
    damaged: int
    undescribed: str
    refused: Mapping[str, int] = Factory(dict[str, int])
    errors: Mapping[str, int] = Factory(dict[str, int])
    gaps: Mapping[str, int] = Factory(dict[str, int])
    about: Mapping[str, Any] = Factory(dict[str, Any])


Seen = tuple[Producer, Tallies]
"""A producer with what it counted."""


def examined(producer: Producer, counts: Tallies, spool: Path) -> Process:
    """Return what is known of one producer.

    Args:
        producer: The producer.
        counts: What it counted.
        spool: Where it is.
    """
    meta, store, flows = producer.meta, producer.store, producer.flows
    tallies = counts.flows.values()
    state = _state(producer)
    exporters, numbers = len(store.notes(NOTE_OF_EXPORTER)), store.numbers()
    taken = [number for number in numbers if exporters and acknowledged(store, number, over=state != "living")]
    return Process(
        id=producer.id,
        spool=str(spool),
        service=producer.service,
        state=state,
        pid=meta.get("pid"),
        format=meta.get("format"),
        started=meta.get("started"),
        closed=meta.get("closed"),
        first_seen=moment(min((tally.first for tally in tallies), default=None)),
        last_seen=moment(max((tally.last for tally in tallies), default=None)),
        flows=len(flows),
        records=sum(tally.count for tally in tallies),
        outlived=sum(tally.outlived for tally in tallies),
        orphaned=sum(tally.orphaned for tally in tallies),
        undefined=sum(tally.count for number, tally in counts.flows.items() if number not in flows),
        exporters=exporters,
        segments=len(numbers),
        not_exported=len(numbers) - len(taken),
        quarantined=len(quarantined(store)),
        damaged=counts.corrupt + producer.corrupt + bool(producer.undescribed),
        undescribed=producer.undescribed,
        refused=dict(producer.refused),
        errors=dict(producer.errors),
        gaps=dict(producer.gaps),
        about=producer.about,
    )


def _state(producer: Producer) -> str:
    meta = producer.meta
    if is_heir(producer.store):
        return "folded"
    if meta.get("closed"):
        return "closed"
    with producer.store.orphaned() as gone:
        return "living" if not gone else "closed" if meta.get("ending") else "crashed"
