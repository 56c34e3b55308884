"""Hops into other processes and back: a real server, forks and pools of processes, with what the model says of them."""

from __future__ import annotations

import contextlib
import gc
import os
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import grpc

import privacylib
import privacylib.grpc
from privacylib.model import Decision
from tests.runtime.driving import Driver, Script
from tests.runtime.model import HOP, SOURCES, Entered, Place, Reads, Seen, Source, World

__all__ = [
    "ANSWERED", "DENIED", "REFUSED", "Arrivals", "Reaching", "Server", "forked", "imagined", "in_a_fork", "run_errand",
    "serving",
]  # fmt: skip

ANSWERED, REFUSED, DENIED = "answered", "refused", "denied"


@dataclass(eq=False)
class Request:
    """A request that was taken in, and not judged yet."""

    source: Source
    open: bool = True


class Reaching(World):
    """The world of a process with calls to itself, and with children."""

    def __init__(self, ceiling: int, command: tuple[str, ...] = ()) -> None:
        super().__init__(ceiling, command=command)
        self.requests: dict[int, tuple[Reads, Request]] = {}

    # -- remote calls

    def serve(self, caller: Place) -> tuple[Place, bool]:
        """Return where the handler of a call stands, and whether the call is refused at once."""
        self.scoped = True
        inside = caller.purposes, caller.admitted, _unknown(caller)
        inner = Place(Reads(self.start), *inside, around=(Entered(HOP, inside=inside),))
        source = (f"{HOP}#request", frozenset(_labels(caller)), inner.unknown)
        inner.reads.own.add(source)
        self.requests[id(inner.reads)] = inner.reads, Request(source)
        return inner, bool(caller.purposes) and self.judged(inner)

    def request_of(self, place: Place) -> Request | None:
        """Return the request that work in a place came with, if it is to be judged yet."""
        reads: Reads | None = place.reads
        while reads is not None:
            if (found := self.requests.get(id(reads))) is not None:
                return found[1] if found[1].open else None
            reads = reads.upper if reads.part else None
        return None

    def judged(self, place: Place) -> bool:
        """Judge the request that work in a place came with; return whether it is refused."""
        request = self.request_of(place)
        if request is None:
            return False
        if self.came_in(place, request.source).verdict == "DENY":
            return True
        request.open = False
        return False

    def came_in(self, place: Place, source: Source) -> Seen:
        """Decide whether what came from elsewhere may come in."""
        labels = set(source[1])
        return self._seen(HOP, self._read_rules(place, labels, source[2]), labels)

    def response(self, place: Place) -> Seen:
        """Decide a response to a caller that judges for itself."""
        held = place.reads.visible()
        flowing, unknown = _labels(place), any(source[2] for source in held)
        rules = self._write_rules(place, HOP, flowing, unknown)
        return self._seen(HOP, rules, flowing, tuple(sorted({source[0] for source in held})))

    def take_answer(self, caller: Place, handler: Place) -> bool:
        """Take in what a handler answers; return whether it is refused."""
        source = (f"{HOP}#response", frozenset(_labels(handler)), _unknown(handler))
        if self.came_in(caller, source).verdict == "DENY" or self.refused(caller, source) is not None:
            return True
        self.taking(caller).own.add(source)
        return False

    def take_refusal(self, caller: Place) -> str:
        """Take in that a call was refused, and return what becomes of it.

        An error is an answer, which brings what its annotation says: a write that is open around the caller may be
        one that nothing may flow into any more.
        """
        source = (f"{HOP}#response", frozenset(SOURCES[HOP]), False)
        if self.refused(caller, source) is not None:
            return DENIED
        self.taking(caller).own.add(source)
        return REFUSED

    # -- other processes

    def errand(self, place: Place) -> tuple[World, Place]:
        """Return a world and a place in it for a job in another process."""
        world = World(self.ceiling, scoped=True, command=self.command)
        inner = Place(
            Reads(Reads(own=place.reads.visible())), place.purposes, place.admitted, place.unknown, place.lowered,
            around=(Entered(world.who[0], inside=self.narrowed_by(place)),),
        )  # fmt: skip
        return world, inner

    def take_home(self, place: Place, own: set[Source], returned: set[Source]) -> bool:
        """Let a place hold what a job brings home; return whether that is refused."""
        writes = self.open_writes(place)
        seen = [self._write_seen(each.place, each.asset, each.held() | own | returned) for each in writes]
        refused = any(each.verdict == "DENY" for each in seen)
        for write in () if refused else writes:
            write.inflow |= own | returned
        self.taking(place).own |= own
        place.reads.brought |= returned
        return refused


