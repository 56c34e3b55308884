"""The services and jobs of the story as processes of their own, and their end."""

import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from privacylib.demo.places import Places
from privacylib.errors import PrivacyError

__all__ = ["DemoError", "Job", "Processes", "Service"]

_START = 60.0
"""Seconds within which a service must be ready."""
_END = 5.0
"""Seconds within which a service must end when it is asked to."""


class DemoError(PrivacyError):
    """Raised when the story cannot be told to its end."""


class Service:
    """A service that was started and is ready.

    Args:
        name: Its module in this package.
        process: Its process; says ``ready PORT`` on standard output.
        log: Where it writes what it complains of.
    """

    def __init__(self, name: str, process: "subprocess.Popen[str]", log: Path) -> None:
        self.name = name
        self.address = ""
        """``host:port``, once it is ready."""
        self._process = process
        self._log = log

    def wait(self) -> None:
        """Wait until it is ready.

        Raises:
            DemoError: It ended, or is not ready after a minute.
        """
        said = self._process.stdout
        ready = said is not None and select.select([said], [], [], _START)[0]
        word, _, port = said.readline().partition(" ") if ready and said else ("", "", "")
        if word != "ready":
            raise self.error("did not start")
        self.address = f"127.0.0.1:{int(port)}"

    def error(self, what: str) -> DemoError:
        """Return the error that says what it did, with the last words of its log."""
        return DemoError(f"the service {self.name} {what}{_complaint(self._log)}")

    def stop(self) -> None:
        """End it: it stops when its standard input closes, and is killed when it does not."""
        try:
            self._process.communicate(timeout=_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


class Job:
    """A job that ran to its end.

    Args:
        name: Its module in this package.
        status: Its exit status.
        log: Where it wrote what it complained of.
    """

    def __init__(self, name: str, status: int, log: Path) -> None:
        self.name = name
        self.status = status
        self._log = log

    def must_succeed(self) -> None:
        """Raise a `DemoError` if it failed."""
        if self.status != 0:
            raise DemoError(f"the job {self.name} failed with status {self.status}{_complaint(self._log)}")

    def must_be_refused(self) -> None:
        """Raise a `DemoError` unless a denial ended it."""
        if self.status == 0 or "PolicyDenied" not in self._log.read_text(encoding="utf-8", errors="replace"):
            raise DemoError(f"the job {self.name} was not refused, but ended with status {self.status}")


class Processes:
    """Start the programs of the story under one spool, and end those that still run when the block is left.

    Args:
        places: Where this run keeps its files.
        spool: The spool that all of them share.
    """

    def __init__(self, places: Places, spool: Path) -> None:
        self._places = places
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("PRIVACYLIB_")}
        self._environment["PRIVACYLIB_SPOOL"] = str(spool)
        self._running: list[Service] = []

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._running:
            self._running.pop().stop()

    def service(self, name: str, **addresses: str) -> Service:
        """Start a service and wait until it is ready.

        Args:
            name: Its module in this package.
            addresses: Where the services that it calls listen.

        Raises:
            DemoError: It did not start.
        """
        log = self._log_of(name)
        with log.open("ab") as complaints:
            process = subprocess.Popen(  # noqa: S603 - a program of this package
                self._command(name, addresses), env=self._environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
            )  # fmt: skip
        service = Service(name, process, log)
        self._running.append(service)
        service.wait()
        return service

    def stop(self, service: Service) -> None:
        """End a service before the others."""
        self._running.remove(service)
        service.stop()

    def job(self, name: str) -> Job:
        """Run a job to its end.

        Args:
            name: Its module in this package.
        """
        log = self._log_of(name)
        with log.open("ab") as complaints:
            status = subprocess.call(  # noqa: S603 - a program of this package
                self._command(name, {}), env=self._environment, stdin=subprocess.DEVNULL, stdout=complaints,
                stderr=complaints,
            )  # fmt: skip
        return Job(name, status, log)

    def _command(self, name: str, addresses: dict[str, str]) -> list[str]:
        options = [part for service, address in addresses.items() for part in (f"--{service}", address)]
        return [sys.executable, "-m", f"privacylib.demo.{name}", "--work", str(self._places.work), *options]

    def _log_of(self, name: str) -> Path:
        return self._places.work / f"{name}.log"


def _complaint(log: Path) -> str:
    """Return the last words of a log, for an error."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"; its last words:\n{os.linesep.join(lines[-5:])}" if lines else ""
