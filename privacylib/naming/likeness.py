"""Names that get the same template: those of many things of one kind, which differ in a number, a UUID or a digest.

They are told from each other at a glance, so that a template is worked out once for all of them.
"""

import re

__all__ = ["FILLED", "likeness"]

FILLED = "7"
"""The digit that stands for every other in a number."""

_LIMIT = 200
"""Characters of the names that are looked at."""
_BEFORE, _BEHIND = r"(?:(?<=[/:=,;&|])|(?<![\s\S]))", r"(?=[/:=,;&|]|\Z)"
_DATED = re.compile(r"(?<![0-9])(?:00|(?:19|20)[0-9]{2})")
"""What may begin a date, or a phone number: it takes more than one piece of a name."""
_HEX = "[0-9a-f]"
_UUID = rf"(?P<uuid>{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})"
_TOKEN = rf"(?P<token>(?=[a-f]*[0-9])(?=[0-9]*[a-f]){_HEX}{{12,64}}(?!=))"
_DRAWN = re.compile(rf"{_BEFORE}(?:{_UUID}|{_TOKEN}){_BEHIND}")
_NUMBER = re.compile(rf"{_BEFORE}[0-9]+{_BEHIND}")


def likeness(text: str) -> str:
    """Return what stands for all names that have the template of this one, but for numbers that count.

    Args:
        text: A name. Its pieces that are a UUID or a digest are replaced by their template, and those that are
            numbers by one of the same length. Where the template still has that number, it counts parts of one thing,
            and holds for this name alone.
    """
    if len(text) > _LIMIT:
        return text
    text = _DRAWN.sub(lambda found: f"{{{found.lastgroup}}}", text)
    return text if _DATED.search(text) else _NUMBER.sub(lambda found: FILLED * len(found[0]), text)
