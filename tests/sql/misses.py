"""Rewrite `misses.txt`: what is right now goes, what is wrong now comes. Run as `python -m tests.sql.misses`."""

from pathlib import Path

from tests.sql.test_corpus import CASES, MISSES, wrong

FILE = Path(__file__).parent / "misses.txt"


def reason(difference: str) -> str:
    """Return the kinds of edges that differ, as `missing FILTER, more JOIN`."""
    lines = difference.splitlines()
    kinds = {f"{line.split()[0]} {line.rsplit(' : ', 1)[1]}" for line in lines if " -> " in line}
    return ", ".join(sorted(kinds)) or lines[-1]


def main() -> None:
    """Keep the reasons that stand in the file."""
    head = [line for line in FILE.read_text().splitlines() if line.startswith("#")]
    found = {case.id: difference for case in CASES if (difference := wrong(case))}
    lines = [f"{name} | {MISSES.get(name) or reason(difference)}" for name, difference in sorted(found.items())]
    FILE.write_text("\n".join([*head, *lines]) + "\n")


if __name__ == "__main__":
    main()
