"""Fingerprints of transforms: what a reviewer has seen of a function, so that a change of it is noticed.

A fingerprint has three parts: the *code* (its structure, without constants), the *constants* in it, and the
*closure* (what it takes from outside: variables around it, defaults, and the globals it names, functions of its own
package with their fingerprints). It is made from the syntax tree, so that comments, docstrings, formatting and a
newer Python change nothing; where there is no source, from the compiled code of this very version of Python.
"""

from typing import Any

from privacylib.policy.fingerprint.outside import Parts, Walk, digest

__all__ = ["changed", "fingerprint"]

_WHOLE, _PART = 32, 8
"""Hex digits of the digest over everything, which alone counts, and of each part, which only tell where a change is."""


def fingerprint(transform: Any) -> str:
    """Return the fingerprint of a transform, as ``sha256:`` and 56 hex digits.

    Args:
        transform: A function, method, class, partial or callable object.
    """
    parts = Walk(transform).parts(transform)
    return "sha256:" + digest("\0".join(parts))[:_WHOLE] + "".join(digest(part)[:_PART] for part in parts)


def changed(reviewed: str, now: str) -> str | None:
    """Return what is not as it was reviewed, in words, or None where all of it is.

    Args:
        reviewed: The fingerprint in the policy; its first digits, at least 8, are enough.
        now: What `fingerprint` gives.
    """
    before, after = reviewed.removeprefix("sha256:"), now.removeprefix("sha256:")
    if after.startswith(before) or before[:_WHOLE] == after[:_WHOLE]:
        return None
    told = [
        (name, before[at : at + _PART], after[at : at + _PART])
        for name, at in zip(Parts._fields, range(_WHOLE, len(after), _PART), strict=True)
    ]
    names = [name for name, one, other in told if one and one != other]
    return f"its {' and its '.join(names)} changed" if names else "it changed"
