"""The page of variables names those that are asked for."""

import re
from collections.abc import Iterator, Mapping

from privacylib.config import settings
from privacylib.propagation.keys import KEY_FILE
from tests.docs.runner import ROOT

ELSEWHERE = {KEY_FILE, "PRIVACYLIB_REQUIRED"}


class Asked(Mapping[str, str]):
    """An environment without variables, which remembers the names that it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_every_variable_is_on_the_page_and_no_other() -> None:
    asked = Asked()
    settings(None, None, None, "observe", False, None, asked)
    page = (ROOT / "docs/reference/environment.md").read_text()
    assert set(re.findall(r"^\| `(PRIVACYLIB_\w+)`", page, re.MULTILINE)) == asked.names | ELSEWHERE
