"""What work takes along into another process, and what it brings home."""

from collections.abc import Callable

from attrs import frozen

from privacylib.context import PROCESS, Entered, Frame, LatestReads, ReadSet, Scope, runner_id, set_frame
from privacylib.model import Asset, Evidence, Mode, PolicyDenied, Source, Zone
from privacylib.policy.lowering import Lowering
from privacylib.runtime import ACTIVE, faults, into_open_writes

__all__ = ["LOST", "RESTART", "Baton", "Home", "Reads", "baton", "brought", "receive", "seen", "take_home"]

Reads = tuple[tuple[Source, tuple[bytes, int]], ...]
"""Reads, each with correlation key and number of its span."""

LOST = Asset("context", "worker")
"""What is held instead where a worker could not tell what it has read."""


class _Restart:
    """How another process starts privacylib as this one did; None where nobody called `init`."""

    __slots__ = ("call", "version")

    def __init__(self) -> None:
        self.call: Callable[[], None] | None = None
        self.version = 0


RESTART = _Restart()


@frozen
class Baton:
    """Hold the context of work, so that it can be pickled.

    Args:
        name: What the scope is called.
        key: Its correlation key.
        parent: Span id around it.
        inside: Whether there is a scope; otherwise the reads belong to the process.
        zone: The zones around it.
        around: The zone of the process.
        lowered: Reclassifications in force.
        held: Reads of the scope.
        process: Reads of the process scope.
        restart: Starts privacylib where it is not in force yet.
        version: Which configuration that is.
        strict: Whether work must not run where it cannot be started.
        tracestate: What other tracers say of its trace.
    """

    name: str
    key: bytes
    parent: int
    inside: bool
    zone: Zone
    around: Zone
    lowered: tuple[Lowering, ...]
    held: Reads
    process: Reads
    restart: Callable[[], None] | None
    version: int
    strict: bool
    tracestate: str

    def start(self) -> None:
        """Start privacylib in this process, unless it is in force with the same configuration.

        Raises:
            Exception: Whatever `init` raised, where the work may run under nothing less.
        """
        if self.restart is None or (ACTIVE.snapshot is not None and RESTART.version == self.version):
            return
        try:
            self.restart()
            RESTART.version = self.version
        except Exception as error:
            if self.strict:
                raise
            faults.swallowed("starting", error)

    def frame(self, *, with_process: bool, entered: Zone | None = None) -> Frame:
        """Return a frame for the work, whose own reads are told apart from those it was given.

        Args:
            with_process: Whether the reads of the process scope are among those given.
            entered: The zone in which the work begins units of its own; None for one that nobody waits for.
        """
        given = ReadSet(self.key, PROCESS.frame.scope.reads)
        receive(given, self.held)
        if with_process:
            receive(given, self.process)
        scope = Scope(self.name, self.key, ReadSet(self.key, given), self.parent, tracestate=self.tracestate)
        if entered is None:
            return Frame(scope, self.zone, None, None, self.lowered)
        scope.by = runner_id()
        return Frame(scope, self.zone, _inside(entered), None, self.lowered)

    def begin_process(self) -> None:
        """Let a process that was just started live by the context of whoever started it."""
        self.start()
        process = PROCESS.frame
        receive(process.scope.reads, self.process)
        process.zone = self.around
        if self.inside:
            set_frame(self.frame(with_process=False))
        else:
            receive(process.scope.reads, self.held)


def _inside(zone: Zone) -> Frame:
    """Return the frame of a zone that the running work stands in, as if it had entered that itself."""
    around = PROCESS.frame.scope
    scope = Scope(around.name, around.key, around.reads)
    frame = Entered(scope, zone)
    scope.by, frame.step = runner_id(), None
    return frame


def baton(frame: Frame | None) -> Baton:
    """Return what work under a frame takes along."""
    process = PROCESS.frame
    snapshot, frame = ACTIVE.snapshot, frame or PROCESS.outside()
    scope = process.scope if frame is None else frame.scope
    held = scope.reads.returned.listed() if scope is process.scope else seen(scope.reads, process.scope.reads)
    return Baton(
        scope.name, scope.key, scope.parent, scope.opened,
        process.zone if frame is None else frame.zone, process.zone,
        () if frame is None else frame.lowered,
        held, scope.reads.listed() if scope is process.scope else process.scope.reads.listed(),
        RESTART.call, RESTART.version, snapshot is not None and snapshot.mode is Mode.ENFORCE,
        scope.tracestate,
    )  # fmt: skip


def seen(reads: ReadSet, below: ReadSet | None) -> Reads:
    """Return all that is visible in a read set, without what `below` holds; all of it for None."""
    found = {**dict(reads.listed()), **dict(reads.returned.listed())}
    upper = reads.upper
    while upper is not None and upper is not below:
        found = {**dict(upper.listed()), **found}
        upper = upper.upper
    return tuple(found.items())


def receive(reads: LatestReads, given: Reads) -> None:
    """Let a read set hold reads that were brought from elsewhere."""
    for source, (key, span) in given:
        reads.add(source, span if key == reads.key else (key, span))


@frozen
class Home:
    """Hold what work in another process has read.

    Args:
        reads: What it read itself.
        returned: What isolated scopes in it read.
        unknown: Why that cannot be told, or None.
    """

    reads: Reads = ()
    returned: Reads = ()
    unknown: str | None = None

    @classmethod
    def lost(cls, reason: str) -> "Home":
        """Return what is brought home where a worker cannot tell."""
        return cls(
            ((Source(LOST, None, frozenset(), reason, Evidence.CONTEXT, annotated=False), (bytes(16), 0)),), (), reason
        )


def brought(frame: Frame) -> Home:
    """Return what the work of a frame brings home, with what its process holds by now."""
    if ACTIVE.snapshot is None:
        return Home.lost("not-initialised")
    reads = frame.scope.reads
    given = reads.upper
    own = {**dict(PROCESS.frame.scope.reads.listed()), **dict(reads.listed())}
    if given is not None:
        own = {source: link for source, link in own.items() if source not in given.latest or source in reads.latest}
    return Home(tuple(own.items()), reads.returned.listed())


def take_home(frame: Frame, home: Home, into: ReadSet | None = None) -> PolicyDenied | None:
    """Let the scope of a frame hold what was brought.

    Args:
        frame: Where the work stood that handed the job out.
        home: What the job brings.
        into: What takes in what was read; left out for the scope's own reads.

    Returns:
        The denial, where a write is open that an enforced rule keeps the data from.
    """
    reads, denied = frame.scope.reads, None
    try:
        into_open_writes(frame, tuple(source for source, _ in home.reads + home.returned))
    except PolicyDenied as error:
        denied = error
    receive(reads if into is None else into, home.reads)
    receive(reads.returned, home.returned)
    return denied
