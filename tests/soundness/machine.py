"""The machine that tells hands what to do, and compares whatever follows with the model.

Hands are started from wherever another hand stands: threads, tasks, jobs, generators (sync and async,
stepped, closed and abandoned by others), handlers of gRPC calls. Each is told step by step what to do:
read, write, enter and leave scopes and zones in any order, fork, send jobs to other processes.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, ClassVar, TypeVar

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # it tells of each fork

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import privacylib
from privacylib.context import PROCESS
from privacylib.decorators import Op
from privacylib.model import NO_ZONE, Zone
from privacylib.testing import capture
from tests.runtime.driving import Driver, Script, attached, lowered, seen_as
from tests.runtime.model import CLICKS, CLOSED, EMAIL, HOP, OPEN, POLICY, PUBLIC, USERS, Place, Seen, Who
from tests.runtime.test_machine import admitted, endpoints, purposes, sinks, sources
from tests.runtime.world import MODES
from tests.soundness.hands import (
    PATIENCE,
    Apart,
    Asked,
    Awaited,
    Entered,
    Hand,
    Loop,
    Scheduled,
    Started,
    Stepped,
    SteppedLater,
    Submitted,
    given,
    outcome_of,
)
from tests.soundness.hops import (
    ANSWERED,
    DENIED,
    Arrivals,
    Reaching,
    Server,
    imagined,
    in_a_fork,
    run_errand,
)

MOST_HANDS = 8
AnyHand = TypeVar("AnyHand", bound=Hand)

_told_only = st.one_of(
    st.tuples(st.just("read"), st.sampled_from((USERS, EMAIL, CLICKS, PUBLIC))),
    st.tuples(st.just("write"), sinks),
)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    script = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.tuples(st.just("scope"), st.booleans(), st.booleans(), script),
        st.tuples(st.just("zone"), purposes, admitted, script),
        inner,
    )


scripts: st.SearchStrategy[Script] = st.lists(
    st.recursive(_told_only, _around, max_leaves=4), min_size=1, max_size=4
).map(tuple)
who = st.integers(0, MOST_HANDS - 1)


class Soundness(RuleBasedStateMachine):
    """Tell hands what to do."""

    mode: ClassVar[str]
    server: ClassVar[Server]
    arrivals: ClassVar[Arrivals]
    loop: ClassVar[Loop]
    taken: ClassVar[int] = 0
    """Steps of all machines."""

    @initialize(children=st.booleans(), command=st.sampled_from(((), ("reply",), ("ads",))))
    def start(self, children: bool, command: tuple[str, ...]) -> None:
        self._capture = capture(POLICY, mode=self.mode, region="eu")
        self.world = Reaching(MODES.index(self.mode), command)
        self.driver = Driver(self._capture.__enter__(), self.world)
        PROCESS.frame.zone = Zone(command) if command else NO_ZONE  # as the policy opens it around a command
        self.hands: list[Hand] = [Hand(self.world.process, self.unwind)]
        self.world.main = self.hands[0].number
        self.pool = ThreadPoolExecutor(MOST_HANDS)
        self.processes: ProcessPoolExecutor | None = None
        if children:  # forked now: a fork in the middle of a call is the end of gRPC in the child
            self.processes = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
            self.processes.submit(os.getpid).result(PATIENCE)
        self.calls = 0

    def teardown(self) -> None:
        try:
            while len(self.hands) > 1:
                self.end(next(hand for hand in reversed(self.hands) if not hand.busy))
            self.unwind(self.hands[0])
        finally:
            self.pool.shutdown()
            if self.processes is not None:
                self.processes.shutdown()
            self._capture.__exit__(None, None, None)

    @invariant()
    def count(self) -> None:
        Soundness.taken += 1

    # -- who stands where

    def hand(self, number: int, kind: type[AnyHand]) -> AnyHand | None:
        """Return one of the hands of a kind that are free."""
        free = [hand for hand in self.hands if isinstance(hand, kind) and not hand.busy]
        return free[number % len(free)] if free else None

    def any_hand(self, number: int) -> Hand:
        hand = self.hand(number, Hand)
        assert hand is not None  # a generator, or who was called, is never busy
        if isinstance(hand, Stepped):
            self.lead(hand, number)
        self.world.who = self.acting(hand)
        return hand

    def acting(self, hand: Hand) -> Who:
        """Return who does what a hand is told: whoever takes the steps of a generator."""
        runner = hand.driver if isinstance(hand, Stepped) else hand
        behalf = runner.behalf if isinstance(runner, (Submitted, Awaited)) else ()
        return runner.number, self.loop.number if isinstance(runner, Scheduled) else runner.number, *behalf

    def lead(self, hand: Stepped, number: int) -> None:
        """Choose who takes the next step of a generator."""
        kind: type[Hand] = Scheduled if isinstance(hand, SteppedLater) else Hand
        free = [
            each for each in self.hands if isinstance(each, kind) and not each.busy and not isinstance(each, Stepped)
        ]
        if not free:
            free = [self.started(Scheduled if kind is Scheduled else Started, self.hands[0])]
        hand.driver = free[number % len(free)]

    def step_ends(self, hand: Stepped) -> None:
        """Let the consumer of a generator have what a step has read."""
        place = hand.entered[-1].place if hand.entered else hand.base
        self.world.step_ends(place, self.here(hand.driver))

    def here(self, hand: Hand) -> Place:
        """Return where a hand stands."""
        if hand.entered:
            return hand.entered[-1].place
        hand.base = hand.do(lambda: self.driver.standing(hand.base))
        return hand.base

    def carried(self, hand: Hand) -> Place:
        """Return where work stands that a hand starts."""
        here = self.here(hand)
        return here if here.inside else self.world.outside(here)

    def compare_held(self, hand: Hand) -> None:
        here = self.here(hand)
        hand.do(lambda: self.driver.compare_held(here))

    # -- hands come and go

    def started(self, kind: type[Started | Submitted | Scheduled], by: Hand) -> Any:
        hand: Any = kind(self.carried(by), self.unwind)
        hand.behalf = self.acting(by)
        starts: dict[type[Any], Callable[[], None]] = {
            Started: lambda: hand.start(),  # noqa: PLW0108 - only a thread starts without more
            Submitted: lambda: hand.start(self.pool),
            Scheduled: lambda: hand.start(self.loop.loop),
            Awaited: lambda: hand.start(self.loop.loop),
        }
        by.do(starts[kind])
        self.hands.append(hand)
        self.compare_held(hand)
        return hand

    @rule(number=who, kind=st.sampled_from((Started, Submitted, Scheduled, Awaited)))
    def start_hand(self, number: int, kind: type[Started | Submitted | Scheduled]) -> None:
        by = self.any_hand(number)
        if len(self.hands) < MOST_HANDS:
            self.started(kind, by)

    @rule(number=who, purpose=purposes, labels=admitted, later=st.booleans())
    def start_generator(self, number: int, purpose: str, labels: frozenset[str] | None, later: bool) -> None:
        by = self.hand(number, Scheduled if later else Hand)
        if by is None or isinstance(by, Stepped) or len(self.hands) >= MOST_HANDS:
            return
        self.compare_held(by)  # who stands outside scopes is seen there before it opens one
        self.world.who = self.acting(by)
        inner = self.world.zone(self.here(by), purpose, None if labels is None else set(labels))
        if inner.entered is not None:
            inner.entered.by = None
        around = privacylib.zone(purpose, labels)
        hand = (SteppedLater if later else Stepped)(inner, self.unwind)
        hand.driver, hand.steps = by, lambda: self.step_ends(hand)
        work = (lambda: hand.start_here(around)) if isinstance(hand, SteppedLater) else (lambda: hand.start(around))
        if self.world.judged(inner):
            with pytest.raises(privacylib.PolicyDenied):
                by.do(work)
            return
        by.do(work)
        self.hands.append(hand)
        self.compare_held(hand)
        self.compare_held(by)

    @rule(number=who, kind=st.sampled_from((Started, Submitted, Scheduled, Awaited)), uri=sources, sink=sinks)
    def outlive(self, number: int, kind: type[Started | Submitted | Scheduled], uri: str, sink: str) -> None:
        """Start a hand in an isolated scope that is left before the hand reads, and write what has come of it."""
        by = self.any_hand(number)
        if len(self.hands) >= MOST_HANDS:
            return
        self.compare_held(by)
        self.enter(by, privacylib.scope("s", isolated=True), self.world.scope(self.here(by), isolated=True))
        hand = self.started(kind, by)
        by.do(lambda: self.leave_now(by, by.entered[-1]))
        self.world.who = self.acting(hand)
        self.read_by(hand, uri)
        self.end(hand)
        self.world.who = self.acting(by)
        self.compare_held(by)
        self.write_by(by, sink)

    @rule(number=who, abandoned=st.booleans())
    def end_hand(self, number: int, abandoned: bool) -> None:
        hand = self.any_hand(number)
        if hand is not self.hands[0]:
            self.end(hand, abandoned)

    def end(self, hand: Hand, abandoned: bool = False) -> None:
        if isinstance(hand, Stepped):
            self.lead(hand, 0)
        if isinstance(hand, Asked):
            self.answer(hand)
        elif isinstance(hand, Stepped) and abandoned:
            hand.abandon()
        else:
            hand.end()
        if isinstance(hand, Stepped):
            self.world.leave(hand.base)
        if hand in self.hands:
            self.hands.remove(hand)
        self.compare_held(self.hands[0])

    def unwind(self, hand: Hand) -> None:
        """Leave what a hand is in; done by the hand."""
        while hand.entered:
            self.leave_now(hand, hand.entered[-1])

    def leave_now(self, hand: Hand, entered: Entered) -> None:
        """Leave a block; those that stand on top of it stay. Done by the hand."""
        entered.gone = True
        while hand.entered and hand.entered[-1].gone:
            hand.entered.pop()
        block, place = entered.block, entered.place
        if isinstance(block, Op):
            place.reads.open.remove(place.chain[-1])
            self.driver.compare(self.world.end(place), lambda: block.__exit__(None, None, None))
        else:
            self.world.leave(place)
            block.__exit__(None, None, None)

    # -- what hands do

    @rule(number=who, uri=sources)
    def read(self, number: int, uri: str) -> None:
        self.read_by(self.any_hand(number), uri)

    def read_by(self, hand: Hand, uri: str) -> None:
        here = self.here(hand)
        hand.do(lambda: self.driver.read(here, uri))
        self.compare_held(hand)

    @rule(number=who, sink=sinks)
    def write(self, number: int, sink: str) -> None:
        self.write_by(self.any_hand(number), sink)

    def write_by(self, hand: Hand, sink: str) -> None:
        here = self.here(hand)
        if self.world.request_of(here) is None:
            hand.do(lambda: self.driver.write(here, sink))
            return
        writing = privacylib.writes(sink)(_nothing)
        if self.world.judged(here):
            with pytest.raises(privacylib.PolicyDenied):
                hand.do(writing)
            return
        expected, body = self.world.begin(here, sink)
        expected = expected if body is None else self.world.end(body)
        hand.do(lambda: self.driver.compare(expected, writing))

    @rule(number=who, asset=endpoints)
    def call(self, number: int, asset: str) -> None:
        hand = self.any_hand(number)
        here = self.here(hand)
        if self.world.request_of(here) is None:
            hand.do(lambda: self.driver.call(here, asset))
        self.compare_held(hand)

    def enter(self, hand: Hand, block: AbstractContextManager[Any], inner: Place | None) -> None:
        if inner is None:
            with pytest.raises(privacylib.PolicyDenied):
                hand.do(block.__enter__)
            return
        hand.do(block.__enter__)
        if isinstance(hand, Stepped) and inner.entered is not None:
            inner.entered.by = None
        hand.entered.append(Entered(block, inner))
        self.compare_held(hand)

    @rule(number=who, isolated=st.booleans(), fresh=st.booleans())
    def open_scope(self, number: int, isolated: bool, fresh: bool) -> None:
        hand = self.any_hand(number)
        self.compare_held(hand)
        inner = self.world.scope(self.here(hand), isolated, fresh)
        self.enter(hand, privacylib.scope("s", isolated, fresh), inner)

    @rule(number=who, purpose=purposes, labels=admitted)
    def open_zone(self, number: int, purpose: str, labels: frozenset[str] | None) -> None:
        hand = self.any_hand(number)
        self.compare_held(hand)
        inner = self.world.zone(self.here(hand), purpose, None if labels is None else set(labels))
        self.enter(hand, privacylib.zone(purpose, labels), None if self.world.judged(inner) else inner)

    @rule(number=who, label=st.sampled_from(("CONTACT", "CLICK")), sink=st.sampled_from((CLOSED, OPEN)))
    def reclassify(self, number: int, label: str, sink: str) -> None:
        hand = self.any_hand(number)
        reviewed = (label, sink) == ("CONTACT", CLOSED)
        inner = self.world.lower(self.here(hand), label, set(), sink, reviewed)
        self.enter(hand, lowered(label, sink), inner)

    @rule(number=who, around=st.lists(purposes, max_size=2).map(tuple), unknown=st.booleans())
    def attach(self, number: int, around: tuple[str, ...], unknown: bool) -> None:
        hand = self.any_hand(number)
        labels = frozenset[str]() if unknown else frozenset({"CLICK"})
        inner = self.world.attach(self.here(hand), set(labels), around, unknown)
        self.enter(hand, attached(labels, around, unknown), inner)

    @rule(number=who, sink=sinks)
    def open_write(self, number: int, sink: str) -> None:
        hand = self.any_hand(number)
        here, block = self.here(hand), privacylib.write(sink)
        if self.world.judged(here):
            self.enter(hand, block, None)
            return
        expected, body = self.world.begin(here, sink)
        if body is None:
            hand.do(lambda: self.driver.compare(expected, block.__enter__))
            return
        here.reads.open.append(body.chain[-1])
        self.enter(hand, block, body)

    @rule(number=who, which=st.integers(0, 5))
    def leave(self, number: int, which: int) -> None:
        hand = self.any_hand(number)
        standing = [entered for entered in hand.entered if not entered.gone]
        if standing:
            hand.do(lambda: self.leave_now(hand, standing[which % len(standing)]))
            self.compare_held(hand)

    # -- hops

    @rule(number=who, adder=who, uri=sources, sink=sinks)
    def add_callback(self, number: int, adder: int, uri: str, sink: str) -> None:
        """Let somebody end a job, whose callback somebody else added."""
        hand = self.hand(number, Submitted)
        by = self.any_hand(adder)
        if hand is None or hand is by or self.world.request_of(hand.base) is not None:
            return
        place, wrong = (hand.base if hand.base.inside else self.world.outside(hand.base)), list[BaseException]()
        called = threading.Event()

        def callback(_: object) -> None:
            try:
                self.driver.read(place, uri)
                self.driver.write(place, sink)
            except BaseException as error:  # noqa: BLE001 - raised below
                wrong.append(error)
            called.set()

        by.do(lambda: hand.future.add_done_callback(callback))
        self.world.who = self.acting(hand)
        hand.end()
        self.hands.remove(hand)
        assert called.wait(PATIENCE)
        for error in wrong:
            raise error
        if isinstance(by, Stepped):
            self.lead(by, adder)  # who took its steps may be gone
        self.compare_held(by)

    @rule(number=who)
    def ask(self, number: int) -> None:
        hand = self.hand(number, Apart)
        if hand is None or isinstance(hand, Scheduled) or len(self.hands) >= MOST_HANDS:
            return
        here = self.here(hand)
        self.calls += 1
        call = self.calls

        def asking() -> str:
            return self.server.ask(call)

        if self.world.judged(here):
            assert hand.do(asking) == DENIED
            return
        expected, body = self.world.begin(here, HOP)
        if body is None:
            assert hand.do(asking) == DENIED
            return
        inner, refused = self.world.serve(here)
        asked = Asked(inner, self.unwind)
        asked.await_call(hand, here)
        self.arrivals.await_(call, asked.begin)
        hand.order(asking)
        if refused:
            outcome = hand.outcome()
            self.compare_last("CALL", expected)
            assert outcome == self.world.take_refusal(here)
            return
        assert asked.arrived.acquire(timeout=PATIENCE)
        inner.around[0].by = asked.number
        hand.busy = True
        asked.expected = expected
        self.hands.append(asked)
        self.compare_held(asked)

    def answer(self, asked: Asked) -> None:
        asked.do(lambda: self.unwind(asked))
        place, response = asked.base, None
        refused = self.world.judged(place)
        if not refused:
            response = self.world.response(place)
            refused = response.verdict == "DENY"
        asked.order(None)
        outcome = asked.caller.outcome()
        asked.caller.busy = False
        self.compare_last("CALL", asked.expected)
        if response is not None:
            self.compare_last("SERVE", response)
        if refused:
            assert outcome == self.world.take_refusal(asked.called_at)
        else:
            assert outcome == (DENIED if self.world.take_answer(asked.called_at, place) else ANSWERED)
        self.compare_held(asked.caller)

    def compare_last(self, kind: str, expected: Seen) -> None:
        """Compare the last record of a kind."""
        assert seen_as(self.driver.seen.of(kind, HOP)[-1]) == expected

    @rule(number=who, script=scripts)
    def fork(self, number: int, script: Script) -> None:
        hand = self.any_hand(number)
        here = self.here(hand)
        runner = hand.driver if isinstance(hand, Stepped) else hand
        alone = not isinstance(runner, Asked | Scheduled)
        if here.inside and self.world.request_of(here) is None and alone:
            hand.do(lambda: in_a_fork(self.driver, script, here))

    @rule(number=who, script=scripts)
    def send_away(self, number: int, script: Script) -> None:
        """Let a job of a pool of processes run a script."""
        hand, pool = self.any_hand(number), self.processes
        if pool is None:
            return
        here = self.here(hand)
        world, place = self.world.errand(here)
        future = hand.do(lambda: pool.submit(run_errand, world, place, script))
        _, raised = hand.do(lambda: outcome_of(lambda: future.result(PATIENCE)))
        imagined(world, place, script)
        refused = self.world.take_home(here, place.reads.own, place.reads.returned)
        if refused and isinstance(raised, privacylib.PolicyDenied):
            raised = None
        else:
            assert not refused
        given((None, raised))
        self.compare_held(hand)


def _nothing() -> None:
    pass
