"""Use the installed wheel as a newcomer would: nothing but itself and its core dependencies."""

import importlib.metadata
import importlib.util
import sys
from pathlib import Path

import privacylib

CONTENTS = (
    "py.typed",
    "cli/autoload/sitecustomize.py",
    "demo/policy.yaml",
    "demo/data/requests.json",
    "demo/data/README.md",
    "demo/data/LICENSE",
)
"""Files that nothing imports by name: type checkers, interpreters and the demo look for them."""


def check_contents() -> None:
    """Check that the wheel was installed whole, and that it is what was imported."""
    room = Path(privacylib.__file__).parent
    assert room.is_relative_to(sys.prefix), f"imported from {room}, not from the wheel"
    assert importlib.util.find_spec("tests") is None, "the tests are in the wheel"
    assert importlib.util.find_spec("pytest") is None, "the environment holds more than the wheel needs"
    licences = importlib.metadata.metadata("privacylib").get_all("License-File")
    assert licences == ["LICENSE", "privacylib/demo/data/LICENSE"], f"licence files: {licences}"
    missing = [name for name in CONTENTS if not (room / name).is_file()]
    assert not missing, f"not in the wheel: {missing}"


def check_decorator() -> None:
    """Check that a decorated function is called as before, without `init`."""

    @privacylib.reads("file:///data/people.csv")
    def people(count: int) -> list[int]:
        return list(range(count))

    assert people(3) == [0, 1, 2]
    assert people.__name__ == "people"


check_contents()
check_decorator()
print("privacylib", importlib.metadata.version("privacylib"), "works from its wheel")
