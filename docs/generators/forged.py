"""The table of forged contexts and their verdicts, from the cases that the tests try."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

__all__ = ["forged"]

_CASES = Path(__file__).parents[2] / "tests/propagation/cases/forged.json"


def forged() -> Iterator[str]:
    """Yield the lines of the page."""
    cases: list[dict[str, Any]] = json.loads(_CASES.read_text())
    yield from ("# Forged contexts and their verdicts", "")
    yield from (
        "What was presented to a service in each way that somebody thought of, and what the service made of it. The",
        "tests present every line in HTTP headers, in gRPC metadata, in headers of messages and in the environment of",
        "a process; the verdict is the same in all four. Every verdict but *taken* and *empty start* is UNKNOWN, with",
        "this reason; [the wire format](wire-format.md#codes) says what each means.",
        "",
        f"{len(cases)} contexts, {sum(case['verdict'] is not None for case in cases)} of them UNKNOWN.",
        "",
    )
    for kind, members in groupby(cases, key=lambda case: case["kind"]):
        yield from (f"## {kind[0].upper()}{kind[1:]}", "", "| what is presented | verdict |", "|---|---|")
        yield from (f"| {case['case']} | {verdict(case)} |" for case in members)
        yield ""


def verdict(case: dict[str, Any]) -> str:
    """Return what is made of a case."""
    if case["verdict"] is not None:
        return f"`{case['verdict']}`" + ("; the labels that it tells count" if case.get("labels") else "")
    return "taken" if any("privacylib=" in line for line in case["lines"]) else "empty start"
