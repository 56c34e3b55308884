"""Measure, print the table and write it as JSON."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.model import Line, Size
from tests.benchmarks.rows import rows
from tests.benchmarks.table import HEAD, shown, write_json


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the rows that are named, or all."""
    known = {row.name: row for row in rows()}
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Time privacylib beside its peers, in turns; ratios of one run are what counts.",
        epilog=f"rows: {', '.join(known)}",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows; all of them where none is named")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, with each round")
    parser.add_argument("--quick", action="store_true", help="only show that everything runs")
    parser.add_argument("--rounds", type=int, default=21, help="turns of each side (21)")
    parser.add_argument("--operations", type=int, default=200_000, help="for the row memory (200,000)")
    parser.add_argument("--assets", type=int, default=20_000, help="distinct ones, for the row memory (20,000)")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(known):
        parser.error(f"no row is called {', '.join(sorted(unknown))}")
    size = Size(asked.quick, 2 if asked.quick else asked.rounds, asked.operations, asked.assets)
    found: list[Line] = []
    failed: list[str] = []
    sys.stdout.write(HEAD + "\n")
    for name in asked.names or known:
        try:
            lines = known[name].lines(size)
        except Exception as error:  # noqa: BLE001 - the other rows are worth having
            failed.append(name)
            sys.stderr.write(f"{name} failed: {error}\n")
            continue
        found += lines
        sys.stdout.writelines(f"{shown(line)}\n" for line in lines)
        sys.stdout.flush()
    if asked.json is not None:
        write_json(found, asked.json)
    if failed:
        sys.exit(f"rows that failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
