"""What the documentation shows is what happens: every block of every page runs, in order, in an empty directory.

Comments right above a block say how: ``<!-- not run: reason -->``, ``<!-- output -->`` (a text block that the block
before it prints, ``...`` standing for anything), ``<!-- file: name -->`` (written, not run), ``<!-- exit: 1 -->``.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import Block, blocks
from tests.docs.runner import ROOT, Page

pytestmark = pytest.mark.any_python

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    running = Page(tmp_path)
    yield running
    running.close()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_page_tells_the_truth(page: Page, path: Path) -> None:
    for block in blocks(path):
        page.take(block, f"{path.relative_to(ROOT)}:{block.line}")


TRUTHS = [
    Block("python", "x = 1", 3),
    Block("python", "print(x + 1)", 7),
    Block("text", "2", 11, {"output": ""}),
    Block("text", "anything", 15),
    Block("csv", "a,b\n", 19, {"file": "people.csv"}),
    Block("console", "$ cat people.csv\na,...\n$ echo done", 23),
    Block("text", "a,b\ndone", 27, {"output": ""}),
    Block("bash", "cd /\nfalse", 31, {"exit": "1"}),
    Block("console", "$ no-such-command", 35, {"not run": "nobody has it"}),
]
LIES = [
    Block("python", "print(y)", 3),
    Block("console", "$ false", 3),
    Block("console", "$ echo one\ntwo", 3),
    Block("bash", "false\ntrue", 3),
    Block("text", "never printed", 3, {"output": ""}),
    Block("console", "$ true", 3, {"exit": "1"}),
]


def test_a_page_holds_together(page: Page) -> None:
    for block in TRUTHS:
        page.take(block, f"page:{block.line}")


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: f"{lie.language}-{lie.text.split()[0]}-{len(lie.text)}")
def test_a_page_that_lies_fails(page: Page, lie: Block) -> None:
    with pytest.raises(AssertionError, match="page:3"):
        page.take(lie, "page:3")
