"""No interleaving of scopes, zones, reads, writes, calls, threads and tasks shows anything but what the rules say.

``PRIVACYLIB_TEST_NIGHTLY=1`` tries many more, and longer ones.
"""

import os
from contextlib import AbstractContextManager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

import privacylib
from privacylib.decorators import Op
from privacylib.testing import capture
from tests.runtime.driving import Driver, Script, attached, lowered
from tests.runtime.model import (
    ABROAD,
    CLICKS,
    CLOSED,
    EMAIL,
    ENDPOINT,
    MODEL,
    NEAR,
    OPEN,
    PLAIN,
    POLICY,
    PUBLIC,
    USERS,
    Place,
    World,
)
from tests.runtime.world import MODES

NIGHTLY = os.environ.get("PRIVACYLIB_TEST_NIGHTLY") == "1"
EXAMPLES, STEPS = (300, 80) if NIGHTLY else (20, 40)

sources = st.sampled_from((USERS, EMAIL, CLICKS, CLICKS, PUBLIC, MODEL))
sinks = st.sampled_from((OPEN, OPEN, CLOSED, ABROAD, PLAIN))
endpoints = st.sampled_from((ENDPOINT, NEAR))
purposes = st.sampled_from(("reply", "reply", "reply.voice", "ads"))
admitted = st.none() | st.frozensets(st.sampled_from(("CONTACT", "CONTACT.EMAIL", "CLICK")))

_operations = st.one_of(
    st.tuples(st.just("read"), sources),
    st.tuples(st.just("write"), sinks),
    st.tuples(st.just("call"), endpoints),
)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    script = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.tuples(st.just("scope"), st.booleans(), st.booleans(), script),
        st.tuples(st.just("zone"), purposes, admitted, script),
        st.tuples(st.just("body"), sinks, script),
        st.tuples(st.just("thread"), script),
        inner,
    )


scripts: st.SearchStrategy[Script] = st.lists(
    st.recursive(_operations, _around, max_leaves=5), min_size=1, max_size=4
).map(tuple)


class Machine(RuleBasedStateMachine):
    """Drive one process; blocks are entered on their own, and left in any order."""

    mode: str

    @initialize()
    def start(self) -> None:
        self._capture = capture(POLICY, mode=self.mode, region="eu")
        self.world = World(MODES.index(self.mode))
        self.driver = Driver(self._capture.__enter__(), self.world)
        self.base: Place = self.world.process
        self.entered: list[tuple[AbstractContextManager[Any], Place, list[bool]]] = []

    def teardown(self) -> None:
        for block, _, _ in reversed(self.entered):
            with suppress(privacylib.PolicyDenied):
                block.__exit__(None, None, None)
        self._capture.__exit__(None, None, None)

    @property
    def here(self) -> Place:
        if self.entered:
            return self.entered[-1][1]
        self.base = self.driver.standing(self.base)
        return self.base

    def enter(self, block: AbstractContextManager[Any], inner: Place | None) -> None:
        if inner is None:
            with pytest.raises(privacylib.PolicyDenied):
                block.__enter__()
            return
        block.__enter__()
        self.entered.append((block, inner, []))

    @rule(script=scripts)
    def run(self, script: Script) -> None:
        self.driver.run(script, self.here)

    @rule(first=scripts, second=scripts)
    def run_tasks(self, first: Script, second: Script) -> None:
        self.driver.tasks(self.here, first, second)

    @rule(isolated=st.booleans(), fresh=st.booleans())
    def open_scope(self, isolated: bool, fresh: bool) -> None:
        self.enter(privacylib.scope("s", isolated, fresh), self.world.scope(self.here, isolated, fresh))

    @rule(purpose=purposes, labels=admitted)
    def open_zone(self, purpose: str, labels: frozenset[str] | None) -> None:
        inner = self.world.zone(self.here, purpose, None if labels is None else set(labels))
        self.enter(privacylib.zone(purpose, labels), inner)

    @rule(label=st.sampled_from(("CONTACT", "CLICK")), sink=st.sampled_from((CLOSED, OPEN)))
    def reclassify(self, label: str, sink: str) -> None:
        reviewed = (label, sink) == ("CONTACT", CLOSED)
        self.enter(lowered(label, sink), self.world.lower(self.here, label, set(), sink, reviewed))

    @rule(
        labels=st.frozensets(st.sampled_from(("CONTACT", "CLICK"))),
        around=st.lists(purposes, max_size=2).map(tuple),
        unknown=st.booleans(),
    )
    def attach(self, labels: frozenset[str], around: tuple[str, ...], unknown: bool) -> None:
        labels = frozenset[str]() if unknown else labels
        inner = self.world.attach(self.here, set(labels), around, unknown)
        self.enter(attached(labels, around, unknown), inner)

    @rule(sink=sinks)
    def open_write(self, sink: str) -> None:
        here = self.here
        expected, body = self.world.begin(here, sink)
        block = privacylib.write(sink)
        if body is None:
            self.driver.compare(expected, block.__enter__)
            return
        here.reads.open.append(body.chain[-1])
        self.enter(block, body)

    @precondition(lambda self: self.entered)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Leave any of the blocks; those that stand on top of it stay."""
        standing = [entry for entry in self.entered if not entry[2]]
        block, place, gone = data.draw(st.sampled_from(standing))
        gone.append(True)
        while self.entered and self.entered[-1][2]:
            self.entered.pop()
        if isinstance(block, Op):
            place.reads.open.remove(place.chain[-1])
            self.driver.compare(self.world.end(place), lambda: block.__exit__(None, None, None))
        else:
            self.world.leave(place)
            block.__exit__(None, None, None)
        self.driver.compare_held(self.here)


@pytest.mark.parametrize("mode", MODES)
def test_the_core_is_the_model(mode: str) -> None:
    machine = type(f"Machine_{mode}", (Machine,), {"mode": mode})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )  # fmt: skip
