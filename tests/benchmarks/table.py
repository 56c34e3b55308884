"""The table, for people and for programs."""

import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from privacylib.runtime import COMPILED
from tests.benchmarks.model import Line

__all__ = ["HEAD", "shown", "write_json"]

_WIDTHS = (14, 8, 58, 10, 34, 10, 9, 15, 3)
_LARGE = 1_000

FORM = "compiled" if COMPILED else "pure"
"""Which form of the hot path runs: that of the privacylib that Python finds first."""

_NAMED = (
    "privacylib", "opentelemetry-sdk", "opentelemetry-instrumentation-grpc", "ddtrace", "grpcio", "casbin", "cedarpy",
    "regopy", "starlette",
)  # fmt: skip


def _row(cells: Iterable[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


HEAD = _row(("row", "form", "what", "ours", "beside", "peer", "ratio", "goal", "met"))


def shown(line: Line) -> str:
    """Return one line of the table."""
    peer = "-" if line.peer is None else _figure(line.peer, line.unit)
    met = {True: "yes", False: "NO", None: "-"}[line.met]
    name = f"{line.peer_name} ({line.note})" if line.note else line.peer_name
    ratio = "-" if line.ratio is None else _ratio(line.ratio)
    return _row((line.row, FORM, line.what, _figure(line.ours, line.unit), name, peer, ratio, str(line.goal), met))


def _figure(value: float, unit: str) -> str:
    return (f"{value:.4g} {unit}" if abs(value) < _LARGE else f"{value:,.0f} {unit}").rstrip()


def _ratio(ratio: float) -> str:
    return f"1/{1 / ratio:.1f}" if 0 < ratio < 1 else f"{ratio:.2f} x"


def write_json(lines: Iterable[Line], file: Path) -> None:
    """Write all lines with each of their rounds, and what they were measured on."""
    versions = {each.name: each.version for each in importlib.metadata.distributions() if each.name in _NAMED}
    machine = {
        "python": sys.version,
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "form": FORM,
        "versions": versions,
    }
    file.write_text(json.dumps({"machine": machine, "lines": [_members(line) for line in lines]}, indent=1) + "\n")


def _members(line: Line) -> dict[str, Any]:
    return {
        "row": line.row, "form": FORM, "what": line.what, "unit": line.unit, "goal": str(line.goal), "met": line.met,
        "ours": _figures(line.ours, line.ours_rounds), "peer": line.peer_name,
        "theirs": None if line.peer is None else _figures(line.peer, line.peer_rounds),
        "ratio": line.ratio, "note": line.note,
    }  # fmt: skip


def _figures(value: float, rounds: Iterable[float]) -> dict[str, Any]:
    listed = list(rounds)
    if not listed:
        return {"value": value}
    return {"value": value, "median": median(listed), "minimum": min(listed), "rounds": listed}
