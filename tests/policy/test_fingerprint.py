"""Fingerprints of transforms: what changes them, what does not, and what is told of a change."""

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from privacylib.policy.fingerprint import changed, fingerprint

COUNT = '''
LEAST = 20
WORDS = {"b": (1, 2), "a": None}

def helper(rows):
    return len(rows)

def count(rows, at=3):
    """Count."""
    many = [row for row in rows if row > 5]  # a comment
    return helper(many) >= LEAST and WORDS and at
'''


def loaded(text: str, folder: Path, name: str = "count") -> Any:
    """Return a function of a module with this text; every text has a file of its own."""
    path = folder / f"m{len(list(folder.iterdir()))}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("pkg_of_tests", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("row > 5", "row >= 5", "its code changed"),
        ("row > 5", "row > 6", "its constants changed"),
        ("LEAST = 20", "LEAST = 2", "its closure changed"),
        ("(1, 2)", "(1, 3)", "its closure changed"),
        ("at=3", "at=4", "its constants and its closure changed"),
        ("return len(rows)", "return len(rows) + 1", "its closure changed"),
        ("rows, at=3", "rows, *more, at=3", "its code and its closure changed"),
    ],
)
def test_a_change_is_told_by_its_place(old: str, new: str, what: str, tmp_path: Path) -> None:
    before = fingerprint(loaded(COUNT, tmp_path))
    after = fingerprint(loaded(COUNT.replace(old, new), tmp_path))
    assert changed(before, after) == what
    assert changed(before[: len("sha256:") + 8], after) == "it changed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # a comment", ""),
        ('    """Count."""\n', ""),
        ("for row in rows if", "for row in (rows) if"),
        ("\ndef count", "\n\n\n\ndef count"),
        ('{"b": (1, 2), "a": None}', '{"a": None, "b": (1, 2)}'),
        ("    many = [row for row in rows if row > 5]", "    many = [\n        row for row in rows if row > 5\n    ]"),
    ],
)
def test_what_changes_nothing_is_no_change(old: str, new: str, tmp_path: Path) -> None:
    before = fingerprint(loaded(COUNT, tmp_path))
    after = fingerprint(loaded(COUNT.replace(old, new), tmp_path))
    assert before == after
    assert changed(before, after) is None
    assert changed(before[: len("sha256:") + 8], after) is None


def adder(by: object) -> Callable[[Any], Any]:
    return lambda value: (value, by)


def test_variables_around_and_arguments_of_partials_belong_to_it() -> None:
    assert fingerprint(adder(1)) == fingerprint(adder(1))
    assert changed(fingerprint(adder(1)), fingerprint(adder(2))) == "its closure changed"
    assert changed(fingerprint(adder([1])), fingerprint(adder([2]))) == "its closure changed"
    half = functools.partial(adder, 1)
    assert changed(fingerprint(half), fingerprint(functools.partial(adder, 2))) == "its closure changed"


def test_a_global_that_is_changed_while_the_program_runs_is_a_change(tmp_path: Path) -> None:
    count = loaded(COUNT, tmp_path)
    before = fingerprint(count)
    count.__globals__["LEAST"] = 1
    assert changed(before, fingerprint(count)) == "its closure changed"


class Counter:
    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, rows: list[int]) -> bool:
        return len(rows) > self.least

    def method(self) -> int:
        return self.least


def test_objects_that_are_called_methods_and_classes_have_one(tmp_path: Path) -> None:
    assert fingerprint(Counter(1)) == fingerprint(Counter(1)) != fingerprint(Counter(2))
    assert fingerprint(Counter(1).method) == fingerprint(Counter.method)
    text = "class count:\n    def f(self):\n        return 1\n"
    other = loaded(text.replace("1", "2"), tmp_path)
    assert changed(fingerprint(loaded(text, tmp_path)), fingerprint(other)) == "its constants changed"
    assert fingerprint(len) == fingerprint(len) != fingerprint(sum)


def test_functions_that_call_each_other_end(tmp_path: Path) -> None:
    text = "def count(n):\n    return other(n)\n\ndef other(n):\n    return n and count(n - 1)\n"
    assert fingerprint(loaded(text, tmp_path)) == fingerprint(loaded(text, tmp_path))
    assert fingerprint(loaded(text, tmp_path)) != fingerprint(loaded(text.replace("n - 1", "n - 2"), tmp_path))


def test_without_source_the_compiled_code_counts() -> None:
    space: dict[str, Any] = {}
    for at, text in enumerate(("value > 1", "value > 2", "value < 1")):
        exec(f"def f{at}(value):\n    return {text}", space)  # noqa: S102 - a function without source
        space[f"f{at}"].__name__ = "f"
    assert fingerprint(space["f0"]) == fingerprint(space["f0"])
    assert changed(fingerprint(space["f0"]), fingerprint(space["f1"])) == "its constants changed"
    assert changed(fingerprint(space["f0"]), fingerprint(space["f2"])) == "its code changed"


def test_another_process_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / "stable.py").write_text(COUNT)
    program = "import stable; from privacylib.policy.fingerprint import fingerprint; print(fingerprint(stable.count))"
    found = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(found) == 1
