"""A small web application under load, with everything on and enforcing: CPU for each request, on top of bare."""

import contextlib
import http.client
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from statistics import median

from attrs import frozen

from tests.benchmarks.model import Goal, Line, Size
from tests.benchmarks.worker import ROOT

__all__ = ["ROWS"]

CLIENTS, REQUESTS, QUICK = 4, 200, 8
UNLOADED = 2
"""Turns before the first that counts."""

NEEDED = {
    "bare": ("uvicorn", "starlette"),
    "carrying": (),
    "privacylib": (),
    "opentelemetry": tuple(f"opentelemetry.instrumentation.{name}" for name in ("grpc", "sqlite3", "starlette")),
}


class Served:
    """A process that serves the application."""

    def __init__(self, kind: str, port: int) -> None:
        self.kind = kind
        self._connections = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(CLIENTS)]

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            connection.close()

    def get(self, path: str, client: int = 0) -> str:
        """Return the body of a response."""
        connection = self._connections[client]
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        if response.status != http.client.OK:
            raise RuntimeError(f"{self.kind} answered {response.status} to {path}: {body}")
        return body

    def cpu(self, requests: int) -> float:
        """Let all clients make their part of the requests at once; return microseconds of CPU for each."""
        failed: list[Exception] = []

        def load(client: int) -> None:
            try:
                for number in range(requests // CLIENTS):
                    assert self.get(f"/users/{number % 100}", client) == f"u{number % 100}@example.org"
            except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
                failed.append(error)

        before = float(self.get("/cpu"))
        threads = [threading.Thread(target=load, args=(client,)) for client in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        return (float(self.get("/cpu")) - before) / requests * 1e6


@contextlib.contextmanager
def serving(kind: str) -> Generator[Served]:
    """Start the process, and stop it."""
    command = [sys.executable, "-m", "tests.benchmarks.shop", kind]
    quiet = os.environ | {"GRPC_VERBOSITY": "ERROR"}  # it tells of every connection that ends
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=quiet
    ) as process:
        assert process.stdout is not None
        try:
            with contextlib.closing(Served(kind, int(process.stdout.readline()))) as served:
                yield served
        finally:
            process.communicate()


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False


@frozen
class Web:
    """Load the application in each of its forms, in turns."""

    name: str = "web"

    def lines(self, size: Size) -> list[Line]:
        """Measure it; nothing where the server itself is not installed."""
        kinds = [kind for kind, needed in NEEDED.items() if all(map(_installed, needed))]
        if "bare" not in kinds:
            return []
        found: dict[str, list[float]] = {kind: [] for kind in kinds}
        requests = QUICK if size.quick else REQUESTS
        with contextlib.ExitStack() as stack:
            served = [stack.enter_context(serving(kind)) for kind in kinds]
            for number in range(UNLOADED + size.rounds):
                for each in served if number % 2 else reversed(served):  # nobody always comes after the same one
                    used = each.cpu(requests)
                    if number >= UNLOADED:
                        found[each.kind].append(used)
        bare, ours = found["bare"], found["privacylib"]
        theirs = found.get("opentelemetry", [])
        floor = _more(found["carrying"], bare)
        what = "CPU for each request of a web application"
        more, other = _more(ours, bare), _more(theirs, bare)
        return [
            Line(
                self.name, f"{what}, on top of bare", "%", median(more), "OpenTelemetry's instrumentations",
                median(other) if other else None, None, Goal(most=3), more, other, "" if theirs else "not installed",
            ),
            Line(self.name, what, "µs", median(ours), "bare", median(bare), 1 + median(more) / 100, Goal(), ours, bare),
            Line(
                self.name, "gRPC carries as many bytes, and nothing else is done, on top of bare", "%", median(floor),
                "privacylib", median(more), _ratio(floor, more), Goal(), floor, more,
            ),
            Line(
                self.name, "the same beside OpenTelemetry's instrumentations", "µs", median(ours), "OpenTelemetry's",
                median(theirs) if theirs else None, _ratio(ours, theirs), Goal(), ours, theirs,
                "" if theirs else "not installed",
            ),
        ]  # fmt: skip


def _ratio(ours: list[float], theirs: list[float]) -> float | None:
    """Return the median of the ratios of the rounds."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=False)]
    return median(ratios) if ratios else None


def _more(used: list[float], bare: list[float]) -> list[float]:
    """Return how much more each round used than the bare one beside it, in percent."""
    return [(one / other - 1) * 100 for one, other in zip(used, bare, strict=False)]


ROWS = (Web(),)
