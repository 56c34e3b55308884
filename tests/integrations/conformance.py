"""The suite that every integration passes: `Conformance`, with one subclass for each in this folder."""

import asyncio
import importlib.util
import inspect
import sys
from collections.abc import Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from attrs import frozen

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Subclass, Target
from privacylib.model import Decision, Mode, Verdict, Violation
from tests.watched import Watched, watched

__all__ = ["SERVED", "USERS", "Conformance", "Host", "denied", "users"]

USERS = "db://users"
IMMUTABLE = 1 << 8
"""Py_TPFLAGS_IMMUTABLETYPE."""

SERVED = """
zones:
  - {match: "http://web/reply/**", purpose: reply}
  - {match: "http://web/leak", purpose: reply}
"""
"""Where contacts may be served, and where not."""

EGRESS = "trust: {egress: []}\n"


@privacylib.reads(USERS)
def users() -> str:
    return "ana@example.org"


@frozen
class Host:
    """A program that uses the library.

    Args:
        sink: URI of what `allowed` writes.
        allowed: Writes contacts where they may be.
        refused: Would write contacts where they may not be, and raises `PolicyDenied`.
        arrived: Returns whether anything of what is refused arrived.
        failing: Lets the library raise `error`.
        error: What the library raises.
        awaited: As `allowed`, in a coroutine; None where the library has none.
        endless: Waits in the library until it is cancelled; None where nothing waits.
        streamed: As `allowed`, in several pieces; None where the library has none.
        holds: Whether the work that calls the functions has to read contacts first; else the host reads them.
    """

    sink: str
    allowed: Callable[[], object]
    refused: Callable[[], object]
    arrived: Callable[[], bool]
    failing: Callable[[], object]
    error: type[BaseException]
    awaited: Callable[[], Awaitable[object]] | None = None
    endless: Callable[[], Awaitable[object]] | None = None
    streamed: Callable[[], object] | None = None
    holds: bool = True


class Conformance:
    """Sync, async, streaming, exception, cancellation, patched twice, unpatched, isolated, denied before the I/O."""

    name: ClassVar[str]
    with_: ClassVar[frozenset[str]] = frozenset()
    """Integrations that it stands on."""
    more: ClassVar[str] = ""

    def serve(self, directory: Path) -> AbstractContextManager[Host]:
        """Start the host program, with the integration in place."""
        raise NotImplementedError

    @pytest.fixture
    def here(self, tmp_path: Path) -> Iterator[Watched]:
        with watched(tmp_path, EGRESS + self.more) as found:
            yield found

    @contextmanager
    def host(self, here: Watched) -> Generator[Host]:
        """Put the integration in place for a host that runs meanwhile."""
        integrations.install(self.with_ | {self.name})
        try:
            with self.serve(here.spool.parent) as host:
                yield host
        finally:
            patching.uninstall()

    def test_sync(self, here: Watched) -> None:
        with self.host(here) as host:
            holding(host, host.allowed)
        assert flows(here, host) == [(1, "ALLOW")]

    def test_async(self, here: Watched) -> None:
        with self.host(here) as host:
            awaited = host.awaited or pytest.skip("the library has no coroutines")

            async def work() -> None:
                with privacylib.zone("reply"):
                    users()
                    await awaited()

            copy_context().run(asyncio.run, work())
        assert flows(here, host) == [(1, "ALLOW")]

    def test_streaming(self, here: Watched) -> None:
        with self.host(here) as host:
            holding(host, host.streamed or pytest.skip("the library has no streams"))
        assert flows(here, host) == [(1, "ALLOW")]

    def test_an_exception_is_the_librarys_own(self, here: Watched) -> None:
        with self.host(here) as host:
            with pytest.raises(host.error) as patched:
                host.failing()
            patching.uninstall()
            with pytest.raises(host.error) as bare:
                host.failing()
        assert type(patched.value) is type(bare.value)
        assert str(patched.value) == str(bare.value)

    def test_a_cancellation_passes_through(self, here: Watched) -> None:
        with self.host(here) as host:
            endless = host.endless or pytest.skip("nothing waits in the library")

            async def work() -> None:
                with privacylib.zone("reply"):
                    task = asyncio.ensure_future(endless())
                await asyncio.sleep(0.2)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

            asyncio.run(work())

    def test_fault_43_patched_twice_is_one_record(self, here: Watched) -> None:
        integrations.install(frozenset({self.name}))
        with self.host(here) as host:
            holding(host, host.allowed)
        assert flows(here, host) == [(1, "ALLOW")]

    @pytest.mark.usefixtures("here")
    def test_unpatched_is_the_identical_object(self) -> None:
        patches = targets(self.name)
        before = [found(patch) for patch in patches]
        integrations.install(frozenset({self.name}))
        during = [found(patch) for patch in patches]
        uncovered = dict(patching.uncovered)
        patching.uninstall()
        assert not uncovered.keys() & {patch.target for patch in patches}
        kept = [not changeable(patch) and not derived(patch, patches) for patch in patches]
        assert [new is old for new, old in zip(during, before, strict=True)] == kept
        assert all(found(patch) is old for patch, old in zip(patches, before, strict=True))

    @pytest.mark.usefixtures("here")
    def test_fault_39_a_patched_function_looks_the_same(self) -> None:
        patches = targets(self.name)
        before = [looks(found(patch)) for patch in patches]
        integrations.install(frozenset({self.name}))
        after = [looks(found(patch)) for patch in patches]
        patching.uninstall()
        assert after == before

    def test_contexts_do_not_meet(self, here: Watched) -> None:
        with self.host(here) as host, ThreadPoolExecutor(4) as pool:
            for job in [pool.submit(holding, host, host.allowed) for _ in range(8)]:
                job.result()
        assert {decision for _, decision in flows(here, host)} == {"ALLOW"}
        assert privacylib.current().labels == frozenset()

    def test_denied_before_the_io(self, here: Watched) -> None:
        with self.host(here) as host:
            with pytest.raises(PolicyDenied):
                holding(host, host.refused)
            assert not host.arrived()
        assert here.denied()

    def test_fault_51_a_denial_that_is_swallowed_lets_nothing_through(self, here: Watched) -> None:
        def stubborn() -> None:
            for _ in range(2):
                with suppress(Exception):
                    host.refused()

        with self.host(here) as host:
            holding(host, stubborn)
            assert not host.arrived()

    def test_before_init_everything_passes_through(self, here: Watched) -> None:
        with self.host(here) as host:
            privacylib.shutdown()
            host.allowed()
            host.refused()
            assert host.arrived()
        assert not flows(here, host)


