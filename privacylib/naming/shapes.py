"""Shapes that identify wherever they stand in a name, in the order in which they are looked for."""

import re
from typing import NamedTuple

__all__ = ["SHAPES", "Shape"]


class Shape(NamedTuple):
    """One shape, and what stands in its place.

    Args:
        pattern: The shape.
        template: What stands in its place.
        digits: Fewest digits that a text has in which it can be.
        marks: Texts of which such a text has at least one; none for any.
        times: How often it has it.
    """

    pattern: re.Pattern[str]
    template: str
    digits: int = 0
    marks: tuple[str, ...] = ()
    times: int = 1

    def can_be_in(self, text: str, digits: int) -> bool:
        """Return whether looking for it in a text may find it, which is cheaper to tell."""
        return digits >= self.digits and (not self.marks or any(text.count(mark) >= self.times for mark in self.marks))


_YEAR, _MONTH, _DAY = "(?:19|20)[0-9]{2}", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_TIME = "(?:[T _-]?[0-9]{2}[:_-]?[0-9]{2}(?:[:_-]?[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_HEX = "[0-9A-Fa-f]"
_ESCAPED = "(?:(?<![A-Za-z0-9%])|(?<=%[0-9A-Fa-f]{2}))"
"""No letter or digit, but for those of an escaped character, none of which is taken apart."""

_LOCAL = r"(?:[^\s/:=,;&|{}@%<>\"]|%(?!40|25|2[Ff]|3[AaDd])[0-9A-Fa-f]{2})+"
_AT = r"(?:[@\uff20\ufe6b]|%(?:25)*40|%EF%BC%A0)"
_DOT = r"[.\u3002\uff0e\uff61]"
"""With those that an input method for Japanese or Chinese types."""
_DOMAIN = rf"[\w-]+(?:{_DOT}[\w-]+)*{_DOT}"
_COMMON = (
    "(?:com|org|net|edu|gov|info|io|dev|app|eu|uk|us|de|fr|es|it|nl|pl|pt|br|cn|jp|in|ru|ch|at|be|se|no|dk|fi|cz|ie)"
)
"""Ends of domains that are taken for an e-mail's where the sign before is no ``@``."""
_NO_PERSON = r"(?![0-9]x\.(?:png|jpe?g|gif|webp)\b|[\w-]+\.(?:service|socket|timer|target|pidbox)\b)"
"""``image@2x.png`` and ``left-pad@1.3.0`` are files and versions, ``getty@tty1.service`` is a program."""


_BEHIND_ITS_NAME = (
    r"((?:token|passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|signature|credentials?|jwt)(?:=|%3D))"
    r"(?!\{)[^\s/:=,;&|{}]+"
)
"""What a name says itself is secret."""
_DRAWN = r"(?=[a-z0-9_]{0,6}(?:[0-9][a-z_]+[0-9]|[a-z_][0-9]+[a-z_]))(?![a-z0-9_]{0,3}[a-z]{5})[a-z0-9_]{8}"
"""What Python's tempfile draws, where it does not look like a word and a number; behind a prefix of the program's."""
_IN_THE_MAKING = rf"(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9]){_HEX}{{8}}"
"""What S3's clients draw behind the name of a file until all of it has come."""

_NO_VERSION = r"(?<!/api/)(?<!\Aapi/)"
"""Behind ``api`` stands what some interfaces call their versions by."""


def _alone(expression: str) -> re.Pattern[str]:
    """Compile a shape that no letter or digit touches."""
    return re.compile(rf"{_ESCAPED}(?:{expression})(?![A-Za-z0-9])")


