"""pyarrow: files and data sets that its own code opens. What it gets as an open file is seen where that was opened."""

from collections.abc import Callable
from typing import Any

from privacylib.families.frames import arrow
from privacylib.instrumentation.facts import COVERED, Opened
from privacylib.instrumentation.table import Call, Integration, Patch, Subclass

__all__ = ["INTEGRATION"]


def _reads(target: str, file: str, *parameters: str) -> Patch:
    return Patch(target, arrow.reads(file), parameters=parameters, body=COVERED, missing=arrow.missing(file))


def _writes(target: str, file: str, *parameters: str) -> Patch:
    return Patch(target, arrow.writes(file), parameters=parameters, body=COVERED)


def _writer(target: str, file: str, *batches: str) -> tuple[Patch, ...]:
    steps = (Patch(f"{target}.{name}", arrow.batch, body=COVERED) for name in batches)
    return (Patch(f"{target}.__init__", after=arrow.made(file)), *steps)


def _rebuilt(call: Call, subclass: Callable[[type], type]) -> Any:
    """Let a file that is written be one that knows when it is closed."""
    file: Any = call.result
    if not file.writable():
        return None
    file.__class__ = subclass(file.__class__)
    return file


_UNTIL_CLOSED = Opened(_rebuilt, ends="close", steps=("write",))
_FILE = ("cls", "path", "mode", "memory_pool")
_PATHS = ("cls", "paths", "schema", "format", "filesystem", "partitions", "root_partition")
_OWN = ("pyarrow:OSFile", "pyarrow.fs:LocalFileSystem", "pyarrow.dataset:FileSystemDataset")
"""Classes of the interpreter, where programs find them; other compiled modules ask for them where they are defined."""

INTEGRATION = Integration(
    "pyarrow",
    (
        *(_reads(f"pyarrow.parquet{core}:read_table", "source") for core in (".core", "")),
        *(_writes(f"pyarrow.parquet{core}:write_table", "where") for core in (".core", "")),
        *(_writes(f"pyarrow.parquet{core}:write_to_dataset", "root_path") for core in (".core", "")),
        _reads("pyarrow.parquet.core:ParquetFile.__init__", "source"),
        _reads("pyarrow.parquet.core:ParquetDataset.__init__", "path_or_paths"),
        *_writer("pyarrow.parquet.core:ParquetWriter", "where", "write_table", "write_batch"),
        *(_reads(f"pyarrow.feather:{name}", "source") for name in ("read_table", "read_feather")),
        _writes("pyarrow.feather:write_feather", "dest"),
        _reads("pyarrow.dataset:dataset", "source"),
        _reads("pyarrow._dataset:FileSystemDataset.from_paths", "paths", *_PATHS),
        _writes("pyarrow.dataset:write_dataset", "base_dir"),
        *(_reads(f"pyarrow.{n}csv:{name}", "input_file") for n in ("_", "") for name in ("read_csv", "open_csv")),
        *(_writes(f"pyarrow.{csv}:write_csv", "output_file") for csv in ("_csv", "csv")),
        *(_reads(f"pyarrow.{json}:read_json", "input_file") for json in ("_json", "json")),
        _reads("pyarrow.orc:read_table", "source"),
        _writes("pyarrow.orc:write_table", "where"),
        *(_reads(f"pyarrow.ipc:RecordBatch{kind}Reader.__init__", "source") for kind in ("File", "Stream")),
        *(patch for kind in ("File", "Stream")
          for patch in _writer(f"pyarrow.ipc:RecordBatch{kind}Writer", "sink", "write", "write_batch", "write_table")),
        *(Patch(f"{lib}:memory_map", arrow.opened, body=COVERED) for lib in ("pyarrow.lib", "pyarrow")),
        Patch("pyarrow.lib:OSFile.__new__", arrow.opened, parameters=_FILE, body=COVERED, lasts=_UNTIL_CLOSED),
        *(_reads(f"{lib}:input_stream", "source") for lib in ("pyarrow.lib", "pyarrow")),
        *(_writes(f"{lib}:output_stream", "source") for lib in ("pyarrow.lib", "pyarrow")),
        *(_reads(f"pyarrow._fs:FileSystem.open_input_{kind}", "path", "self", "path") for kind in ("file", "stream")),
        *(_writes(f"pyarrow._fs:FileSystem.open_{way}_stream", "path", "self", "path") for way in ("output", "append")),
        *(Patch(f"pyarrow._fs:FileSystem.{name}", arrow.copied, parameters=("self", "src", "dest"), body=COVERED)
          for name in ("copy_file", "move")),
        Patch("pyarrow.fs:copy_files", arrow.listed, body=COVERED),
        *map(Subclass, _OWN),
    ),
    distribution="pyarrow",
    versions=("14.0", "27.0"),
)  # fmt: skip