def _labels(place: Place) -> set[str]:
    return set[str]().union(*(source[1] for source in place.reads.visible()))


def _unknown(place: Place) -> bool:
    return place.unknown or any(source[2] for source in place.reads.visible())


class Told(Driver):
    """A driver in another process, where nobody sees the records: what is raised is what is seen.

    Args:
        world: The model.
    """

    def __init__(self, world: World) -> None:
        super().__init__(cast("Any", None), world)

    def compare(self, expected: Seen, done: Callable[[], object]) -> None:
        raised: Decision | None = None
        try:
            done()
        except privacylib.PolicyDenied as denied:
            raised = denied.decision
        assert (raised is not None) == (expected.verdict == "DENY")
        assert raised is None or {each.requirement for each in raised.violations} == expected.rules


def in_a_fork(driver: Driver, script: Script, place: Place) -> None:
    """Run a script in a forked child, which has the model as it is from its parent's memory."""
    forked(lambda: Told(driver.world).run(script, place))


def forked(work: Callable[[], object]) -> None:
    """Do some work in a forked child.

    Raises:
        AssertionError: It failed: with what the child raised or said, and by which signal it was killed.
    """
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        gc.freeze()  # gRPC's objects break a child that collects them, where a call was under way when it was forked
        os.dup2(tell, 2)  # a C library says there why it aborts
        try:
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - told to the parent
            os.write(tell, traceback.format_exc().encode()[-60_000:])
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as told_by_child:
        said = told_by_child.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 0, f"{f'killed by signal {-code}' if code < 0 else f'ended with {code}'}, and said:\n{said}"


def run_errand(world: World, place: Place, script: Script) -> tuple[set[Source], set[Source]]:
    """Run a script as the job of a pool of processes; return what it brings home."""
    Told(world).run(script, place)
    return place.reads.own, place.reads.returned


def imagined(world: World, place: Place, script: Script) -> None:
    """Let the model alone run a script of reads, writes, scopes and zones."""
    for name, *arguments in script:
        if name == "read":
            world.read(place, *arguments)
        elif name != "write":
            *opened, inside = arguments
            inner = world.scope(place, *opened) if name == "scope" else world.zone(place, opened[0], opened[1])
            imagined(world, inner, inside)
            world.leave(inner)


class Server:
    """A server whose handlers do what they are told, and a channel to it."""

    def __init__(self, target: str) -> None:
        self._bare = grpc.insecure_channel(target)
        channel = grpc.intercept_channel(self._bare, privacylib.grpc.client_interceptor())
        self._ask: Any = cast("Any", channel).unary_unary("/soundness.Hops/Ask")

    def ask(self, number: int) -> str:
        """Call, and return what became of it."""
        try:
            self._ask(str(number).encode(), timeout=60, wait_for_ready=True)
        except privacylib.PolicyDenied:
            return DENIED
        except grpc.RpcError as error:
            if cast("Any", error).code() is grpc.StatusCode.PERMISSION_DENIED:
                return REFUSED
            raise
        return ANSWERED

    def close(self) -> None:
        """Close the channel."""
        self._bare.close()


class Arrivals:
    """Bring each handler together with who is to do its work."""

    def __init__(self) -> None:
        self._awaited: dict[bytes, Callable[[], None]] = {}

    def await_(self, number: int, work: Callable[[], None]) -> None:
        """Say what the handler of a call is to do."""
        self._awaited[str(number).encode()] = work

    def handle(self, request: bytes, context: object) -> bytes:
        """Handle a call."""
        del context
        self._awaited.pop(request)()
        return b""


@contextlib.contextmanager
def serving(arrivals: Arrivals) -> Generator[str]:
    """Serve in threads; yield the target."""
    handler: Any = cast("Any", grpc).unary_unary_rpc_method_handler(arrivals.handle)
    with ThreadPoolExecutor(16) as pool:
        server: Any = cast("Any", grpc).server(pool, interceptors=[privacylib.grpc.server_interceptor()])
        server.add_generic_rpc_handlers(
            [cast("Any", grpc).method_handlers_generic_handler("soundness.Hops", {"Ask": handler})]
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()
