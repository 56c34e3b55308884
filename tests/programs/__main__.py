"""The table of all programs: ``python -m tests.programs``, with the names of some or none for all."""

import importlib
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.programs.running import Program

HEADS = ("program", "true edges", "recall", "above context", "precision", "precision with context", "impossible")


def programs() -> list[Program]:
    """Return the programs of this folder."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    return [importlib.import_module(f"tests.programs.{name}").PROGRAM for name in names]


@contextmanager
def directory_for(name: str) -> Generator[Path]:
    """Make an empty directory of a name that is no template, as those are that `tempfile` draws."""
    directory = Path(tempfile.gettempdir(), "privacylib-programs", name.replace(" ", "-").lower())
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main(names: list[str]) -> None:
    """Run programs, each in a directory of its own, and print what was found of them."""
    rows: list[tuple[str, ...]] = [HEADS]
    for program in programs():
        if not names or program.name in names:
            with directory_for(program.name) as directory:
                rows.append(program.row(program.observed(directory)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())  # noqa: T201
    print(f"above context in all: {sum(int(row[3]) for row in rows[1:])}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
