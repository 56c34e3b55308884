"""Data frames and arrays: files, directories and globs that one call reads or writes, wherever they lie.

A directory is one asset, as the writer of a data set names it; a glob is the files that it finds, or
where they are many the directory that holds them.
"""
# ruff: noqa: PTH100, PTH110, PTH112, PTH118, PTH120, PTH207, PTH208 - paths are text here, as libraries and their plans have them

import glob
import os
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, cast

from privacylib.families.files.paths import file_operation
from privacylib.families.stores.objects import s3_asset
from privacylib.memo import Memo
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import asset, impersonal

__all__ = ["fields_of", "is_missing", "planned", "read", "scanned", "written"]

MOST = 16
"""Files of one data set that are named each."""
_LOOKED_AT = 1_000
_FIELDS = 64
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.]+)://")
_LOCAL = ("", "file", "local")
_WILD = re.compile(r"[*?\[]")
_PARTITION = re.compile(r"/[^/=]+=[^/]*")
_SCAN = re.compile(r"\bSCAN \[(.*)\]$", re.MULTILINE)
_OTHERS = re.compile(r"(?:, )?\.\.\. \d+ other sources?$")
_IN_MEMORY = re.compile(r"\bDF \[|\bPYTHON SCAN|in-mem bytes")

_scans: Memo[str, tuple[Operation, ...]] = Memo(1 << 14)
"""What was given to a scan, by the first file that it finds; plans name few files only."""


def read(given: Any, fields: Iterable[Any] | None = None, filesystem: Any = None) -> tuple[Operation, ...]:
    """Describe reading a path, a glob, a directory, or several of them; nothing for anything else.

    Args:
        given: As the library takes it.
        fields: Names of the columns that are read; anything that is no list of names means all.
        filesystem: Where the path lies, as pyarrow takes it; None for what the path says.
    """
    columns = fields_of(fields)
    return tuple(Operation(Kind.READ, place, columns) for place in _places(given, filesystem))


def is_missing(given: Any, filesystem: Any = None) -> bool:
    """Return whether reading a path has to fail, for nothing is there."""
    if not isinstance(given, (str, os.PathLike)) or _scheme_of(filesystem) not in _LOCAL:
        return False
    text = os.fspath(cast("str", given))
    return not (_SCHEME.match(text) or _WILD.search(text) or text[:1] == "~" or os.path.lexists(text))


def written(given: Any, filesystem: Any = None) -> tuple[Operation, ...]:
    """Describe writing a file or directory; nothing for anything else."""
    return tuple(Operation(Kind.WRITE, place) for place in _places(given, filesystem, Kind.WRITE))


def fields_of(given: Any) -> tuple[str, ...]:
    """Return names of columns; none where all are meant, or more than can be named."""
    if not isinstance(given, (list, tuple)):
        return ()
    names = cast("list[Any]", given)
    return tuple(names) if len(names) <= _FIELDS and all(isinstance(name, str) for name in names) else ()


def scanned(given: Any) -> None:
    """Remember what a lazy frame will read, by the first file that it finds."""
    for each in cast("Sequence[Any]", given) if isinstance(given, (list, tuple)) else (given,):
        operations = read(each)
        if operations and (first := _first(cast("str", os.fspath(each)))):
            _scans.keep(first, operations)


def planned(plan: str) -> tuple[tuple[Operation, ...], bool]:
    """Return the reads of a polars plan, and whether all that it holds comes from them.

    Args:
        plan: What ``LazyFrame.explain`` returns.
    """
    found: dict[Operation, None] = {}
    for inside in _SCAN.findall(plan):
        text, others = _OTHERS.subn("", inside)
        for path in (text,) if os.path.exists(text) else text.split(", "):
            found.update(dict.fromkeys(_of_scan(path, more=bool(others))))
    return tuple(found), not _IN_MEMORY.search(plan)


def _of_scan(path: str, *, more: bool) -> tuple[Operation, ...]:
    if not path or "in-mem" in path:
        return ()
    known = _scans.get(path if _SCHEME.match(path) else os.path.abspath(path))
    if known is not None:
        return known
    root = _PARTITION.split(path, maxsplit=1)[0]
    return read(os.path.dirname(path) if more and root == path else root)


def _places(given: Any, filesystem: Any, kind: Kind = Kind.READ) -> tuple[Asset, ...]:
    if isinstance(given, (list, tuple, set)):
        members = islice(cast("Iterable[Any]", given), _LOOKED_AT)
        return _bounded(place for each in members for place in _places(each, filesystem, kind))
    if not isinstance(given, (str, os.PathLike)):
        return ()
    text = os.fspath(cast("str", given))
    scheme = _scheme_of(filesystem) or "".join(_SCHEME.findall(text)[:1])
    if scheme in _LOCAL:
        return _local(text.removeprefix("file://"), kind)
    rest = _SCHEME.sub("", text, count=1)
    if scheme in ("s3", "s3a", "s3n"):
        bucket, _, key = rest.partition("/")
        return (s3_asset(bucket, key),)
    return (impersonal(asset(f"{scheme}://{rest}")),)


def _local(path: str, kind: Kind) -> tuple[Asset, ...]:
    if kind is Kind.READ and _WILD.search(path) and not os.path.exists(path):
        matching = list(islice(glob.iglob(path, recursive=True), _LOOKED_AT))
        found = _bounded(place for each in matching for place in _local(each, kind))
        if found and len(matching) < _LOOKED_AT:
            return found
        path = os.path.dirname(_WILD.split(path, maxsplit=1)[0])
    return tuple(one.asset for one in file_operation(path.rstrip("/") or "/", kind))


def _bounded(places: Iterable[Asset]) -> tuple[Asset, ...]:
    """Return distinct places, or where they are many those that they lie in."""
    found = dict.fromkeys(impersonal(place) for place in places)
    if len(found) > MOST:
        found = dict.fromkeys(Asset(place.namespace, os.path.dirname(place.name)) for place in found)
    return tuple(found)


def _first(path: str) -> str:
    """Return the first file that a path, directory or glob leads to; empty where that is not told."""
    if _SCHEME.match(path):
        return path
    matching = sorted(islice(glob.iglob(path, recursive=True), _LOOKED_AT)) if _WILD.search(path) else [path]
    at = matching[0] if matching else path
    while os.path.isdir(at):
        names = sorted(os.listdir(at))
        if not names:
            return ""
        at = os.path.join(at, names[0])
    return os.path.abspath(at)


def _scheme_of(filesystem: Any) -> str:
    """Return the scheme of a file system of pyarrow or fsspec; empty for what a path itself says."""
    name: Any = getattr(filesystem, "type_name", None) or getattr(filesystem, "protocol", None) or filesystem
    names: list[Any] = [*name] if isinstance(name, (list, tuple)) else [name]
    first = names[0] if names else ""
    return first.removeprefix("py::").removeprefix("fsspec+") if isinstance(first, str) else ""
