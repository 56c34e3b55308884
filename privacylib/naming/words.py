"""Words of a name: which are numbers of one of many, and which were drawn at random."""

import re

__all__ = ["in_words"]

_COUNTED = {
    "part", "shard", "chunk", "segment", "batch", "bucket", "split", "block", "page", "step", "epoch", "iter",
    "checkpoint", "ckpt", "port", "layer", "fold", "worker", "rank", "pytest", "run", "r",
}  # fmt: skip
"""Words whose number counts parts of one thing."""
_PEOPLE = {
    "user", "userid", "uid", "usr", "customer", "cust", "patient", "member", "account", "acct", "person",
    "employee", "student", "subscriber", "guest", "contact", "profile", "msisdn", "phone", "tel", "ssn",
    "imei", "session", "conversation", "chat", "order", "invoice", "id",
}  # fmt: skip
"""Words whose number tells one of many, however short it is."""

_WORD = re.compile(r"([-_. ~+@%()\[\]]+)")
_STRETCH = re.compile(r"[A-Za-z0-9_-]{16,}")
_WRITTEN = re.compile(r"[A-Z]?[a-z]{2,}[0-9]{0,4}|[A-Z]{3,}|v?[0-9]{1,4}")
"""What people write between two separators; anything else may be a splinter of a token."""
_NUMBERED = re.compile(r"([A-Za-z]*)([0-9]+)")
_HEXADECIMAL = re.compile(r"(?:0x)?(?:[0-9a-f]+|[0-9A-F]+)")
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_ID_DIGITS = 5
_COUNT_DIGITS = 7
_HEX_LENGTH = 10
_SURE_HEX_LENGTH = 12
_TOKEN_LENGTH = 16


def in_words(text: str) -> str:
    """Return `text` with the tokens and numbers among its words templated.

    Args:
        text: Part of a name without ``/ : =`` and without templates.
    """
    words = _WORD.split(_STRETCH.sub(lambda found: _without_tokens(found[0]), text))
    for i in range(0, len(words), 2):
        words[i] = _word(words[i], before=words[i - 2] if i else "")
    return "".join(words)


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
    return _number(numbered[1], numbered[2], before) if numbered else word


def _number(letters: str, digits: str, before: str) -> str:
    told_by = (letters or before).lower()
    if told_by in _PEOPLE:
        return letters + "{id}"
    if told_by in _COUNTED and len(digits) <= _COUNT_DIGITS:
        return letters + digits
    # 00042 numbers a file of a series; 10042 is somebody's
    padded = not letters and digits.startswith("0") and len(digits) <= _ID_DIGITS
    return letters + (digits if len(digits) < _ID_DIGITS or padded else "{id}")


def _random(word: str) -> bool:
    """Return whether letters and digits alternate as nobody writes them."""
    runs, numbers = len(_RUN.findall(word)), len(_DIGITS.findall(word))
    if runs < 2 or not word.isascii():
        return False
    if numbers and len(word) >= _HEX_LENGTH and _HEXADECIMAL.fullmatch(word):
        return runs > 2 or len(word) >= _SURE_HEX_LENGTH
    mean = len(word) / runs
    return len(word) >= _TOKEN_LENGTH and (mean <= 5 if numbers > 1 else mean <= 3.2 if numbers else mean < 3)
