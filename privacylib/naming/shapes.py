"""Shapes that identify wherever they stand in a name, in the order in which they are looked for."""

import re

__all__ = ["SHAPES"]

_YEAR, _MONTH, _DAY = "(?:19|20)[0-9]{2}", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_TIME = "(?:[T _-]?[0-9]{2}[:_-]?[0-9]{2}(?:[:_-]?[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_HEX = "[0-9A-Fa-f]"


def _alone(expression: str) -> re.Pattern[str]:
    """Compile a shape that no letter or digit touches."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{expression})(?![A-Za-z0-9])")


SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # `image@2x.png` and `left-pad@1.3.0` are files and versions, not people
    (
        re.compile(
            r"(?<![^\s/:=,;&|{}@%])[^\s/:=,;&|{}@%]+(?:@|%40)(?![0-9]x\.(?:png|jpe?g|gif|webp)\b)[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}"
        ),
        "{email}",
    ),
    (_alone(r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"), "{token}"),
    (_alone(r"(?:sk|pk|rk|gh[oprsu]|github_pat|glpat|xox[abeoprs]|hf|npm|pypi)[-_][\w-]{16,}"), "{token}"),
    (_alone(r"(?:AKIA|ASIA)[A-Z0-9]{16}"), "{token}"),
    (_alone(rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"), "{uuid}"),
    (
        re.compile(r"(?<![A-Za-z])((?:year|month|day|hour|yyyy|mm|dd|hh)=)[0-9]+(?![A-Za-z0-9])", re.IGNORECASE),
        r"\1{date}",
    ),
    (re.compile(rf"(?<=/){_YEAR}/{_MONTH}/{_DAY}(?=/|$)"), "{date}/{date}/{date}"),
    (_alone(rf"{_YEAR}(?P<by>[-_.]?){_MONTH}(?P=by){_DAY}{_TIME}"), "{date}"),
    (_alone(rf"{_YEAR}-{_MONTH}"), "{date}"),
    (_alone(rf"{_HEX}{{2}}(?P<by>[:-])(?:{_HEX}{{2}}(?P=by)){{4}}{_HEX}{{2}}"), "{id}"),
    (_alone(rf"(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}|(?:{_HEX}{{1,4}}:){{1,6}}(?::{_HEX}{{1,4}}){{1,6}}"), "{ip}"),
    (re.compile(r"(?<![A-Za-z0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![A-Za-z0-9]|\.[0-9])"), "{ip}"),
    (re.compile(r"(?<![A-Za-z0-9.])-?[0-9]{1,3}\.[0-9]{3,},-?[0-9]{1,3}\.[0-9]{3,}"), "{place}"),
    (re.compile(r"(?<![A-Za-z0-9])(?:\+|%2B)[0-9][0-9 ().-]{5,}[0-9](?![A-Za-z0-9])"), "{phone}"),
    (re.compile(r"(?<![A-Za-z0-9])\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-][0-9]{4}(?![A-Za-z0-9])"), "{phone}"),
    (_alone(r"[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{4}(?P<by>[ -])[0-9]{4}(?P=by)[0-9]{4}(?P=by)[0-9]{4}"), "{id}"),
    (_alone(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}"), "{id}"),
)
"""Each shape with what stands in its place. Unambiguous ones come first."""
