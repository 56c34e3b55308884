"""Directories that are written as one and read by their files."""

import re

__all__ = ["dataset"]

_PARTITIONED = re.compile(r"(.*?[^/:])/+(?:\w+=[^/?&]*(?:/|\Z)|\*\*(?:/|\Z)|\*/)", re.DOTALL)


def dataset(path: str) -> str:
    """Return the directory that one COPY partitions, by the path of a file in it or a pattern of its files.

    It ends before ``key=value`` (what a row holds is no name), before ``**``, and before a part that is any directory:
    ``out/country=DE/data.parquet``, ``out/**/*.parquet`` and ``out/*/*.parquet`` are all of ``out``.
    """
    found = _PARTITIONED.match(path)
    return found[1] if found else path
