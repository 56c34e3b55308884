"""Why nothing is known about context that a peer presented: a closed list, each with its code on the wire."""

from typing import Literal

__all__ = ["CODES", "KNOWN", "REASONS", "UPSTREAM", "Reason"]

Reason = Literal[
    "malformed", "bad-signature", "unknown-key", "expired", "wrong-audience", "too-large", "duplicate",
    "unknown-label", "unknown-purpose", "missing", "upstream",
]  # fmt: skip

UPSTREAM: Reason = "upstream"
"""Stands on the wire for a reason of the sender's that has no code."""

KNOWN = "0"
"""Code of data and zones about which everything is known."""

CODES: dict[str, str] = {
    "malformed": "a",
    "bad-signature": "b",
    "unknown-key": "c",
    "expired": "d",
    "wrong-audience": "e",
    "too-large": "f",
    "duplicate": "g",
    "unknown-label": "h",
    "unknown-purpose": "i",
    "missing": "j",
    UPSTREAM: "z",
}

REASONS: dict[str, str | None] = {KNOWN: None} | {code: reason for reason, code in CODES.items()}
