"""The reader of Markdown pages, and the runner on a page that lies."""

from pathlib import Path

import pytest

from tests.docs.notebook import Notebook
from tests.docs.pages import Command, agrees, blocks, commands, marks

PAGE = """# Title

```python
x = 1
```

1. In a list:
   <!-- output -->
   ```text
   1
     2
   ```

<!-- not run: it needs a printer -->

```console
$ lpr x
```
"""


def test_blocks_carry_language_line_and_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    first, second, third = blocks(page)
    assert (first.language, first.text, first.line, first.marks) == ("python", "x = 1\n", 3, {})
    assert (second.text, second.line, second.marks) == ("1\n  2\n", 9, {"output": ""})
    assert third.marks == {"not run": "it needs a printer"}


def test_a_block_is_left_out_for_a_reason_only() -> None:
    with pytest.raises(ValueError, match="not run"):
        marks("not run")
    assert marks("a note to the editor: keep short") == {}


def test_commands_keep_continuations_and_output() -> None:
    text = "$ cat \\\n> file\none\ntwo\n$ true\n"
    assert list(commands(text)) == [Command("cat \\\nfile", "one\ntwo"), Command("true", "")]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a ... z", "a b c z\n", True),
        ("first\n...\nlast", "first\nx\ny\nlast", True),
        ("a", "ab", False),
        ("a.c", "abc", False),
        ("trailing", "trailing   \n\n", True),
    ],
)
def test_dots_stand_for_anything(shown: str, printed: str, same: bool) -> None:
    assert agrees(shown, printed) is same


def test_blocks_share_a_namespace_and_show_what_they_raise(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path, {})
    assert notebook.run("import os, inspect\ndef f(): return 1\nos.system('echo elsewhere >&2')", "page:1").raised == ""
    assert notebook.run("print(inspect.getsource(f))", "page:5").printed.strip() == "def f(): return 1"
    assert 'File "page:7", line 1' in notebook.run("1 / 0", "page:7").raised
    assert notebook.close() == 0
