"""Ask for column edges: this library, and the peers beside it."""

from attrs import frozen

from privacylib.sql import Schema, lineage
from tests.sql.corpus import Case, Edge

__all__ = ["Found", "ours"]


@frozen
class Found:
    """What a tool says of a case."""

    edges: frozenset[Edge] = frozenset()
    complete: bool = True
    opaque: bool = False
    columns: tuple[str, ...] = ()


def ours(case: Case) -> Found:
    """Ask this library."""
    tables = {name: tuple(columns) for name, columns in (case.schema or {}).items()}
    found = lineage(case.sql, case.dialect, Schema(tables, case.views))
    edges = {
        Edge((edge.source.table, edge.source.name), (edge.sink.table, edge.sink.name), edge.kind.value, edge.masked)
        for statement in found.statements
        for edge in statement.edges
    }
    opaque = any(statement.opaque for statement in found.statements)
    columns = found.statements[-1].columns if found.statements else ()
    return Found(frozenset(edges), found.complete, opaque, columns)
