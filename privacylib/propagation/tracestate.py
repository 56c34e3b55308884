"""What other tracers say of a trace in ``tracestate``: passed on with it as it came, and never looked into.

Source of the rules: W3C Trace Context level 2, section 3.3.
"""

import re
from collections.abc import Sequence

__all__ = ["KEPT", "passed_on"]

KEPT = 512
"""Most characters that are passed on: what the specification asks everybody for."""

_MEMBERS = 32
_LONG = 128
"""Members longer than this are left out first, as the specification says."""
_member = re.compile(r"[a-z0-9][a-z0-9_*/@-]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]").fullmatch


def passed_on(values: Sequence[str]) -> str:
    """Return what goes on of the values of ``tracestate``; an empty text where one is malformed, or there are too many.

    Args:
        values: As they came; several are one list.
    """
    members = [one for value in values for text in value.split(",") if (one := text.strip(" \t"))]
    if len(members) > _MEMBERS or not all(map(_member, members)):
        return ""
    return ",".join(_fitting(members))


def _fitting(members: list[str]) -> list[str]:
    """Return the members that there is room for: long ones go first, then those at the end."""
    while _size(members) > KEPT:
        long = [at for at, one in enumerate(members) if len(one) > _LONG]
        del members[long[-1] if long else -1]
    return members


def _size(members: list[str]) -> int:
    return sum(map(len, members)) + len(members) - 1
