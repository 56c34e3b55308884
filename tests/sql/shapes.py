"""Memory of a process that reads ever new statements: ``python -m tests.sql.shapes [STATEMENTS] [STEPS] [ROOM]``.

Every statement differs from every other in its tables, columns and form, not only in its literals. Each line has how
many were read, and the resident memory in KiB.
"""

import gc
import resource
import sys
from pathlib import Path
from typing import Any

from privacylib.memo import Memo
from privacylib.sql import engine, plans

__all__ = ["shape"]

_FORMS = (
    "SELECT a{n}, b FROM t{n} WHERE c{m} > {n}",
    "INSERT INTO s{n} SELECT x.a{n}, count(y.b) FROM t{m} AS x JOIN u{n} AS y ON x.id = y.id GROUP BY x.a{n}",
    "CREATE TABLE k{n} AS WITH w AS (SELECT a, b{m} FROM t{n}) SELECT lower(a) AS v{n} FROM w ORDER BY b{m}",
    "UPDATE t{n} SET a{m} = b{n} || 'text' WHERE id IN (SELECT id FROM u{m})",
    "this is no statement of t{n} but words{m}",
)


def shape(number: int) -> str:
    """Return a statement that no other number has the shape of."""
    return _FORMS[number % len(_FORMS)].format(n=number, m=number % 97)


def main() -> None:
    """Read statements, and say how much memory is resident."""
    given = [int(text) for text in sys.argv[1:]]
    statements, steps, room = (*given, *(100_000, 10, 0)[len(given) :])
    if room:
        for module, name in ((engine, "_seen"), (engine, "_shapes"), (plans, "_plans")):
            setattr(module, name, Memo[Any, Any](room))
    for number in range(1, statements + 1):
        plans.plan(shape(number), "postgres")
        if number % (statements // steps) == 0:
            gc.collect()
            sys.stdout.write(f"{number} {_resident()}\n")
            sys.stdout.flush()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


if __name__ == "__main__":
    main()
