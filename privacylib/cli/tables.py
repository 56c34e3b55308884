"""Tables for people: columns as wide as they need to be."""

from collections.abc import Iterable, Sequence

__all__ = ["table"]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows of text under a head, aligned.

    Args:
        head: Names of the columns.
        rows: As many cells each as the head has.
    """
    lines = [[*map(str.upper, head)], *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
