"""Ask the peers for their column edges, each with what it can be told: the dialect, the schema, the whole statement.

They know direct edges only, and no kinds: an answer is a set of (source, sink). What a peer raises is an empty answer.
"""

import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from tests.sql.corpus import Case

__all__ = ["PEERS", "Pair", "pairs"]

Pair = tuple[str, str]
"""A dotted source and a dotted sink, in small letters, without what only one tool writes."""

RESULT = "result_of_query"
QUERIES = ("select", "with", "from", "(", "values", "pivot", "unpivot")


def _library(name: str) -> Any:
    """Import what has no types, and is there only where the extra `bench` is."""
    return import_module(name)


def plain(*parts: str) -> str:
    """Join the parts of a name as every tool would write it."""
    dotted = ".".join(part for part in parts if part)
    return dotted.lower().replace('"', "").replace("`", "").removeprefix("file:").removeprefix("<default>.")


def pairs(case: Case, direct: bool = True) -> frozenset[Pair]:
    """Return the direct (or the indirect) edges that a case expects."""
    return frozenset((plain(*edge.source), plain(*edge.sink)) for edge in case.edges if edge.direct is direct)


def sqllineage(case: Case) -> frozenset[Pair]:
    """Give it the schema; a bare query is put into an INSERT or a CREATE, for it tells of what is written only."""
    provider = _library("sqllineage.core.metadata.dummy").DummyMetaDataProvider
    runner = _library("sqllineage.runner").LineageRunner
    known = {name if "." in name else f"<default>.{name}": list(of) for name, of in (case.schema or {}).items()}
    dialect = {"": "ansi", "spark": "sparksql", "presto": "trino"}.get(case.dialect, case.dialect)
    for text in _wrapped(case.sql):
        asked = runner(text, dialect=dialect, metadata_provider=provider(known), silent_mode=True)
        if paths := _tried(asked.get_column_lineage):
            return frozenset((plain(str(path[0])), _unwrapped(plain(str(path[-1])))) for path in paths)
    return frozenset()


def _wrapped(text: str) -> tuple[str, ...]:
    if not text.lower().startswith(QUERIES):
        return (text,)
    return f"INSERT INTO {RESULT} {text}", f"CREATE TABLE {RESULT} AS {text}", text


def _unwrapped(name: str) -> str:
    return name.removeprefix(f"{RESULT}.")


def _tried(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Exception:  # noqa: BLE001 - a peer that fails has no answer
        return ()


def openlineage(case: Case) -> frozenset[Pair]:
    """Give it the dialect; it takes no schema. What it names no table for is a column of the one that is written."""
    parse = _library("openlineage_sql").parse
    dialect = {"": "ansi", "spark": "hive", "presto": "hive", "trino": "hive", "tsql": "mssql"}
    found = parse([case.sql], dialect=dialect.get(case.dialect, case.dialect))
    written = found.out_tables[0].qualified_name if found and len(found.out_tables) == 1 else ""
    return frozenset(
        (
            plain(source.origin.qualified_name if source.origin else "", source.name),
            plain(written, edge.descendant.name),
        )
        for edge in (found.column_lineage if found else ())
        for source in edge.lineage
    )


def sqlglot(case: Case) -> frozenset[Pair]:
    """Ask for every column of each query, and name the columns that an INSERT or a CREATE puts them into."""
    trees = [tree for tree in _library("sqlglot").parse(case.sql, dialect=case.dialect) if tree]
    return frozenset(pair for tree in trees for pair in _of_tree(tree, case))


def _of_tree(tree: Any, case: Case) -> Iterator[Pair]:
    exp = _library("sqlglot.expressions")
    query = tree if isinstance(tree, exp.Query) else tree.args.get("expression")
    if not isinstance(query, exp.Query):
        return
    nodes = _library("sqlglot.lineage").lineage(None, query, schema=_nested(case), dialect=case.dialect)
    table, names = _target(tree, case)
    for place, (name, node) in enumerate(nodes.items()):
        sink = plain(table, names[place] if place < len(names) else name)
        for leaf in node.walk():
            if isinstance(leaf.source, exp.Table):
                source = ".".join(part.name for part in leaf.source.parts)
                yield plain(source, leaf.name.rsplit(".", 1)[-1]), sink


def _nested(case: Case) -> dict[str, Any]:
    """Write a dotted schema as the tree that it takes."""
    tree: dict[str, Any] = {}
    for name, columns in (case.schema or {}).items():
        *above, last = name.split(".")
        place = tree
        for part in above:
            place = place.setdefault(part, {})
        place[last] = columns
    return tree


def _target(tree: Any, case: Case) -> tuple[str, list[str]]:
    """Return the table that a statement writes, and the columns in the order in which it fills them."""
    exp = _library("sqlglot.expressions")
    target = tree.this if isinstance(tree, (exp.Insert, exp.Create)) else None
    if target is None:
        return "", []
    table = target.this if isinstance(target, exp.Schema) else target
    name = ".".join(part.name for part in table.parts)
    listed = [column.name for column in target.expressions] if isinstance(target, exp.Schema) else []
    stored = list((case.schema or {}).get(name, ())) if isinstance(tree, exp.Insert) else []
    return name, listed or stored


PEERS: dict[str, Callable[[Case], frozenset[Pair]]] = {
    "sqllineage": sqllineage,
    "openlineage-sql": openlineage,
    "sqlglot": sqlglot,
}
for noisy in ("sqlglot", "sqllineage", "sqlfluff"):
    logging.getLogger(noisy).setLevel(logging.CRITICAL)
