"""A process under a policy, for tests that look at what it recorded."""

import textwrap
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from privacylib import init, integrations, shutdown
from privacylib.context import PROCESS, set_frame
from privacylib.graph import Denied, Edge, load
from privacylib.instrumentation import patching

__all__ = ["Watched", "instrumented", "watched"]

POLICY = """
version: 1
labels: {CONTACT: {}, INTERACTION: {}}
purposes: {reply: {}, ads: {}}
assets:
  - {match: "db://users", labels: [CONTACT]}
  - {match: "db://asked", labels: [INTERACTION]}
  - {match: "http://web/reply/**", labels: [CONTACT]}
  - {match: "file://**/plain*", labels: []}
  - {match: "file://**/contacts*", labels: [CONTACT]}
  - {match: "sqlite://**/contacts", labels: [CONTACT]}
  - {match: "postgres://*/*.contacts", labels: [CONTACT]}
  - {match: "mysql://*/*.contacts", labels: [CONTACT]}
  - {match: "duckdb://**/*.contacts", labels: [CONTACT]}
  - {match: "*://*/*.{…}", labels: []}
  - {match: "duckdb://**/{…}", labels: []}
  - {match: "redis://**/{…}", labels: []}
  - {match: "mongodb://*/*.contacts", labels: [CONTACT]}
  - {match: "http://*/contacts*", labels: [CONTACT]}
  - {match: "command://contacts", labels: [CONTACT]}
  - {match: "logging://web/contacts", labels: [CONTACT]}
  - {match: "logging://web/structlog", labels: [CONTACT]}
  - {match: "redis://**/contacts*", labels: [CONTACT]}
  - {match: "s3://**/contacts*", labels: [CONTACT]}
  - {match: "memory://**/contacts*", labels: [CONTACT]}
  - {match: "*://*:*/contacts*", labels: [CONTACT]}
  - {match: "smtp://127.0.0.1:*/mail", labels: [CONTACT]}
requirements:
  - {id: contact-reply, applies_to: [CONTACT], allow: {purposes: [reply]}, mode: enforce}
"""


class Watched:
    """What a process under a policy recorded so far."""

    def __init__(self, spool: Path) -> None:
        self.spool = spool

    def edges(self) -> list[Edge]:
        return load([self.spool]).edges()

    def pairs(self) -> set[tuple[str, str]]:
        return {(edge.source, edge.sink) for edge in self.edges()}

    def denied(self) -> list[Denied]:
        return load([self.spool]).denied()


@contextmanager
def watched(
    directory: Path, more: str = "", mode: str = "enforce", service: str = "web", policy: str = POLICY
) -> Generator[Watched]:
    """Run privacylib in this process, with a spool in `directory`.

    Args:
        directory: An empty directory.
        more: Further keys of the policy file.
        mode: The ceiling.
        service: Name of the service.
        policy: The policy to which `more` is added.
    """
    file, spool = directory / "policy.yaml", directory / "spool"
    file.write_text(textwrap.dedent(policy) + textwrap.dedent(more))
    PROCESS.restart()
    set_frame(None)
    init(service=service, policy=file, spool=spool, mode=mode)
    try:
        yield Watched(spool)
    finally:
        shutdown()
        set_frame(None)
        PROCESS.restart()


@contextmanager
def instrumented(directory: Path, *names: str, more: str = "", mode: str = "enforce") -> Generator[Watched]:
    """Run privacylib in this process with integrations in place, and put the originals back.

    Args:
        directory: As in `watched`.
        names: Of the integrations; a test may install others.
        more: As in `watched`.
        mode: As in `watched`.
    """
    with watched(directory, more, mode) as found:
        integrations.install(frozenset(names))
        try:
            yield found
        finally:
            patching.uninstall()
