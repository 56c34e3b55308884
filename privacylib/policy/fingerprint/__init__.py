"""Fingerprints of transforms: what a reviewer has seen of a function, so that a change of it is noticed.

A fingerprint has three parts: the *code* (its structure, without constants), the *constants* in it, and the
*closure* (what it takes from outside: variables around it, defaults, and the globals it names, functions of its own
package with their fingerprints). It is made from the syntax tree, so that comments, docstrings, formatting and a
newer Python change nothing; where there is no source, from the compiled code of this very version of Python.

Behind its digits stand the names of what it takes from outside, each with digits of its own, such as ``LEAST=1f2e``.
They only tell what changed: a fingerprint without them is the same one.
"""

from typing import Any

from privacylib.policy.fingerprint.outside import Parts, Walk, digest

__all__ = ["changed", "fingerprint"]

_WHOLE, _PART, _NAMED = 32, 8, 4
"""Hex digits of the digest over everything, which alone counts, and of each part and name, which only tell where a
change is.
"""
_MOST = 64
"""Names that are told."""


def fingerprint(transform: Any) -> str:
    """Return the fingerprint of a transform, as ``sha256:`` and 56 hex digits, and what tells changes apart.

    Args:
        transform: A function, method, class, partial or callable object.
    """
    walk = Walk(transform)
    parts = walk.parts(transform)
    told = "".join(f" {name}={digest(text)[:_NAMED]}" for name, text in sorted(walk.taken.items())[:_MOST])
    return "sha256:" + digest("\0".join(parts))[:_WHOLE] + "".join(digest(part)[:_PART] for part in parts) + told


def changed(reviewed: str, now: str) -> str | None:
    """Return what is not as it was reviewed, in words, or None where all of it is.

    Args:
        reviewed: The fingerprint in the policy; its first digits, at least 8, are enough.
        now: What `fingerprint` gives.
    """
    (before, took), (after, takes) = _read(reviewed), _read(now)
    if after.startswith(before) or before[:_WHOLE] == after[:_WHOLE]:
        return None
    told = [
        (name, before[at : at + _PART], after[at : at + _PART])
        for name, at in zip(Parts._fields, range(_WHOLE, len(after), _PART), strict=True)
    ]
    places = [name for name, one, other in told if one and one != other]
    names = sorted(name for name in took | takes if took.get(name) != takes.get(name)) if took else []
    what = f"its {' and its '.join(places)} changed" if places else "it changed"
    return f"{what} ({', '.join(names)})" if names else what


def _read(text: str) -> tuple[str, dict[str, str]]:
    """Return the digits of a fingerprint, and those of each name."""
    digits, *told = text.removeprefix("sha256:").split()
    return digits, {name: own for name, _, own in (one.rpartition("=") for one in told)}
