"""Words of a name: which are numbers of one of many, and which were drawn at random."""

import re
from functools import lru_cache

__all__ = ["counts", "divides", "in_field", "in_words", "last_word"]

_COUNTED = {
    "part", "shard", "chunk", "segment", "batch", "bucket", "split", "block", "page", "step", "epoch", "iter",
    "checkpoint", "ckpt", "port", "layer", "fold", "worker", "rank", "pytest", "run", "r", "week", "chapter", "volume",
    "lesson", "level", "episode", "season", "attempt", "retry", "version", "revision", "iso", "rfc", "ed", "curve",
}  # fmt: skip
"""Words whose number counts parts of one thing."""
_PEOPLE = {
    "user", "userid", "uid", "usr", "customer", "cust", "patient", "member", "account", "acct", "person",
    "employee", "student", "subscriber", "guest", "contact", "profile", "msisdn", "phone", "tel", "ssn",
    "imei", "session", "conversation", "chat", "order", "invoice", "id", "tenant", "client", "inv", "ord", "booking",
    "reservation", "ticket", "claim", "applicant", "candidate", "visitor", "passenger", "avatar", "passport", "mrn",
    "kunde", "kunden", "kundin", "benutzer", "nutzer", "mitarbeiter", "mitglied", "konto", "vertrag", "auftrag",
    "bestellung", "rechnung", "utilisateur", "abonne", "commande", "facture", "usuario", "cliente", "paciente",
    "empleado", "cuenta", "pedido", "factura", "utente", "ordine", "fattura", "klant", "klient", "bestelling",
}  # fmt: skip
"""Words whose number tells one of many, however short it is."""

_WORD = re.compile(r"((?:[-_. ~+@()\[\]]|%(?:[0-9A-Fa-f]{2})?)+)")
_STRETCH = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])[A-Za-z0-9_-]{16,}")
"""An escaped character is none of a word's letters and digits."""
_WRITTEN = re.compile(r"[A-Z]?[a-z]{2,}[0-9]{0,4}|[A-Z]{3,}|v?[0-9]{1,4}")
"""What people write between two separators; anything else may be a splinter of a token."""
_CAMEL = re.compile(r"^([A-Za-z]+?)[0-9]+(?=[A-Z][a-z])")
_YEARS = re.compile("(?:19|20)[0-9]{2}")
"""Years, by which tables of users and orders are divided; a month may follow."""
_NUMBERED = re.compile(r"([A-Za-z]*)([0-9]+)")
_HEXADECIMAL = re.compile(r"(?:0x)?(?:[0-9a-f]+|[0-9A-F]+)")
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_FIELD_NUMBER = re.compile(r"\A([A-Za-z]*)[0-9]{5,}\Z")
_FIRST_NUMBER = re.compile(r"\A(?!(?:19|20)[0-9]{2}(?![0-9]))[0-9]{4}(?![0-9A-Za-z])")
"""A column that begins with a number, and no year, is named by what was counted."""
_ID_DIGITS = 5
_COUNT_DIGITS = 7
_HEX_LENGTH = 10
_SURE_HEX_LENGTH = 12
_TOKEN_LENGTH = 16
_SHORTEST = 8


def in_words(text: str, before: str = "") -> str:
    """Return `text` with the tokens and numbers among its words templated.

    Args:
        text: Part of a name without ``/ : =`` and without templates.
        before: The word before it.
    """
    words = _WORD.split(_STRETCH.sub(lambda found: _without_tokens(found[0]), text))
    for i in range(0, len(words), 2):
        word = words[i]
        words[i] = _word(word, before)
        if word and (words[i] == word or not word.isdigit()):
            before = word
    return "".join(words)


def in_field(text: str) -> str:
    """Return the name of a field, or part of it, with its tokens and long numbers templated.

    Args:
        text: The name, without templates.
    """
    text = _FIRST_NUMBER.sub("{id}", _STRETCH.sub(lambda found: _without_tokens(found[0]), text))
    words = _WORD.split(text)
    return "".join(_FIELD_NUMBER.sub(r"\1{id}", "{token}" if _random(word) else word) for word in words)


@lru_cache(maxsize=4096)
def last_word(text: str) -> str:
    """Return the last word of a piece."""
    found = _WORD.split(text)
    return next((word for word in reversed(found[::2]) if word), "")


def counts(word: str, digits: str) -> bool:
    """Return whether a number after a word counts parts of one thing."""
    return word.lower() in _COUNTED and len(digits) <= _COUNT_DIGITS


def divides(word: str, digits: str) -> bool:
    """Return whether a number after a word is a year by which data is divided, and tells none of many."""
    return bool(_YEARS.fullmatch(digits)) and not {word.lower(), word.lower().removesuffix("s")} & _PEOPLE


def _without_tokens(stretch: str) -> str:
    """Join neighbours that nobody writes: base64 for URLs has ``-`` and ``_`` inside."""
    words = re.split(r"([-_]+)", stretch)
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and not _WRITTEN.fullmatch(words[end]):
            end += 2
        if end > start + 2 and _random("".join(words[start : end - 1 : 2])):
            words[start : end - 1] = ["{token}"]
            end = start + 2
        start = max(end, start + 2)
    return "".join(words)


def _word(word: str, before: str) -> str:
    if word in ("", "{token}"):
        return word
    if _random(word):
        return "{token}"
    numbered = _NUMBERED.fullmatch(word)
    if numbered:
        return _number(numbered[1], numbered[2], before)
    return _CAMEL.sub(lambda found: found[1] + "{id}" if found[1].lower() in _PEOPLE else found[0], word)


def _number(letters: str, digits: str, before: str) -> str:
    told_by = (letters or before).lower()
    if told_by in _PEOPLE or (not letters and told_by.removesuffix("s") in _PEOPLE and not _YEARS.fullmatch(digits)):
        return letters + "{id}"
    if counts(told_by, digits):
        return letters + digits
    # 00042 numbers a file of a series; 10042 is somebody's
    padded = not letters and digits.startswith("0") and len(digits) <= _ID_DIGITS
    return letters + (digits if len(digits) < _ID_DIGITS or padded else "{id}")


def _random(word: str) -> bool:
    """Return whether letters and digits alternate as nobody writes them."""
    if len(word) >= _SURE_HEX_LENGTH and not word.isdigit() and _HEXADECIMAL.fullmatch(word):
        return True  # no word that people write has that many letters from a to f
    runs, numbers = len(_RUN.findall(word)), len(_DIGITS.findall(word))
    if runs < 2 or not word.isascii():
        return False
    if numbers and len(word) >= _HEX_LENGTH and _HEXADECIMAL.fullmatch(word):
        return runs > 2
    mean = len(word) / runs
    if runs >= 4 and len(word) >= _SHORTEST and _HEXADECIMAL.fullmatch(word):
        return True
    if numbers and len(word) < _TOKEN_LENGTH:
        mixed = len(word) >= _HEX_LENGTH and not word.isupper() and not word.islower() and mean <= 2.4
        return mixed or (len(word) >= _SHORTEST and word.isupper() and runs >= 4 and mean <= 2.3)
    return len(word) >= _TOKEN_LENGTH and (mean <= 5 if numbers > 1 else mean <= 3.2 if numbers else mean < 3)
