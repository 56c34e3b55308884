"""What the compiled form declares beside the Python files, held to what stands in them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "privacylib"
DECLARED = [place for place in sorted(ROOT.rglob("*.pxd")) if not place.with_suffix(".pyx").exists()]
CLASS = re.compile(r"^cdef class (\w+).*:\n((?:(?:    .*)?\n)*)", re.MULTILINE)
MEMBER = re.compile(r"^    cdef (?:public |readonly )?[\w ]+ (\w+)$", re.MULTILINE)


def slots(file: Path) -> dict[str, set[str]]:
    """Return the slots of each class of a Python file."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "__slots__":
                    named = ast.literal_eval(line.value)
                    found[node.name] = {named} if isinstance(named, str) else set(named)
    return found


@pytest.mark.parametrize("declared", DECLARED, ids=lambda place: place.stem)
def test_classes_have_the_members_that_their_slots_name(declared: Path) -> None:
    source = declared.with_suffix(".py")
    if not source.exists():  # names of C alone
        return
    own = slots(source)
    for name, body in CLASS.findall(declared.read_text()):
        assert set(MEMBER.findall(body)) == own[name], name
