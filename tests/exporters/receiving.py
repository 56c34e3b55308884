"""What a receiver makes of spans, by the rule in ``docs/reference/spans.md``."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["counted", "edges"]

Key = tuple[str, int]
"""producer, flow"""


def counted(spans: Iterable[ReadableSpan]) -> Counter[Key]:
    """Return how many operations there were of each flow."""
    totals: dict[Key, tuple[int, int]] = {}
    singles: dict[Key, set[int]] = {}
    for span in spans:
        facts: dict[str, Any] = dict(span.attributes or {})
        key = facts["privacylib.producer"], facts["privacylib.flow"]
        sequence = facts["privacylib.sequence"]
        if "privacylib.count" in facts:
            totals[key] = max(totals.get(key, (-1, 0)), (sequence, facts["privacylib.count"]))
        elif "privacylib.part" not in facts:
            singles.setdefault(key, set()).add(sequence)
    found: Counter[Key] = Counter()
    for key in totals.keys() | singles.keys():
        upto, count = totals.get(key, (-1, 0))
        found[key] = count + sum(sequence > upto for sequence in singles.get(key, ()))
    return found


def edges(spans: Iterable[ReadableSpan]) -> set[tuple[str, str]]:
    """Return every pair of source and sink."""
    facts: list[dict[str, Any]] = [dict(span.attributes or {}) for span in spans]
    return {(source, each["privacylib.asset"]) for each in facts for source in each.get("privacylib.sources", ())}
