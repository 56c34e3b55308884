"""What people ask a voice assistant: a part of CLINC150, see ``data/README.md``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from attrs import frozen

__all__ = ["Request", "requests"]

_FILE = Path(__file__).with_name("data") / "requests.json"


@frozen
class Request:
    """One request of a wearer.

    Args:
        text: What the wearer says.
        intent: What the wearer means.
    """

    text: str
    intent: str


def requests(split: Literal["train", "test"]) -> list[Request]:
    """Return the requests of a split, the intents taking turns."""
    texts: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))[split]
    return list(_in_turns(texts))


def _in_turns(texts: dict[str, list[str]]) -> Iterator[Request]:
    for i in range(max(map(len, texts.values()))):
        for intent, said in texts.items():
            if i < len(said):
                yield Request(said[i], intent)
