"""polars: what frames read and write, eagerly and lazily; a lazy frame reads when it is collected or sunk."""

from typing import Any

from privacylib.families.frames import planned, read, scanned, written
from privacylib.instrumentation.facts import COVERED
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Kind, Operation

__all__ = ["INTEGRATION"]

_HOMES = {
    "csv": "csv.functions", "parquet": "parquet.functions", "ipc": "ipc.functions", "ipc_stream": "ipc.functions",
    "json": "json.read", "ndjson": "ndjson", "avro": "avro", "excel": "spreadsheet.functions",
    "ods": "spreadsheet.functions", "delta": "delta.functions",
}  # fmt: skip
"""Modules in which what reads each format is defined."""
_SCANS = ("csv", "parquet", "ipc", "ndjson", "delta")
_WRITES = ("csv", "parquet", "ipc", "ipc_stream", "json", "ndjson", "avro", "delta")
_SINKS = ("csv", "parquet", "ipc", "ndjson")
_COLLECTS = ("collect", "_collect_eager", "collect_async", "collect_batches")


def _plan(frame: Any) -> tuple[tuple[Operation, ...], bool]:
    try:
        return planned(frame.explain(optimized=False))
    except Exception:  # noqa: BLE001 - what a plan lacks, collecting it lacks too, and says so
        return (), False


def _collected(call: Call) -> tuple[Operation, ...]:
    return _plan(call["self"])[0]


def _all_collected(call: Call) -> tuple[Operation, ...]:
    return tuple(dict.fromkeys(one for frame in call["lazy_frames"] for one in _plan(frame)[0]))


def _sunk(call: Call) -> tuple[Operation, ...]:
    reads, whole = _plan(call["self"])
    if call["lazy"]:
        return ()
    sources = tuple(one.asset for one in reads) if reads and whole else None
    sinks = (one.asset for one in written(call["path"]))
    return (*reads, *(Operation(Kind.WRITE, sink, derived_from=sources, parsed=bool(sources)) for sink in sinks))


def _remember(call: Call) -> Any:
    scanned(call["source"])
    return call.result


def _read(call: Call) -> tuple[Operation, ...]:
    return read(call["source"], call["columns"])


def _written(call: Call) -> tuple[Operation, ...]:
    return written(call["file"] or call["target"])


def _named(way: str, format_: str) -> tuple[str, str]:
    """Return the names of a function: where it is defined, and where programs take it from."""
    return f"polars.io.{_HOMES[format_]}:{way}_{format_}", f"polars:{way}_{format_}"


INTEGRATION = Integration(
    "polars",
    (
        *(Patch(name, _read, body=COVERED) for format_ in _HOMES for name in _named("read", format_)),
        *(Patch(name, after=_remember) for format_ in _SCANS for name in _named("scan", format_)),
        *(Patch(f"polars:LazyFrame.{name}", _collected, body=COVERED) for name in _COLLECTS),
        *(Patch(f"polars:LazyFrame.sink_{name}", _sunk, body=COVERED) for name in _SINKS),
        *(Patch(f"polars:DataFrame.write_{name}", _written, body=COVERED) for name in _WRITES),
        Patch("polars.functions.lazy:collect_all", _all_collected, body=COVERED),
        Patch("polars:collect_all", _all_collected, body=COVERED),
    ),
    distribution="polars",
    versions=("1.0", "3.0"),
)
