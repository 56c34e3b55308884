"""Fingerprints of transforms: what changes them, what does not, and what is told of a change."""

import functools
import importlib
import importlib.util
import linecache
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import privacylib
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
        ("LEAST = 20", "LEAST = 2", "its closure changed (LEAST)"),
        ("(1, 2)", "(1, 3)", "its closure changed (WORDS)"),
        ("at=3", "at=4", "its constants and its closure changed (__defaults__)"),
        ("return len(rows)", "return len(rows) + 1", "its closure changed (helper)"),
        ("LEAST = 20", "class LEAST:\n    least = 20", "its closure changed (LEAST)"),
        ("rows, at=3", "rows, *more, at=3", "its code and its closure changed (__defaults__)"),
    ],
)
def test_a_change_is_told_by_its_place(old: str, new: str, what: str, tmp_path: Path) -> None:
    before = fingerprint(loaded(COUNT, tmp_path))
    after = fingerprint(loaded(COUNT.replace(old, new), tmp_path))
    assert changed(before, after) == what
    assert changed(before[: len("sha256:") + 8], after) == "it changed"
    assert changed(before.split()[0], after) == what.partition(" (")[0]
    assert changed(before.split()[0], before) is None


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
    assert changed(fingerprint(adder(1)), fingerprint(adder(2))) == "its closure changed (by)"
    assert changed(fingerprint(adder([1])), fingerprint(adder([2]))) == "its closure changed (by)"
    half = functools.partial(adder, 1)
    assert changed(fingerprint(half), fingerprint(functools.partial(adder, 2))) == "its closure changed"


def test_a_global_that_is_changed_while_the_program_runs_is_a_change(tmp_path: Path) -> None:
    count = loaded(COUNT, tmp_path)
    before = fingerprint(count)
    count.__globals__["LEAST"] = 1
    assert changed(before, fingerprint(count)) == "its closure changed (LEAST)"


class Counter:
    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, rows: list[int]) -> bool:
        return len(rows) > self.least

    def method(self) -> int:
        return self.least


def test_objects_that_are_called_methods_and_classes_have_one(tmp_path: Path) -> None:
    assert fingerprint(Counter(1)) == fingerprint(Counter(1)) != fingerprint(Counter(2))
    assert fingerprint(Counter(1).method) == fingerprint(Counter(1).method) != fingerprint(Counter(2).method)
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


TAKEN = """
import dataclasses, datetime, decimal, enum, functools, re
from fractions import Fraction

LEAST = decimal.Decimal("50")
PART = Fraction(1, 2)
SINCE = datetime.date(2026, 1, 1)
WORD = re.compile("a+")
STEPS = range(3)

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass(frozen=True)
class Config:
    least: int

CONFIG = Config(7)

class Noise:
    __slots__ = ("scale",)
    def __init__(self, scale):
        self.scale = scale
    @property
    def wide(self):
        return self.scale * 8
    def made(self):
        return self.scale + 9

class Louder(Noise):
    pass

NOISE = Louder(11)

def kept(row, least):
    return row > least + 12

HALF = functools.partial(kept, least=13)

@functools.lru_cache
def cached(row):
    return row - 14

def count(rows):
    return LEAST, PART, SINCE, WORD, STEPS, Colour.RED, CONFIG, NOISE.made(), HALF, cached(1), CONFIG.least
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"50"', '"5"'), ("Fraction(1, 2)", "Fraction(1, 3)"), ("2026, 1, 1", "2026, 1, 2"), ('"a+"', '"a*"'),
        ("range(3)", "range(4)"), ("RED = 1", "RED = 2"), ("Config(7)", "Config(8)"), ("scale * 8", "scale * 9"),
        ("scale + 9", "scale + 8"), ("Louder(11)", "Louder(1)"), ("least + 12", "least"), ("least=13", "least=1"),
        ("row - 14", "row"),
    ],
)  # fmt: skip
def test_what_a_function_takes_from_its_module_is_seen_whatever_it_is(old: str, new: str, tmp_path: Path) -> None:
    before = fingerprint(loaded(TAKEN, tmp_path))
    assert before == fingerprint(loaded(TAKEN, tmp_path))
    assert old in TAKEN
    told = changed(before, fingerprint(loaded(TAKEN.replace(old, new), tmp_path)))
    assert re.fullmatch(r"its closure changed \(\w+\)", told or "")


WRAPPED = """
import functools

