"""Impersonal names: what identifies a person, or only one of many, becomes a template.

Three steps, from the plainest evidence to the weakest: shapes that are recognised anywhere
(e-mail, UUID, date), pieces between ``/ : =`` that are nothing but a number, and words inside
them. Ordinary names stay: tables, versions, part numbers of files, module paths. A name that no
rule here can tell from an ordinary one (``users/some-name``) needs a `naming` entry of the policy.
"""

import re
from functools import lru_cache

from privacylib.model import Asset
from privacylib.model.policy import Naming
from privacylib.naming.globs import Glob
from privacylib.naming.likeness import FILLED, likeness
from privacylib.naming.shapes import SHAPES
from privacylib.naming.spelling import spelled
from privacylib.naming.uris import asset, without_credentials
from privacylib.naming.words import counts, divides, in_words, last_word

__all__ = ["NAME_LIMIT", "impersonal", "is_cut", "templated"]

NAME_LIMIT = 200
"""Characters of a namespace, and of a name, that are kept; a longer one loses its middle."""

_CUT = "{…}"
_HALF = (NAME_LIMIT - len(_CUT)) // 2

_READ_LIMIT = 2_000
"""Characters that are looked at, so that a hostile name costs little."""
_TEMPLATE = re.compile(r"(\{[^{}/]*\})")
_PIECE = re.compile(r"([/:=,;&|])")
_NUMBER = re.compile(r"-?\d+(?=\.[A-Za-z]|\}|$)")
_DIGIT = re.compile(r"\d")
_SUSPECT = re.compile(
    r"\d|[@%\uff20\ufe6b]|[A-Za-z0-9_-]{16}|[a-f]{12}|[(\[_]at[)\]_]|[A-Fa-f]{2}[:-][A-Fa-f]{2}|::|=|/tmp/tmp",
    re.IGNORECASE,
)
"""What every name has in which there is anything to template; most names of keys and tables do not."""
_ORDINALS = re.compile(r"(?:redis|rediss|valkey|unix|cuda)")
_SERVED = re.compile(r"(?:https?|wss?|grpc)(?::|\Z)")
"""What is addressed there by a year may as well be number 2024 of many."""
_GIVEN = re.compile(r"tmp[a-z0-9_]{8}")
"""What Python's tempfile names elsewhere than below ``/tmp`` (see `SHAPES`); the name may be a word as well."""


@lru_cache(maxsize=4096)  # half a kilobyte each
def templated(name: Asset, rules: tuple[Naming, ...] = ()) -> Asset:
    """Return the name that may be kept of an asset.

    Args:
        name: The asset as the program names it.
        rules: The policy's `naming` entries; the first that matches gives the whole name.

    Returns:
        An asset whose name and namespace have at most `NAME_LIMIT` characters, without
        credentials and query, its host in the spelling that all share. Applied twice it gives the same.
    """
    plain = _stripped(name)
    for rule in rules:
        if Glob(rule.match).matches(plain.uri):
            return spelled(asset(rule.as_))
    return impersonal(plain)


@lru_cache(maxsize=1024)  # what `templated` and those who name assets do not know yet
def impersonal(name: Asset) -> Asset:
    """Return the name with every part templated that the built-in rules recognise."""
    plain = _stripped(name)
    ordinal = _ORDINALS.match(plain.namespace) is not None
    text = _bounded(plain.name, _READ_LIMIT)
    if _SUSPECT.search(text):
        alike, years = text if ordinal else likeness(text), _SERVED.match(plain.namespace) is None
        found = _worked_out(alike, ordinal, years)
        text = found if alike == text or FILLED not in found else _worked_out(text, ordinal, years)
    return Asset(_bounded(plain.namespace, NAME_LIMIT), _bounded(text, NAME_LIMIT))


@lru_cache(maxsize=4096)
def _worked_out(text: str, ordinal: bool, years: bool) -> str:
    """Return a template: what is left when nothing is found any more."""
    before = None
    while text != before:
        before, text = text, _once(text, ordinal, years)
    return text


def _stripped(name: Asset) -> Asset:
    scheme, joint, host = name.namespace.partition("://")
    namespace = f"{scheme}://{without_credentials(scheme, host)}" if joint else scheme
    text = name.name if scheme == "file" else name.name.partition("?")[0]
    return spelled(name if (namespace, text) == (name.namespace, name.name) else Asset(namespace, text))


def _once(text: str, ordinal: bool, years: bool) -> str:
    digits = len(_DIGIT.findall(text))
    for shape in SHAPES:
        if shape.can_be_in(text, digits):
            text = shape.pattern.sub(shape.template, text)
    pieces = _PIECE.split(text)
    for i in range(2 if ordinal else 0, len(pieces), 2):
        before = last_word(pieces[i - 2]) if i else ""
        alone = {"/"}.issuperset(pieces[i - 1 : i] + pieces[i + 1 : i + 2])
        if not (years and alone and divides(before, pieces[i])):
            pieces[i] = _piece(pieces[i], before)
    return "".join(pieces)


@lru_cache(maxsize=4096)  # what names have in common: directories, tables, words before a number
def _piece(piece: str, before: str) -> str:
    """Return a piece between separators with its numbers and tokens templated.

    Args:
        piece: The piece.
        before: The last word of the piece before it.
    """
    if _GIVEN.fullmatch(piece):
        return piece
    number = _NUMBER.match(piece)
    if number is not None and not counts(before, number[0]):
        piece = "{id}" + piece[number.end() :]
    parts = _TEMPLATE.split(piece)
    return "".join(
        part if part.startswith("{") and part.endswith("}") else in_words(part, "" if i else before)
        for i, part in enumerate(parts)
    )


def is_cut(name: str) -> bool:
    """Return whether a name looks like one that was too long, and lost its middle."""
    return len(name) == 2 * _HALF + len(_CUT) and name[_HALF:-_HALF] == _CUT


def _bounded(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = (limit - len(_CUT)) // 2
    return text[:half] + _CUT + text[-half:]
