"""pandas: files that data frames come from and go to. Databases are seen where their drivers are."""

from typing import Any

from privacylib.families.frames.places import is_missing, read, written
from privacylib.instrumentation.facts import COVERED
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]

_READERS = {
    "parsers.readers:read_csv": ("filepath_or_buffer", "usecols"),
    "parsers.readers:read_table": ("filepath_or_buffer", "usecols"),
    "parsers.readers:read_fwf": ("filepath_or_buffer", ""),
    "json._json:read_json": ("path_or_buf", ""),
    "parquet:read_parquet": ("path", "columns"),
    "feather_format:read_feather": ("path", "columns"),
    "orc:read_orc": ("path", "columns"),
    "excel._base:read_excel": ("io", "usecols"),
    "pickle:read_pickle": ("filepath_or_buffer", ""),
    "pytables:read_hdf": ("path_or_buf", "columns"),
    "stata:read_stata": ("filepath_or_buffer", "columns"),
    "sas.sasreader:read_sas": ("filepath_or_buffer", ""),
    "xml:read_xml": ("path_or_buffer", ""),
    "html:read_html": ("io", ""),
}
"""Parameters with the file and with the columns of what reads, by where it is defined below ``pandas.io``."""

_FRAMES = {
    "to_parquet": "path", "to_feather": "path", "to_orc": "path", "to_stata": "path", "to_xml": "path_or_buffer",
    "to_html": "buf", "to_markdown": "buf", "to_string": "buf",
}  # fmt: skip
_FRAMES_AND_SERIES = {
    "to_csv": "path_or_buf", "to_json": "path_or_buf", "to_excel": "excel_writer", "to_pickle": "path",
    "to_hdf": "path_or_buf", "to_latex": "buf",
}  # fmt: skip
"""The parameter with the file of each method that writes."""


def _reader(home: str, file: str, columns: str) -> tuple[Patch, ...]:
    def describe(call: Call) -> tuple[Operation, ...]:
        given: Any = call[file]
        itself = isinstance(given, str) and given.lstrip()[:1] in ("{", "[", "<")  # older versions take the data so
        return () if itself else read(given, call[columns])

    def missing(call: Call) -> bool:
        return is_missing(call[file])

    names = f"pandas.io.{home}", f"pandas:{home.partition(':')[2]}"
    return tuple(Patch(name, describe, body=COVERED, missing=missing) for name in names)


def _writer(kind: str, name: str, file: str) -> Patch:
    return Patch(f"{kind}.{name}", lambda call: written(call[file]), body=COVERED)


INTEGRATION = Integration(
    "pandas",
    (
        *(patch for home, (file, columns) in _READERS.items() for patch in _reader(home, file, columns)),
        *(_writer("pandas.core.frame:DataFrame", name, file) for name, file in _FRAMES.items()),
        *(_writer("pandas.core.generic:NDFrame", name, file) for name, file in _FRAMES_AND_SERIES.items()),
    ),
    distribution="pandas",
    versions=("2.0", "4.0"),
)
