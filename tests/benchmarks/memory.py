"""Print how far the resident set grows over many operations, and over names without end.

Run: ``python tests/benchmarks/memory.py [operations]``, 1,000,000 where left out; the goals are 10,000,000 operations
and 1,000,000 distinct names, at most 64 MB above the bare process and flat after warm-up.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import privacylib
from privacylib.recorder import DirectoryStore

MB = 1 << 20
PORTIONS = 10


def resident() -> int:
    """Return the bytes of this process that are in memory, without the pages of files that it maps."""
    _, all_pages, shared, *_ = map(int, Path("/proc/self/statm").read_text().split())
    return (all_pages - shared) * os.sysconf("SC_PAGE_SIZE")


def grown(work: Callable[[int], None], count: int) -> dict[str, object]:
    """Do something `count` times and return how the resident set grew on the way, in MB."""
    before, began = resident(), perf_counter()
    curve: list[float] = []
    for portion in range(PORTIONS):
        for number in range(portion * count // PORTIONS, (portion + 1) * count // PORTIONS):
            work(number)
        curve.append(round((resident() - before) / MB, 1))
    return {"times": count, "us_each": round((perf_counter() - began) / count * 1e6, 2), "grown_mb": curve}


def same(number: int) -> None:
    """Read and write as one request does."""
    with privacylib.scope("request"):
        with privacylib.read("postgres://db/app.public.users"):
            pass
        with privacylib.write("file:///var/log/interactions.jsonl"):
            pass


def identified(number: int) -> None:
    """Write to a name with an id in it, which becomes a template."""
    with privacylib.scope("request"), privacylib.write(f"s3://photos/{number}/face.jpg"):
        pass


def distinct(number: int) -> None:
    """Write to a name that no rule can tell from an ordinary one."""
    letters = "".join(chr(97 + int(digit)) for digit in str(number))
    with privacylib.scope("request"), privacylib.write(f"s3://photos/album-{letters}"):
        pass


def main() -> None:
    """Print a line of JSON for each kind of work."""
    operations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    bare = resident()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as spool:
        privacylib.init(service="benchmark", spool=spool)
        for name, work, count in (
            ("the same flow", same, operations // 2),
            ("ids in names", identified, operations // 10),
            ("distinct names", distinct, operations // 10),
        ):
            print(json.dumps({"work": name, **grown(work, count)}))  # noqa: T201 - that is what it is for
        used, _ = DirectoryStore(Path(spool)).used()
        print(json.dumps({"above_bare_mb": round((resident() - bare) / MB, 1), "spool_mb": round(used / MB, 1)}))  # noqa: T201
        privacylib.shutdown()


if __name__ == "__main__":
    main()