def denied(requirement: str) -> PolicyDenied:
    """Return what a server's refusal means to its client."""
    return PolicyDenied(Decision(Verdict.DENY, (Violation(requirement, "", "", Mode.ENFORCE),)), "http://web/leak")


def holding(host: Host, act: Callable[[], object]) -> None:
    """Act in a zone for replies, holding contacts where the host does not read them itself."""
    with privacylib.scope("work", fresh=True), privacylib.zone("reply"):
        if host.holds:
            users()
        act()


def flows(here: Watched, host: Host) -> list[tuple[int, str]]:
    """Return how often contacts came into the host's sink, by decision."""
    return [(edge.count, edge.decision) for edge in here.edges() if (edge.source, edge.sink) == (USERS, host.sink)]


def targets(name: str) -> list[Target]:
    """Return the patches of an integration whose modules are here."""
    (table,) = (each for each in integrations.integrations(frozenset({name})) if each.name == name)
    patches = [patch for patch in table.patches if patching.applies(table, patch)]
    return [patch for patch in patches if is_here(patch.module.partition(".")[0])]


def is_here(package: str) -> bool:
    """Return whether a package can be imported; one that is may have no specification."""
    return package in sys.modules or importlib.util.find_spec(package) is not None


def found(patch: Target) -> Any:
    """Return what stands at a patch's target."""
    owner: Any = importlib.import_module(patch.module)
    *path, name = patch.target.partition(":")[2].split(".")
    for step in path:
        owner = getattr(owner, step)
    return inspect.getattr_static(owner, name)


def changeable(patch: Target) -> bool:
    """Return whether a target can be replaced where it stands; classes of the interpreter cannot."""
    module, _, path = patch.target.partition(":")
    owner: Any = getattr(importlib.import_module(module), path.split(".")[0])
    return not isinstance(owner, type) or not owner.__flags__ & IMMUTABLE


def derived(patch: Target, patches: list[Target]) -> bool:
    """Return whether a target is a class that a subclass stands for, or belongs to one."""
    classes = {one.target for one in patches if isinstance(one, Subclass)}
    return bool({patch.target, patch.target.rpartition(".")[0]} & classes)


def looks(function: Any) -> tuple[object, ...]:
    """Return what inspection says of a function."""
    if isinstance(function, classmethod):
        function = cast("Any", function).__func__  # it is not always named itself
    try:
        signature: object = None if isinstance(function, type) else inspect.signature(function)
    except (TypeError, ValueError):
        signature = None
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction, inspect.isbuiltin)
    home = getattr(function, "__self__", None)
    return (function.__name__, function.__doc__, signature, home, *(kind(function) for kind in kinds))