def noised(function):
    @functools.wraps(function)
    def wrapper(rows):
        return function(rows) + 5
    return wrapper

def plain(rows):
    return len(rows)

@noised
def count(rows):
    return len(rows)

def cheat(rows):
    return rows

functools.update_wrapper(cheat, plain)
"""


def test_a_wrapper_counts_with_what_it_wraps(tmp_path: Path) -> None:
    before = fingerprint(loaded(WRAPPED, tmp_path))
    assert before != fingerprint(loaded(WRAPPED.replace("+ 5", "+ 0"), tmp_path))
    assert fingerprint(loaded(WRAPPED, tmp_path, "cheat")) != fingerprint(loaded(WRAPPED, tmp_path, "plain"))


def test_a_wrapper_of_another_package_counts_by_its_name_and_ours_not_at_all(tmp_path: Path) -> None:
    plain = loaded(WRAPPED, tmp_path, "plain")
    assert fingerprint(privacylib.writes("file:///out/counts")(plain)) == fingerprint(plain)
    assert fingerprint(functools.update_wrapper(adder(1), plain)) != fingerprint(plain)
    assert fingerprint(functools.lru_cache(plain)) != fingerprint(plain)


def test_modules_of_its_package_and_methods_beside_it_are_followed(tmp_path: Path, monkeypatch: Any) -> None:
    package = tmp_path / "followed"
    package.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    found: list[str] = []
    for least, by in ((50, 1), (5, 1), (50, 2)):
        (package / "__init__.py").write_text("")
        (package / "settings.py").write_text(f"import os\nLEAST = {least}\ndef kept(row):\n    return row * {by}\n")
        (package / "jobs.py").write_text(
            "import os\nfrom followed import settings\n"
            "def count(rows):\n    return os.environ and settings.kept(rows) > settings.LEAST\n"
            f"class Job:\n    def run(self, rows):\n        return self.helper(rows)\n"
            f"    def helper(self, rows):\n        return rows + {by}\n"
        )
        for name in [name for name in sys.modules if name.startswith("followed")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        linecache.clearcache()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        jobs = importlib.import_module("followed.jobs")
        sys.dont_write_bytecode = before
        found += [fingerprint(jobs.count), fingerprint(jobs.Job.run)]
    assert len({found[0], found[2], found[4]}) == 3
    assert found[1] == found[3] != found[5]


def test_what_refers_to_itself_and_what_is_shared_ends() -> None:
    shared: list[Any] = [1]
    for _ in range(50):  # 2 ** 50 ways lead to the innermost
        shared = [shared, shared]
    loop: dict[str, Any] = {}
    loop["self"] = [loop]
    assert fingerprint(adder(shared)) == fingerprint(adder(shared))
    assert fingerprint(adder(loop)) == fingerprint(adder(loop))
    many = list(range(300_000))
    assert fingerprint(adder(many)) != fingerprint(adder([*many[:-1], 0]))


def test_what_is_within_a_thing_of_its_package_that_it_takes_is_told_by_the_name_there() -> None:
    text = "class Cfg:\n    least = 2\nCFG = {'least': 2}\ndef count(n):\n    return n > Cfg.least + CFG['least']\n"
    space: dict[str, Any] = {"__name__": "pkg_of_tests"}
    exec(text, space)  # noqa: S102 - a function without source
    before = fingerprint(space["count"])
    space["Cfg"].least = 0
    assert changed(before, fingerprint(space["count"])) == "its closure changed (Cfg)"
    space["CFG"]["least"] = 0
    assert changed(before, fingerprint(space["count"])) == "its closure changed (CFG, Cfg)"
