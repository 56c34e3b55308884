"""The assets that carry most flows and that nobody has annotated."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from attrs import asdict, define, field

from privacylib.doctor.processes import Seen
from privacylib.model import Flow, Kind
from privacylib.policy.annotations import Annotation
from privacylib.policy.remedies import annotate

__all__ = ["Unannotated", "fragment", "unannotated"]

_OF_OURS = re.compile(r"context:|[^/]*:/?/?[^/]*/?\{…\}$")
"""What stands for things that have no name of their own: carried labels, lost workers, whole namespaces."""


@define
class Unannotated:
    """Count what is done with an asset.

    Args:
        asset: Its URI.
        reads: How many operations read it.
        writes: How many wrote it, or sent something there.
        services: Who did.
        denied: Labels of what was refused there, or would be.
    """

    asset: str
    reads: int = 0
    writes: int = 0
    services: set[str] = field(factory=set[str])
    denied: set[str] = field(factory=set[str])

    @property
    def count(self) -> int:
        """Return how many operations touched it."""
        return self.reads + self.writes

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return asdict(self) | {"services": sorted(self.services), "denied": sorted(self.denied)}


def unannotated(
    found: Iterable[Seen], annotation: Callable[[str], Annotation] | None, most: int = 10
) -> list[Unannotated]:
    """Return the assets that nobody has annotated, those with most operations first.

    Args:
        found: Producers with what they counted.
        annotation: What a policy says of an asset; None without one: then those are taken that never showed a label.
        most: How many at most.
    """
    rows: dict[str, Unannotated] = {}
    labelled: set[str] = set()
    for producer, counts in found:
        flows = producer.flows
        for number, tally in counts.flows.items():
            flow = flows.get(number)
            if flow is None:
                continue
            uri = flow.asset.uri
            row = rows.setdefault(uri, Unannotated(uri))
            row.services.add(producer.service)
            if flow.kind is Kind.READ:
                row.reads += tally.count
            else:
                row.writes += tally.count
            if not flow.decision.allowed:
                row.denied |= flow.labels
            labelled |= _labelled(flow)
    chosen = (row for row in rows.values() if not _OF_OURS.match(row.asset))
    if annotation is None:
        chosen = (row for row in chosen if row.asset not in labelled)
    else:
        chosen = (row for row in chosen if annotation(row.asset).of(()) is None)
    return sorted(chosen, key=lambda row: (-row.count, row.asset))[:most]


def _labelled(flow: Flow) -> set[str]:
    """Return the assets that a flow shows to have labels: as a source, or as a sink of what was not lowered."""
    lowered = flow.kind is not Kind.READ and flow.decision.allowed and flow.terms is not None and flow.terms.lowered
    own = {flow.asset.uri} if flow.labels and not lowered else set[str]()
    return own | {source.asset.uri for source in flow.sources if source.labels}


def fragment(rows: Iterable[Unannotated]) -> str:
    """Return a policy fragment with an entry for each asset: with the labels seen there, else to be filled in."""
    lines: list[str] = []
    for row in rows:
        told = ", ".join(sorted(row.services))
        denied = f"; denied, or would be: {', '.join(sorted(row.denied))}" if row.denied else ""
        lines.append(f"  # {row.reads} reads, {row.writes} writes by {told}{denied}")
        lines.append(annotate(row.asset, row.denied).removeprefix("assets:\n").rstrip("\n"))
    return "\n".join(["assets:", *lines]) if lines else ""
