"""Impersonal names of fields: columns that data itself has named, as a pivot on people does, become templates.

Columns are numbered as nothing else is (``phone_1``, ``contact2``, ``q3``, ``2026``), so that a small number counts.
"""

import re
from functools import lru_cache

from privacylib.naming.shapes import SHAPES
from privacylib.naming.words import in_field

__all__ = ["impersonal_field"]

LIMIT = 200
"""Characters that are kept, and looked at."""

_SUSPECT = re.compile(r"[0-9]{4}|[0-9]\.[0-9]|[@%=]|[(\[_]at[)\]_]|[A-Za-z0-9_-]{12}|:", re.IGNORECASE)
_TEMPLATE = re.compile(r"(\{[^{}]*\})")
_DIGIT = re.compile(r"[0-9]")


@lru_cache(maxsize=4096)
def impersonal_field(name: str) -> str:
    """Return the name of a field with what identifies somebody in it as a template.

    Args:
        name: As the data, or the statement, names it.
    """
    text = name if len(name) <= LIMIT else f"{name[:LIMIT]}{{…}}"
    if not _SUSPECT.search(text):
        return text
    digits = len(_DIGIT.findall(text))
    for shape in SHAPES:
        if shape.can_be_in(text, digits):
            text = shape.pattern.sub(shape.template, text)
    return "".join(part if part.startswith("{") else in_field(part) for part in _TEMPLATE.split(text))
