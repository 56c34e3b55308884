"""pyarrow: files and data sets that its own code opens. What it gets as an open file is seen where that was opened."""

from typing import Any

from privacylib.families.frames import read, written
from privacylib.instrumentation.facts import COVERED
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]

_WHERE = "_privacylib_where"
"""Attribute of a writer: what it was opened with."""


def _reads(target: str, file: str) -> Patch:
    return Patch(target, lambda call: read(call[file], call["columns"], call["filesystem"]), body=COVERED)


def _writes(target: str, file: str) -> Patch:
    return Patch(target, lambda call: written(call[file], call["filesystem"]), body=COVERED)


def _mapped(call: Call) -> tuple[Operation, ...]:
    mode: str = call["mode"]
    return (*read(call["path"]) * ("r" in mode), *written(call["path"]) * ("w" in mode or "+" in mode))


def _made(call: Call) -> Any:
    call["self"].__dict__[_WHERE] = written(call["where"], call["filesystem"])
    return call.result


def _batch(call: Call) -> tuple[Operation, ...]:
    return call["self"].__dict__.get(_WHERE, ())


_WRITER = "pyarrow.parquet.core:ParquetWriter"

INTEGRATION = Integration(
    "pyarrow",
    (
        *(_reads(f"pyarrow.parquet{core}:read_table", "source") for core in (".core", "")),
        *(_writes(f"pyarrow.parquet{core}:write_table", "where") for core in (".core", "")),
        *(_writes(f"pyarrow.parquet{core}:write_to_dataset", "root_path") for core in (".core", "")),
        _reads("pyarrow.parquet.core:ParquetFile.__init__", "source"),
        _reads("pyarrow.parquet.core:ParquetDataset.__init__", "path_or_paths"),
        Patch(f"{_WRITER}.__init__", after=_made),
        *(Patch(f"{_WRITER}.{name}", _batch, body=COVERED) for name in ("write_table", "write_batch")),
        *(_reads(f"pyarrow.feather:{name}", "source") for name in ("read_table", "read_feather")),
        _writes("pyarrow.feather:write_feather", "dest"),
        _reads("pyarrow.dataset:dataset", "source"),
        _writes("pyarrow.dataset:write_dataset", "base_dir"),
        *(
            _reads(f"pyarrow.{csv}:{name}", "input_file")
            for csv in ("_csv", "csv")
            for name in ("read_csv", "open_csv")
        ),
        *(_writes(f"pyarrow.{csv}:write_csv", "output_file") for csv in ("_csv", "csv")),
        *(_reads(f"pyarrow.{json}:read_json", "input_file") for json in ("_json", "json")),
        _reads("pyarrow.orc:read_table", "source"),
        _writes("pyarrow.orc:write_table", "where"),
        *(_reads(f"pyarrow.ipc:{name}", "source") for name in ("open_file", "open_stream")),
        *(_writes(f"pyarrow.ipc:{name}", "sink") for name in ("new_file", "new_stream")),
        *(Patch(f"{lib}:memory_map", _mapped, body=COVERED) for lib in ("pyarrow.lib", "pyarrow")),
        *(_reads(f"{lib}:input_stream", "source") for lib in ("pyarrow.lib", "pyarrow")),
        *(_writes(f"{lib}:output_stream", "source") for lib in ("pyarrow.lib", "pyarrow")),
    ),
    distribution="pyarrow",
    versions=("14.0", "27.0"),
)
