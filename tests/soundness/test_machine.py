"""No interleaving of real work lets labelled data reach a sink that may not have it, and none denies what may flow.

Whatever is decided, raised, recorded and held, in whatever order the machine's hands do their work, must be what the
reference model says.

In CI some 1,500 steps are tried. ``PRIVACYLIB_TEST_NIGHTLY=1`` tries 100,000, ``PRIVACYLIB_TEST_STEPS=N`` tries N;
either prints how many were taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.runtime.model import EMAIL, OPEN
from tests.runtime.world import MODES
from tests.soundness.hands import Loop, Submitted
from tests.soundness.hops import Arrivals, Server, serving
from tests.soundness.machine import Soundness

STEPS = int(os.environ.get("PRIVACYLIB_TEST_STEPS") or (os.environ.get("PRIVACYLIB_TEST_NIGHTLY") == "1") * 100_000)
EXAMPLES = 100 if STEPS else 10
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("around"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def around() -> Iterator[None]:
    """Serve and loop outside any scope."""
    Soundness.arrivals, Soundness.loop = Arrivals(), Loop()
    with serving(Soundness.arrivals) as target:
        Soundness.server = Server(target)
        yield
        Soundness.server.close()
    Soundness.loop.close()


@pytest.mark.parametrize("mode", MODES)
def test_no_interleaving_shows_anything_but_what_the_model_says(mode: str) -> None:
    machine = type(f"Soundness_{mode}", (Soundness,), {"mode": mode})
    before = Soundness.taken
    while True:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=50, deadline=None, database=None,
                report_multiple_bugs=False, phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
            ),
        )  # fmt: skip
        print(f"{mode}: {Soundness.taken - before} steps")  # noqa: T201 - for who runs it by night
        if Soundness.taken - before >= STEPS / len(MODES):
            break


def test_a_refusal_is_an_answer_which_an_open_write_around_the_call_may_refuse() -> None:
    """The server refuses the request, and the write that is open around the caller refuses what comes back."""
    machine: Soundness = type("Soundness_enforce", (Soundness,), {"mode": "enforce"})()
    machine.start(children=True, command=())
    try:
        machine.open_scope(number=0, isolated=False, fresh=False)
        machine.leave(number=0, which=0)
        machine.open_write(number=0, sink=OPEN)
        machine.send_away(number=0, script=(("zone", "reply", None, (("read", EMAIL),)),))
        machine.start_generator(number=0, purpose="reply", labels=frozenset(), later=False)
        machine.start_hand(number=1, kind=Submitted)
        machine.ask(number=0)
    finally:
        machine.teardown()
