"""Hold column edges of a whole workload against execution: `python -m tests.sql.workload DIRECTORY [SEEDS] [DIALECT]`.

The directory has one query per `.sql` file, and `schema.json` with the types of columns by table. Queries of benchmarks
are not part of this repository: their texts are generated, or come with another project.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.sql.corpus import Case, Schema
from tests.sql.execution import Database, Truth, truth
from tests.sql.tools import Found, ours

TYPES = {"bigint": "int", "integer": "int", "string": "text", "varchar": "text"}


def schema_in(folder: Path) -> Schema:
    """Read the schema; dates that are stored as text are dates here, so that what is made up can be cast."""
    stored: dict[str, dict[str, str]] = json.loads((folder / "schema.json").read_text())
    return {name: {column: _kind(column, kind) for column, kind in of.items()} for name, of in stored.items()}


def _kind(column: str, kind: str) -> str:
    return "date" if column.endswith("date") and kind in ("string", "varchar", "text") else TYPES.get(kind, kind)


def likely(tree: Any) -> dict[str, list[str]]:
    """Return the literals that stand beside a column in a condition, by the column's name."""
    from sqlglot import exp

    found: dict[str, list[str]] = {}
    for condition in tree.find_all(exp.Predicate):
        literals = [literal.name.strip("%") for literal in condition.find_all(exp.Literal)]
        for column in condition.find_all(exp.Column):
            found.setdefault(column.name, []).extend(literals)
    return found


def seen_of(case: Case, found: Found, seeds: int) -> Truth | None:
    """Run a query over several made-up databases; nothing where it cannot be run."""
    import duckdb
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(case.sql, dialect=case.dialect)
    text = _as_named(tree, found.columns)
    used = _named(case.schema or {}, {part.name.lower() for part in tree.find_all(exp.Identifier)})
    together = Truth()
    for seed in range(seeds):
        database = Database(used, text, {}, seed, likely(tree))
        try:
            one = truth(database, text, found.edges, used, (), times=1)
        except (duckdb.Error, ValueError):
            continue
        finally:
            database.close()
        together.changes += one.changes
        together.violations |= one.violations
        together.witnessed |= one.witnessed
    return together if together.changes else None


def _as_named(tree: Any, columns: tuple[str, ...]) -> str:
    """Return a query whose columns have the names that lineage gives them, those without one of their own too."""
    names = ", ".join(f'"{name}"' for name in columns)
    wrapped = len(set(columns)) == len(columns) == len(tree.selects) and "*" not in columns
    return f"SELECT * FROM ({tree.sql('duckdb')}) AS named_here({names})" if wrapped else tree.sql("duckdb")


def _named(schema: Schema, words: set[str]) -> Schema:
    """Leave out tables and columns that a query does not name; a table of which it names none keeps its first."""
    tables = {name: of for name, of in schema.items() if name.lower() in words}
    return {
        name: {column: kind for column, kind in of.items() if column.lower() in words} or dict([*of.items()][:1])
        for name, of in tables.items()
    }


def main() -> None:
    """Print what every query of the directory shows, and the sums."""
    folder = Path(sys.argv[1])
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    dialect = sys.argv[3] if len(sys.argv) > 3 else ""
    schema = schema_in(folder)
    sums: Counter[str] = Counter()
    for file in sorted(folder.glob("*.sql")):
        case = Case(folder.name, file.stem, dialect, schema, sql=file.read_text().strip().rstrip(";"))
        found = ours(case)
        seen = None if found.opaque else seen_of(case, found, seeds)
        sys.stdout.flush()
        sums.update(queries=1, parsed=not found.opaque, complete=found.complete, run=seen is not None)
        if seen is None:
            sys.stdout.write(f"{file.stem}: {'opaque' if found.opaque else 'not run'}\n")
            continue
        claimed = {(edge.source, edge.sink) for edge in found.edges}
        sums.update(changes=seen.changes, violations=len(seen.violations), edges=len(claimed))
        sums.update(witnessed=len(claimed & seen.witnessed), with_violations=bool(seen.violations))
        sums.update(with_output=bool(seen.witnessed))
        for source, sink in sorted(seen.violations):
            sys.stdout.write(f"{file.stem}: {'.'.join(source)} changes {sink[1]}\n")
    sys.stdout.write("".join(f"{name}: {number}\n" for name, number in sums.items()))


if __name__ == "__main__":
    main()
