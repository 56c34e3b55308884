"""Read the fenced blocks of a Markdown page, with the comment that says how each one is tested."""

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

FENCE = re.compile(
    r"""
    (?:^[ ]*<!--[ ]*(?P<mark>[^>]*?)[ ]*-->[ ]*\n\s*)?  # a comment right above
    ^(?P<indent>[ ]*)```(?P<language>[\w-]*)[^\n]*\n
    (?P<text>.*?)
    ^[ ]*```[ ]*$
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
MARKS = {"not run", "output", "file", "exit"}


@frozen
class Block:
    """Hold one fenced block.

    Args:
        language: What stands behind the fence (``python``); empty for none.
        text: What is inside, without the indentation of the fence.
        line: Line of the opening fence, counted from 1.
        marks: The comment above: ``not run: <reason>``, ``output``, ``file: <name>``, ``exit: <status>``.
    """

    language: str
    text: str
    line: int
    marks: dict[str, str] = field(factory=dict[str, str])


@frozen
class Command:
    """Hold one command of a console block, with the output that the page shows below it."""

    text: str
    shown: str


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    text = page.read_text()
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        inside = re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE)
        yield Block(match["language"], inside, line, marks(match["mark"] or ""))


def marks(comment: str) -> dict[str, str]:
    """Return what a comment says about the block below it; a comment about other things says nothing."""
    key, _, value = (part.strip() for part in comment.partition(":"))
    if key not in MARKS:
        return {}
    if not value and key != "output":
        raise ValueError(f"'{key}' needs a value: <!-- {key}: ... -->")
    return {key: value}


def commands(text: str) -> Iterator[Command]:
    """Yield the ``$`` lines of a console block, continued where they end in a backslash, each with its output."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        match = re.match(r"(?:[^\n]*\\\n(?:> )?)*[^\n]*", part)
        line = match[0] if match else ""
        yield Command(re.sub(r"\\\n(?:> )?", "\\\n", line), part[len(line) :].strip("\n"))


def agrees(shown: str, printed: str) -> bool:
    """Return whether what a page shows is what was printed; ``...`` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in tidy(shown).split("..."))
    return re.fullmatch(pattern, tidy(printed), re.DOTALL) is not None


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