SHAPES: tuple[Shape, ...] = (
    Shape(
        re.compile(rf"(?:(?<![^\s/:=,;&|{{}}@%<>\"]){_LOCAL}|\"[^\"@/]+\"){_AT}{_NO_PERSON}{_DOMAIN}[^\W\d_]{{2,}}"),
        "{email}",
        marks=("@", "%", "\uff20", "\ufe6b"),
    ),
    Shape(
        re.compile(rf"(?<![\w.+-])[\w.+-]*\w(?:\(at\)|\[at\]|_at_|=40){_DOMAIN}{_COMMON}(?![\w-])", re.IGNORECASE),
        "{email}",
        marks=("(at)", "[at]", "_at_", "=40", "(AT)", "[AT]", "_AT_"),
    ),
    Shape(_alone(r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"), "{token}", marks=("eyJ",)),
    Shape(
        _alone(r"(?:sk|pk|rk|gh[oprsu]|github_pat|glpat|xox[abeoprs]|hf|npm|pypi)[-_][\w-]{16,}"),
        "{token}",
        marks=("sk", "pk", "rk", "gh", "git", "gl", "xox", "hf", "npm", "pypi"),
    ),
    Shape(re.compile(_BEHIND_ITS_NAME, re.IGNORECASE), r"\1{token}", marks=("=", "%3")),
    Shape(re.compile(r"(?<=/tmp/)tmp[a-z0-9_]{8}(?=[./]|\Z)"), "tmp{token}", marks=("tmp/tmp",)),
    Shape(re.compile(rf"(?<=/tmp/)([^/{{}}]*[-_.]){_DRAWN}(?=[./]|\Z)"), r"\1{token}", 1, ("tmp/",)),
    Shape(re.compile(rf"(?<=[^/.]\.){_IN_THE_MAKING}\Z"), "{token}", 1, (".",)),
    Shape(_alone(r"A(?:KI|SI)A[A-Z0-9]{16}"), "{token}", marks=("AKIA", "ASIA")),
    Shape(
        _alone(rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"),
        "{uuid}",
        marks=("-",),
        times=4,
    ),
    Shape(
        re.compile(r"(?<![A-Za-z])((?:year|month|day|hour|yyyy|mm|dd|hh)=)[0-9]+(?![A-Za-z0-9])", re.IGNORECASE),
        r"\1{date}",
        1,
        ("=",),
    ),
    Shape(re.compile(rf"(?<=/){_YEAR}/{_MONTH}/{_DAY}(?=/|$)"), "{date}/{date}/{date}", 8, ("/",), 3),
    Shape(re.compile(rf"(?<=/){_YEAR}/{_MONTH}(?=/|$)"), "{date}/{date}", 6, ("/",), 2),
    Shape(_alone(rf"{_NO_VERSION}{_YEAR}(?P<by>[-_.]?){_MONTH}(?P=by){_DAY}{_TIME}"), "{date}", 8),
    Shape(_alone(rf"{_NO_VERSION}{_YEAR}-{_MONTH}"), "{date}", 6, ("-",)),
    Shape(_alone(rf"{_DAY}(?P<by>[-./]){_MONTH}(?P=by){_YEAR}"), "{date}", 8, ("-", ".", "/")),
    Shape(_alone(rf"{_HEX}{{2}}(?P<by>[:-])(?:{_HEX}{{2}}(?P=by)){{4}}{_HEX}{{2}}"), "{id}", 0, (":", "-"), 5),
    Shape(_alone(rf"{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}"), "{id}", 4, (".",), 2),
    Shape(_alone(rf"(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}"), "{ip}", 0, (":",), 7),
    Shape(_alone(rf"(?:{_HEX}{{1,4}}:){{1,6}}(?::{_HEX}{{1,4}}){{1,6}}"), "{ip}", 0, ("::",)),
    Shape(re.compile(r"(?<![A-Za-z0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![A-Za-z0-9]|\.[0-9])"), "{ip}", 4, (".",), 3),
    Shape(re.compile(r"(?<![A-Za-z0-9])(ip-)(?:[0-9]{1,3}-){3}[0-9]{1,3}(?![A-Za-z0-9])"), r"\1{ip}", 4, ("ip-",)),
    Shape(
        re.compile(r"(?<![A-Za-z0-9.])-?[0-9]{1,3}\.[0-9]{3,}[,:/;]-?[0-9]{1,3}\.[0-9]{3,}"),
        "{place}",
        8,
        (",", ":", "/", ";"),
    ),
    Shape(_alone(r"3[47][0-9]{2}(?P<by>[ -])[0-9]{6}(?P=by)[0-9]{5}"), "{id}", 15, (" ", "-")),
    Shape(_alone(r"[0-9]{4}(?P<by>[ -])[0-9]{4}(?P=by)[0-9]{4}(?P=by)[0-9]{4}"), "{id}", 16, (" ", "-")),
    Shape(_alone(r"[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){3,7}(?: [A-Z0-9]{1,3})?"), "{id}", 8, (" ",)),
    Shape(re.compile(r"(?<![A-Za-z0-9])(?:\+|%2B)[0-9][0-9 ().-]{5,}[0-9](?![A-Za-z0-9])"), "{phone}", 7),
    Shape(_alone(r"00[1-9][0-9]*[ ./-][0-9 ()./-]{5,}[0-9]"), "{phone}", 9, (" ", ".", "/", "-")),
    Shape(
        re.compile(r"(?<![A-Za-z0-9])(?:1[ .-])?\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-][0-9]{4}(?![A-Za-z0-9])"),
        "{phone}",
        10,
    ),
    Shape(re.compile(r"\(0[0-9]{1,5}\)[ -]?[0-9]{3,5}[ -]?[0-9]{2,6}(?![A-Za-z0-9])"), "{phone}", 7, ("(",)),
    Shape(_alone(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"), "{id}", 9, ("-",)),
    Shape(_alone(r"(?=(?:[ .-]?[0-9]){9})[0-9]{2,4}(?:[ .-][0-9]{2,4}){3,6}"), "{id}", 9, (" ", ".", "-")),
    Shape(re.compile(r"(?:(?![0-9])\d){5,}"), "{id}", 5),
    Shape(_alone(r"[A-CEGHJ-PR-TW-Z]{2}[0-9]{6}[A-D]|QQ[0-9]{6}[A-D]"), "{id}", 6),
    Shape(_alone(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}"), "{id}", 2),
)
"""Each shape with what stands in its place. Unambiguous ones come first."""
