"""Work that goes on where no scope holds it together, and what it read that is behind nothing else."""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import asdict, define, field

from privacylib.doctor.processes import Seen
from privacylib.model import Kind
from privacylib.policy.annotations import Annotation

__all__ = ["Worker", "workers"]


@define
class Worker:
    """Count work that goes on where no scope holds it together.

    Args:
        service: Who does it.
        site: Call site of the operations; it names the worker.
        operation: What they do, where the call site is not known, as of libraries that are instrumented.
        outlived: Operations under a scope that had been left.
        orphaned: Operations outside any scope, in a task or thread of their own.
        pids: In which processes.
        alone: Labelled assets that it read outside any scope: no request is said to depend on them.
    """

    service: str
    site: str
    operation: str = ""
    outlived: int = 0
    orphaned: int = 0
    pids: set[int] = field(factory=set[int])
    alone: set[str] = field(factory=set[str])

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return asdict(self) | {"pids": sorted(self.pids), "alone": sorted(self.alone)}


def workers(found: Iterable[Seen], annotation: Callable[[str], Annotation] | None) -> list[Worker]:
    """Return who works so, the most frequent first.

    Args:
        found: Producers with what they counted.
        annotation: What a policy says of an asset; the reads of one that is resident are in sight of all.
    """
    rows: dict[tuple[str, str, str], Worker] = {}
    for producer, counts in found:
        flows, pid = producer.flows, producer.meta.get("pid")
        for number, tally in counts.flows.items():
            if number in flows and (tally.outlived or tally.orphaned):
                flow = flows[number]
                key = producer.service, flow.site, "" if flow.site else f"{flow.kind.name} {flow.asset.uri}"
                row = rows.setdefault(key, Worker(*key))
                row.outlived += tally.outlived
                row.orphaned += tally.orphaned
                row.pids |= {pid} if isinstance(pid, int) else set()
                resident = annotation is not None and annotation(flow.asset.uri).resident
                if tally.orphaned and flow.kind is Kind.READ and flow.labels and not resident:
                    row.alone.add(flow.asset.uri)
    return sorted(rows.values(), key=lambda row: (-row.outlived - row.orphaned, row.service, row.site, row.operation))
