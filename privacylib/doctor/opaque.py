"""Statements of SQL that could not be read, and procedures, in which anything may happen: by what they name."""

from collections.abc import Iterable
from typing import Any

from attrs import asdict, define, field

from privacylib.doctor.processes import Seen
from privacylib.model import Flow, Kind

__all__ = ["Opaque", "opaque"]

_DIALECTS = frozenset({"duckdb", "mysql", "postgres", "sqlite"})
"""Namespaces of databases that take SQL; what else is opaque, such as a script of Redis, is none."""


@define
class Opaque:
    """Count statements that could not be read and name one table or procedure.

    Args:
        dialect: The dialect they are written in.
        asset: What they name; its last part is ``{…}`` where no table is known.
        why: Why they could not be read.
        site: Who ran them, as ``module:qualname``.
        count: How many there were.
        services: Who ran them.
    """

    dialect: str
    asset: str
    why: str = ""
    site: str = ""
    count: int = 0
    services: set[str] = field(factory=set[str])

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return asdict(self) | {"services": sorted(self.services)}


def opaque(found: Iterable[Seen]) -> list[Opaque]:
    """Return them, the most frequent first."""
    rows: dict[tuple[str, ...], Opaque] = {}
    for producer, counts in found:
        flows = producer.flows
        for number, tally in counts.flows.items():
            flow = flows.get(number)
            if flow is not None and flow.kind is Kind.OPAQUE and _dialect(flow) in _DIALECTS:
                key = _dialect(flow), flow.asset.uri, flow.why, flow.site
                row = rows.setdefault(key, Opaque(*key))
                row.count += tally.count
                row.services.add(producer.service)
    return sorted(rows.values(), key=lambda row: (-row.count, row.dialect, row.asset, row.why, row.site))


def _dialect(flow: Flow) -> str:
    return flow.asset.namespace.partition("://")[0]
