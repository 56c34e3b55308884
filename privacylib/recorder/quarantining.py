"""Records that an exporter takes in no company: named beside the records, which stay where they are."""

from collections.abc import Iterable, Mapping
from typing import Any

from privacylib.recorder.lines import lines_in, sealed_line, unsealed
from privacylib.recorder.storing.store import Store

__all__ = ["inherit_quarantined", "quarantine", "quarantined"]

_QUARANTINED = "quarantined.jsonl"


def quarantine(store: Store, entries: Iterable[Mapping[str, Any]]) -> None:
    """Add entries for records of a producer; a record that stands there already is not added again.

    Args:
        store: The producer's.
        entries: What is known of each, without data: ``producer``, ``sequence``, ``flow``, ``cause``, ``exporter``.

    Raises:
        OSError: Nothing was added.
    """
    known = {_record_of(entry) for entry in quarantined(store)}  # written down before a kill, and exported again
    _add(store, [sealed_line(entry) for entry in entries if _record_of(entry) not in known])


def quarantined(store: Store) -> list[dict[str, Any]]:
    """Return the entries of a producer."""
    return [entry for line in lines_in(store.kept(_QUARANTINED)) if (entry := unsealed(line))]


def inherit_quarantined(heir: Store, store: Store) -> None:
    """Add the entries of a producer to those of another into which it is folded."""
    _add(heir, store.kept(_QUARANTINED).splitlines(keepends=True))


def _record_of(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry.get(name) for name in ("producer", "sequence", "exporter"))


def _add(store: Store, lines: list[bytes]) -> None:
    known = store.kept(_QUARANTINED).splitlines(keepends=True)
    fresh = [line for line in dict.fromkeys(lines) if line not in known]
    if fresh:
        store.keep(_QUARANTINED, b"".join(known + fresh), lasting=True)
