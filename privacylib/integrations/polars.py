"""polars: what frames read and write, eagerly and lazily; a lazy frame reads when it is collected or sunk."""

from typing import Any

from privacylib.context import get_frame
from privacylib.families.frames import polars as calls
from privacylib.families.frames.places import is_missing, read, written
from privacylib.instrumentation.facts import COVERED, Body
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

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
_FRAMES, _NEW = ("DataFrame", "LazyFrame"), ("1.34", "")
_CALLS_HOST = Body(covers=True, of_the_host=True)
_COLLECTS = ("collect", "_collect_eager", "collect_async", "collect_batches")


def _taken_along(function: Any) -> Any:
    """Let a function that a thread of polars calls go on with the work that gave it."""
    return Job(function, get_frame()) if callable(function) else function


def _read(call: Call) -> tuple[Operation, ...]:
    return read(call["source"], call["columns"])


def _missing(call: Call) -> bool:
    return is_missing(call["source"])


def _written(call: Call) -> tuple[Operation, ...]:
    return written(call["file"] or call["target"])


def _named(way: str, format_: str) -> tuple[str, str]:
    """Return the names of a function: where it is defined, and where programs take it from."""
    return f"polars.io.{_HOMES[format_]}:{way}_{format_}", f"polars:{way}_{format_}"


INTEGRATION = Integration(
    "polars",
    (
        *(Patch(name, _read, body=COVERED, missing=_missing) for format_ in _HOMES for name in _named("read", format_)),
        *(Patch(name, after=calls.remembered) for format_ in _SCANS for name in _named("scan", format_)),
        *(Patch(f"polars:LazyFrame.{name}", calls.collected, body=COVERED) for name in _COLLECTS),
        *(Patch(f"polars:LazyFrame.sink_{name}", calls.sunk, body=COVERED, after=calls.later) for name in _SINKS),
        *(Patch(f"polars:DataFrame.write_{name}", _written, body=COVERED) for name in _WRITES),
        Patch(
            "polars:LazyFrame.sink_batches",
            calls.handed_out,
            pins={"function": _taken_along},
            body=_CALLS_HOST,
            versions=_NEW,
        ),
        *(Patch(f"polars:{kind}.serialize", lambda call: written(call["file"]), body=COVERED) for kind in _FRAMES),
        *(Patch(f"polars:{kind}.deserialize", lambda call: read(call["source"]), body=COVERED) for kind in _FRAMES),
        Patch("polars:LazyFrame.execute", calls.collected, body=COVERED, versions=("2.0", "")),
        *(
            Patch(f"{module}:{name}", calls.all_collected, body=COVERED)
            for name in ("collect_all", "collect_all_async")
            for module in ("polars.functions.lazy", "polars")
        ),
    ),
    distribution="polars",
    versions=("1.0", "3.0"),
)
