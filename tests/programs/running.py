"""What the tests of programs have in common: a file with what its author read, and a run to hold against it."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from attrs import frozen

from privacylib.graph import Edge, load
from privacylib.model import Evidence
from tests.servers import await_port, free_port

__all__ = [
    "BIN", "Answer", "Found", "Program", "answers", "expected", "found_in", "pairs", "read_file", "run_command",
    "served",
]  # fmt: skip

BIN = Path(sys.executable).parent
Pair = tuple[str, str]


def read_file(name: str) -> dict[str, Any]:
    """Return what was written down about a program."""
    return yaml.safe_load(Path(__file__).with_name(name).read_text())


@frozen
class Answer:
    status: int
    body: bytes


@frozen
class Found:
    """The edges of a run, by the names of the file: those above the grade `context`, and all."""

    above: frozenset[Pair]
    every: frozenset[Pair]

    def recall(self, true: set[Pair]) -> list[Pair]:
        """Return the true edges that are missing."""
        return sorted(true - self.every)

    def precision(self, true: set[Pair]) -> float:
        """Return which part of the edges above `context` is true."""
        return len(self.above & true) / len(self.above) if self.above else 1.0

    def context_precision(self, true: set[Pair]) -> float:
        """Return which part of all edges is true, for the report beside it."""
        return len(self.every & true) / len(self.every) if self.every else 1.0

    def impossible(self, read: dict[str, Any], among: frozenset[Pair] | None = None) -> list[Pair]:
        """Return the edges above `context`, or among others, that no code leads along."""
        wrong = pairs(read, "impossible")
        return sorted(
            pair for pair in (self.above if among is None else among) if wrong & {pair, (pair[0], "*"), ("*", pair[1])}
        )


@frozen
class Program:
    """A program with what was written down about it.

    Args:
        name: What it is called in the table of all.
        observed: Runs it under privacylib in an empty directory, and returns its edges.
        true: Its true edges.
        read: The file.
    """

    name: str
    observed: Callable[[Path], Found]
    true: set[Pair]
    read: dict[str, Any]

    @property
    def allowed(self) -> set[Pair]:
        """Return what counts as true: also what is true and need not be found."""
        return self.true | pairs(self.read, "may")

    def row(self, found: Found) -> tuple[str, ...]:
        """Return the program's line in the table of all."""
        numbers = (len(self.true), len(found.above), len(found.recall(self.true)), len(found.impossible(self.read)))
        true, above, missing, impossible = map(str, numbers)
        parts = found.precision(self.allowed), found.context_precision(self.allowed)
        recall = 1 - int(missing) / len(self.true)
        return (self.name, true, f"{recall:.0%}", above, *(f"{part:.0%}" for part in parts), impossible)


def pairs(read: dict[str, Any], key: str) -> set[Pair]:
    """Return the pairs that stand in a file under a key."""
    return {(source, sink) for source, sink in read.get(key, ())}


def run_command(spool: Path, *options: str) -> list[str]:
    """Return what stands before a program that is run under privacylib."""
    return [str(BIN / "privacylib"), "run", "--spool", str(spool), *options, "--"]


@contextmanager
def served(command: list[str], directory: Path, **environ: str) -> Generator[tuple[int, "subprocess.Popen[str]"]]:
    """Run a server until the block ends; ``{port}`` stands for its port."""
    port = free_port()
    words = [word.replace("{port}", str(port)) for word in command]
    log = directory / "output.txt"
    with log.open("w") as output, subprocess.Popen(
        words, cwd=directory, stdout=output, stderr=output, text=True, env={**os.environ, **environ}
    ) as process:  # fmt: skip
        try:
            await_port(port, process)
            assert process.poll() is None, log.read_text()
            yield port, process
            _interrupt(process)
        finally:
            process.kill()


def _interrupt(process: "subprocess.Popen[str]") -> None:
    """Stop a server as a terminal does; again where it took that for an error of the request it has just answered."""
    for _ in range(4):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            continue
        return
    raise AssertionError("it does not stop")


def answers(port: int, read: dict[str, Any], headers: Mapping[str, str] | None = None) -> list[Answer]:
    """Send all requests of a file, in order."""
    found: list[Answer] = []
    for request in read["requests"]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            body, told = None, dict(headers or {})
            if "form" in request:
                body, told["content-type"] = urlencode(request["form"]), "application/x-www-form-urlencoded"
            connection.request("GET" if body is None else "POST", request["path"], body, told)
            response = connection.getresponse()
            found.append(Answer(response.status, response.read()))
    return found


def expected(read: dict[str, Any]) -> set[Pair]:
    """Return the true edges: what a request reads, its own content included, goes to all that it writes."""
    found: set[Pair] = set()
    for request in read["requests"]:
        endpoint = read["service"] + request["route"]
        sources = {endpoint, *read["process"], *request.get("reads", ())}
        found |= set(product(sources, {f"{endpoint}#response", *request.get("writes", ())}))
        found |= {(source, sink) for source, sink in request.get("inside", ())}
        found |= {(endpoint, log) for log in [read.get("accesses")] if log}
    return found


def found_in(spool: Path, names: Mapping[str, str]) -> Found:
    """Return the edges of a spool.

    Args:
        spool: Its directory.
        names: What a beginning of a URI is called in the file.
    """
    edges = load([spool]).edges()
    above = frozenset(_pair(edge, names) for edge in edges if edge.evidence is not Evidence.CONTEXT)
    return Found(above, frozenset(_pair(edge, names) for edge in edges))


def _pair(edge: Edge, names: Mapping[str, str]) -> Pair:
    return _named(edge.source, names).partition("#")[0], _field_less(_named(edge.sink, names))


def _field_less(sink: str) -> str:
    return re.sub(r"#(?!response$|request$).*", "", sink)


def _named(uri: str, names: Mapping[str, str]) -> str:
    for start, name in names.items():
        if uri.startswith(start):
            return name + uri.removeprefix(start)
    return uri
