"""Drive the public surface and the reference model side by side, and compare what each shows.

A script is a tuple of steps; those with a script of their own run it inside. Whatever a step
shows, seen or raised, must be what the model says.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import privacylib
from privacylib.model import Decision, PolicyContext, Zone
from privacylib.testing import Capture, Captured
from tests.runtime.model import Place, Seen, World

Step = tuple[Any, ...]
Script = tuple[Step, ...]


def aggregate() -> None:
    """Stand for a reviewed transform."""


class Driver:
    """One process as it is, and as the model has it.

    Args:
        seen: What the library records.
        world: The model.
    """

    def __init__(self, seen: Capture, world: World) -> None:
        self.seen = seen
        self.world = world
        self._outside: dict[object, Place] = {}

    def run(self, script: Script, place: Place) -> None:
        """Do the steps of a script where the model stands in `place`."""
        for name, *arguments in script:
            place = self.standing(place)
            getattr(self, name)(place, *arguments)
            place = self.standing(place)
            self.compare_held(place)

    def standing(self, place: Place) -> Place:
        """Return where work stands now: no longer in the process scope once a scope was opened."""
        if place is not self.world.process or not self.world.scoped:
            return place
        running = threading.current_thread() if asyncio._get_running_loop() is None else asyncio.current_task()  # pyright: ignore[reportPrivateUsage]
        return self._outside.setdefault(running, self.world.outside(place))

    def compare_held(self, place: Place) -> None:
        """Compare what is held, and for which purposes."""
        held, now = place.reads.visible(), privacylib.current()
        assert now.reads == tuple(sorted({source[0] for source in held}))
        assert now.labels == set[str]().union(*(source[1] for source in held))
        # Said twice, a purpose asks for no more: a context that is attached where it holds says it once.
        assert set(now.zone.purposes if now.zone else ()) == set(place.purposes)

    def compare(self, expected: Seen, done: Callable[[], object]) -> None:
        """Compare the decision on what is done, and its record."""
        raised: Decision | None = None
        try:
            done()
        except privacylib.PolicyDenied as denied:
            raised = denied.decision
        recorded = self.seen.records[-1]
        assert seen_as(recorded) == expected
        assert (raised is not None) == (expected.verdict == "DENY")
        assert raised is None or raised == recorded.decision

    # -- steps without a script

    def read(self, place: Place, uri: str) -> None:
        asset, _, name = uri.partition("#")

        def done() -> None:
            with privacylib.read(asset, [name] if name else ()):
                pass

        expected = self.world.read(place, uri)
        if expected.sources or expected.asset != uri:  # refused by a write that is open
            self.compare(expected, done)
        else:
            self.compare(Seen(asset, expected.rules, expected.verdict, (), expected.labels), done)

    def write(self, place: Place, asset: str) -> None:
        checked = privacylib.check("write", asset)
        expected, body = self.world.begin(place, asset)
        assert (checked.verdict.value, _rules(checked)) == (expected.verdict, expected.rules)
        self.compare(expected if body is None else self.world.end(body), privacylib.writes(asset)(_nothing))

    def call(self, place: Place, asset: str) -> None:
        count = len(self.seen.records)

        def done() -> None:
            with privacylib.call(asset):
                pass

        expected, body = self.world.begin(place, asset)
        if body is None:
            self.compare(expected, done)
            return
        expected, refused = self.world.end(body), self.world.respond(place, asset)
        try:
            done()
        except privacylib.PolicyDenied:
            assert refused is not None
            assert seen_as(self.seen.records[-1]) == refused
        else:
            assert refused is None
        assert seen_as(self.seen.records[count]) == expected

    # -- steps around a script, left in order

    def scope(self, place: Place, isolated: bool, fresh: bool, script: Script) -> None:
        self._inside(self.world.scope(place, isolated, fresh), privacylib.scope("s", isolated, fresh), script)

    def zone(self, place: Place, purpose: str, labels: frozenset[str] | None, script: Script) -> None:
        inner = self.world.zone(place, purpose, None if labels is None else set(labels))
        self._inside(inner, privacylib.zone(purpose, labels), script)

    def _inside(self, inner: Place, block: AbstractContextManager[Any], script: Script) -> None:
        with block:
            self.compare_held(inner)
            self.run(script, inner)
        self.world.leave(inner)

    def body(self, place: Place, asset: str, script: Script) -> None:
        """Run a script in the decorated body of a write."""
        count = len(self.seen.records)
        expected, inner = self.world.begin(place, asset)
        ran: list[Seen] = []

        @privacylib.writes(asset)
        def work() -> None:
            assert inner is not None
            self.run(script, inner)
            ran.append(self.world.end(inner))

        if inner is None:
            self.compare(expected, work)
            return
        work()
        assert len(self.seen.records) > count
        assert seen_as(self.seen.records[-1]) == ran[0]

    # -- steps in other threads and tasks, which carry where they were started

    def thread(self, place: Place, script: Script) -> None:
        inner = place if place.inside else self.world.outside(place)
        raised: list[BaseException] = []

        def work() -> None:
            before, self.world.who = self.world.who, (thread, thread)
            try:
                self.run(script, inner)
            except BaseException as error:  # noqa: BLE001 - raised below
                raised.append(error)
            self.world.who = before

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        for error in raised:
            raise error

    def tasks(self, place: Place, first: Script, second: Script) -> None:
        """Run two tasks one after the other, started before either runs."""

        async def work(script: Script, before: asyncio.Event, after: asyncio.Event) -> None:
            await before.wait()
            of_process = place.reads is self.world.process.reads and place is self.standing(place)
            here, self.world.who = self.world.who, (asyncio.current_task(), self.world.who[1])
            self.run(script, place if place.inside or of_process else self.world.outside(place))
            self.world.who = here
            after.set()

        async def both() -> None:
            begun, between, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
            begun.set()
            await asyncio.gather(work(second, between, ended), work(first, begun, between))

        asyncio.run(both())


def attached(labels: frozenset[str], purposes: tuple[str, ...], unknown: bool) -> AbstractContextManager[Any]:
    """Return the block of a context that was brought from elsewhere."""
    zone = Zone(purposes) if purposes else None
    if unknown:
        return privacylib.attached(PolicyContext(zone=zone, unknown="expired"))
    return privacylib.attached(PolicyContext(labels, zone, verified=True))


def lowered(label: str, sink: str) -> AbstractContextManager[Any]:
    """Return the block of a reclassification to nothing."""
    return privacylib.reclassify(
        {label}, to=(), sink=sink, transform=aggregate, reason="counts", reviewer="p@x", expires="2999-01-01"
    )


def _nothing() -> None:
    pass


def _rules(decision: Decision) -> frozenset[str]:
    return frozenset(violation.requirement for violation in decision.violations)


def seen_as(record: Captured) -> Seen:
    """Return what the model shows of an operation."""
    return Seen(record.asset, _rules(record.decision), record.decision.verdict.value, record.sources, record.labels)
