"""Files that a statement of DuckDB reads: which they are, and which columns DuckDB finds in them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from attrs import define, field

from privacylib.families.databases.duckdb.schema import bare
from privacylib.memo import Memo
from privacylib.naming import file_asset, url_asset
from privacylib.sql.datasets import dataset

__all__ = ["Reader", "named"]

_STRING = r"'(?:[^']|'')*'"
_READERS = r"(?:read_\w+|parquet_scan|csv_scan|json_scan|glob|sniff_csv|from_csv_auto|from_parquet|ndjson_scan)"
_FILES = re.compile(
    rf"(?P<place>\b(?:FROM|JOIN)\s+|,\s*)(?P<file>{_STRING})(?!\s*[:)=])"
    rf"|\b(?P<reader>{_READERS})\s*\(\s*(?P<given>{_STRING}|\[[^\]]*\]|[$?]\w*|:\w+)(?P<rest>(?:[^()']|{_STRING}|\([^()]*\))*)\)"
    r"|\b(?P<by>query|query_table)\s*\(\s*(?P<mark>[$?]\w*|:\w+)"
    rf"|(?P<other>{_STRING}|--[^\n]*|/\*.*?\*/)",
    re.IGNORECASE | re.DOTALL,
)
_WHERE = re.compile(r"\b(?:WHERE|SELECT|VALUES|SET|GROUP|ORDER|LIMIT)\b", re.IGNORECASE)
_URL = re.compile(r"\w{2,}://")
_GIVEN = "DUCKDB_INTERNAL_OBJECTSTORE://"
"""How DuckDB names an open file that the program gave to it."""

_WILD = re.compile(r"[*?\[{]")
_KEPT = re.compile(
    r"(\b(?:FROM|JOIN)\s+|,\s*)\"([^\"']*(?:/[^\"']*|\.(?:parquet|csv|tsv|json|jsonl|ndjson)))\"", re.IGNORECASE
)
"""How DuckDB keeps the files of a view."""

_OPTION = re.compile(rf"[(,]\s*(\w+)\s*((?:{_STRING}|\([^()]*\)|[^,()'])*)")

_SPELT = {"delimiter": "delim", "null": "nullstr"}
"""Options of ``COPY`` that functions call otherwise before DuckDB 2.0."""

_MOST = 64
"""Files behind a pattern that are told one by one; of more the pattern stands for all."""

_found: Memo[tuple[object, ...], tuple[str, ...]] = Memo(4096)
"""Columns by what is read, and by when the file or its directory was changed."""


@define
class Reader:
    """Put the files of a statement as quoted names, as those of tables are.

    Args:
        connection: Where the statement is about to run.
        values: What is bound in it: a file may be named by it.
        whole: Whether a pattern stands for all that it ever matches, as in a view.
    """

    connection: Any
    values: Any = None
    whole: bool = False
    columns: dict[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    """Columns of the files that were read so far, by their URIs."""

    def read(self, text: str) -> str:
        """Return a statement in which files are quoted names; a pattern is all the files that it matches."""
        if self.whole:
            text = _KEPT.sub(r"\1'\2'", text)
        parts, at, listing, marks = list[str](), 0, False, 0
        for found in _FILES.finditer(text):
            between = text[at : found.start()]
            parts.append(between)
            marks += between.count("?")
            listing = (listing or "FROM" in between.upper()) and not _WHERE.search(between)
            at = found.end()
            if found["given"] is not None:
                files = _listed(found["given"]) or self._bound(found["given"], marks)
                parts.append(self._relation(files, found["reader"], found["rest"]))
                marks += (found["given"] + found["rest"]).count("?")
                listing = True
            elif found["by"] is not None:
                parts.append(f"{found['by']}({_texts(self._bound(found['mark'], marks)) or found['mark']}")
                marks += found["mark"].count("?")
            elif found["file"] is not None and (listing or not found["place"].startswith(",")):
                parts.append(found["place"] + self._relation(_listed(found["file"])))
                listing = True
            else:
                parts.append(found[0])
        return "".join(parts) + text[at:]

    def copied(self, file: str, told: str) -> str:
        """Return the URI of a file that ``COPY`` reads.

        Args:
            file: Its path.
            told: What follows it in the statement: how the file is to be read.
        """
        options = {_SPELT.get(name.lower(), name.lower()): value for name, value in _OPTION.findall(told)}
        form = options.pop("format", "csv").strip(" '\"").lower()
        given = "".join(f", {name} = {value.strip() or 'true'}" for name, value in options.items())
        if not _WILD.search(file):
            self._look([file], [file], f"read_{form}", given)
        return named(file)

    def _bound(self, mark: str, before: int) -> list[str]:
        """Return the files that a parameter names."""
        name, values = mark[1:], self.values
        value: Any = None
        if isinstance(values, Mapping):
            value = cast("Mapping[str, Any]", values).get(name)
        elif isinstance(values, (list, tuple)) and (name.isdigit() or not name):
            bound = cast("Sequence[Any]", values)
            at = int(name) - 1 if name else before
            value = bound[at] if 0 <= at < len(bound) else None
        listed = cast("list[Any]", value) if isinstance(value, list) else [value]
        return [one.replace("'", "''") for one in listed if isinstance(one, str)]

    def _relation(self, files: list[str], reader: str | None = None, rest: str = "") -> str:
        if not files:
            return _quoted("{…}")
        each = [one for file in files for one in self._behind(file)]
        self._look(files, each, reader, rest)
        each = list({named(one): one for one in each}.values())  # partitions are of one directory
        if len(each) == 1:
            return _quoted(each[0])
        return f"({' UNION ALL '.join(f'FROM {_quoted(one)}' for one in each)})"

    def _behind(self, file: str) -> list[str]:
        """Return the files that a pattern matches; the pattern where they are none, too many, or elsewhere."""
        if self.whole or not _WILD.search(file) or _URL.match(file):
            return [file]
        rows = self._asked(f"SELECT file FROM glob('{file}') LIMIT {_MOST + 1}")  # noqa: S608 - as the host wrote it
        found = [str(name).replace("'", "''") for (name,) in rows]
        return found if 0 < len(found) <= _MOST else [file]

    def _look(self, files: list[str], each: list[str], reader: str | None, rest: str) -> None:
        """Ask DuckDB which columns it finds in local files; those of URLs would have to be fetched."""
        if "?" in rest or "$" in rest or any(map(_URL.match, files)):
            return
        listed = ", ".join(f"'{file}'" for file in files)
        read = f"{reader}([{listed}]{rest})" if len(files) > 1 else f"{reader}({listed}{rest})" if reader else listed
        key = (read, *map(_changed, files))
        columns = _found.get(key)
        if columns is None:
            columns = tuple(str(row[0]) for row in self._asked(f"DESCRIBE FROM {read}"))
            _found.keep(key, columns, len(columns))
        if columns:
            self.columns.update(dict.fromkeys(map(named, each), columns))

    def _asked(self, query: str) -> list[Any]:
        """Return rows from a second connection, so that a failure ends no transaction of the host."""
        try:
            beside = self.connection.cursor()
            try:
                return bare(beside, query)
            finally:
                beside.close()
        except Exception:  # noqa: BLE001 - the host's own statement tells it what is wrong with its files
            return []


def named(file: str) -> str:
    """Return the URI of what a statement names in the place of a file."""
    if file == "{…}":
        return "file:///{…}"
    if file.startswith(_GIVEN):
        return "memory://{…}"
    file = dataset(file)
    asset = url_asset(file) if _URL.match(file) else file_asset(file.replace("''", "'"))
    return asset.uri.replace('"', "%22")


def _quoted(file: str) -> str:
    return f'"{named(file)}"'


def _listed(given: str) -> list[str]:
    return [each[1:-1] for each in re.findall(_STRING, given)]


def _texts(bound: list[str]) -> str:
    """Return what a parameter holds as SQL: a text, or a list of them; empty where it holds neither."""
    listed = ", ".join(f"'{one}'" for one in bound)
    return f"[{listed}]" if len(bound) > 1 else listed


def _changed(file: str) -> tuple[int, int]:
    """Return when a file was changed, and its size; of a pattern, those of the directory before it."""
    path = Path(_WILD.split(file, maxsplit=1)[0].rpartition("/")[0] or ".") if _WILD.search(file) else Path(file)
    try:
        told = path.stat()
    except OSError:
        return 0, 0
    return told.st_mtime_ns, told.st_size
