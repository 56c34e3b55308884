"""What calls on lazy frames of polars read and write, by their plans."""

from typing import Any

from privacylib.families.asked import Asked
from privacylib.families.frames.places import planned, scanned, written
from privacylib.model import Kind, Operation

__all__ = ["all_collected", "collected", "handed_out", "later", "place", "remembered", "sunk"]

SINKS = "_privacylib_sinks"
"""Attribute of a lazy frame: the arguments by which it is written when it is collected."""


def place(given: Any) -> Any:
    """Return where a sink writes: a path, or the directory of one that is split over many files."""
    inner = getattr(given, "_pl_partition_by", given)
    return getattr(inner, "base_path", getattr(inner, "_base_path", given))


def collected(call: Asked) -> tuple[Operation, ...]:
    """Describe that a lazy frame is collected."""
    return _run(call["self"])


def handed_out(call: Asked) -> tuple[Operation, ...]:
    """Describe that the program gets a lazy frame batch by batch; nothing where that is only planned."""
    return () if call["lazy"] else _run(call["self"])


def all_collected(call: Asked) -> tuple[Operation, ...]:
    """Describe that several are collected together."""
    return tuple(dict.fromkeys(one for frame in call["lazy_frames"] for one in _run(frame)))


def sunk(call: Asked) -> tuple[Operation, ...]:
    """Describe that a lazy frame is written; nothing where that is only planned."""
    return () if call["lazy"] else _written(call["self"], call["path"])


def later(call: Any) -> Any:
    """Keep with a lazy frame that is to be written where it goes."""
    if call["lazy"] and call.result is not None:
        call.result.__dict__[SINKS] = call["path"]
    return call.result


def remembered(call: Any) -> Any:
    """Keep what a scan was given."""
    scanned(call["source"])
    return call.result


def _run(frame: Any) -> tuple[Operation, ...]:
    path = getattr(frame, "__dict__", {}).get(SINKS)
    return _plan(frame)[0] if path is None else _written(frame, path)


def _written(frame: Any, path: Any) -> tuple[Operation, ...]:
    reads, whole = _plan(frame)
    sources = tuple(one.asset for one in reads) if reads and whole else None
    sinks = (one.asset for one in written(place(path)))
    return (*reads, *(Operation(Kind.WRITE, sink, derived_from=sources, parsed=bool(sources)) for sink in sinks))


def _plan(frame: Any) -> tuple[tuple[Operation, ...], bool]:
    try:
        return planned(frame.explain(optimized=False))
    except Exception:  # noqa: BLE001 - what a plan lacks, collecting it lacks too, and says so
        return (), False
