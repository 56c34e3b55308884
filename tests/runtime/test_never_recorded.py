"""``record: never``: decided as always, and held by its scope, without a record of its own."""

from collections.abc import Callable

import pytest

import privacylib
from privacylib.testing import capture
from tests.runtime.world import CLICKS, CLOSED, LOG, POLICY, PUBLIC, RANKER, USERS, VERDICTS, denied


def never(*assets: str, policy: str = POLICY) -> str:
    """Return the policy under which some assets are never recorded."""
    entries = "".join(f'  - {{match: "{asset}", record: never}}\n' for asset in assets)
    return policy.replace("assets:\n", f"assets:\n{entries}")


@privacylib.reads(CLICKS)
def decorated() -> None: ...


@privacylib.reads(CLICKS)
async def awaited() -> None: ...


def opened() -> None:
    with privacylib.read(CLICKS):
        pass


def resumed() -> None:
    with pytest.raises(StopIteration):
        awaited().send(None)


@privacylib.writes(LOG)
def log() -> None: ...


@privacylib.writes(CLOSED)
def leak() -> None: ...


READS = pytest.mark.parametrize("read", [decorated, opened, resumed], ids=["function", "block", "coroutine"])


@READS
def test_it_leaves_no_record_and_its_edge_stays(read: Callable[[], None]) -> None:
    with capture(never(CLICKS)) as seen:
        for _ in range(3):
            with privacylib.zone("assistant"):
                read()
                log()
                read()
                log()
        assert privacylib.current().labels == set()
    assert seen.of("READ") == []
    assert [(record.sources, record.links) for record in seen.of("WRITE")] == [((CLICKS,), ())] * 6
    assert [(edge["source"], edge["sink"], edge["count"]) for edge in seen.edges] == [(CLICKS, LOG, 6)]
    assert all(span.links == () for span in seen.spans)


@READS
def test_its_labels_are_held_and_stop_what_they_must(read: Callable[[], None]) -> None:
    for mode in ("observe", "enforce"):
        with capture(never(CLICKS), mode=mode) as seen, privacylib.zone("assistant"):
            for _ in range(2):
                read()
                assert privacylib.current().labels == {"INTERACTION"}
                with denied(mode, "flow"):
                    leak()
        assert [record.decision.verdict for record in seen.of("WRITE")] == [VERDICTS[mode]] * 2


@READS
@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_what_breaks_a_rule_is_recorded(read: Callable[[], None], mode: str) -> None:
    with capture(never(CLICKS), mode=mode) as seen, privacylib.zone("ads"):
        for _ in range(2):
            with denied(mode, "interaction-use"):
                read()
    assert [record.decision.verdict for record in seen.of("READ")] == [VERDICTS[mode]] * 2


@READS
def test_mandatory_lineage_wins(read: Callable[[], None]) -> None:
    policy = never(CLICKS, policy=POLICY.replace("mode: enforce}", "lineage: mandatory, mode: enforce}"))
    for mode in ("observe", "enforce"):
        with capture(policy, mode=mode) as seen, privacylib.zone("assistant"):
            for _ in range(2):
                read()
                log()
        assert len(seen.of("READ")) == 2
        assert [len(record.links) for record in seen.of("WRITE")] == [1, 1]


@READS
def test_it_flows_into_a_write_that_is_open_around_it(read: Callable[[], None]) -> None:
    @privacylib.writes(CLOSED)
    def writing() -> None:
        read()

    with capture(never(CLICKS), mode="enforce") as seen:
        for _ in range(2):
            with privacylib.zone("assistant"), pytest.raises(privacylib.PolicyDenied):
                writing()
            with privacylib.zone("assistant"), pytest.raises(privacylib.PolicyDenied), privacylib.write(CLOSED):
                read()
    assert len(seen.denied) == 4


def test_each_scope_holds_it() -> None:
    with capture(never(CLICKS)):
        for _ in range(3):
            with privacylib.scope("one"):
                decorated()
                with privacylib.scope("part", isolated=True):
                    decorated()
                    assert privacylib.current().labels == {"INTERACTION"}
            with privacylib.scope("other"):
                assert privacylib.current().labels == set()
                decorated()
                assert privacylib.current().labels == {"INTERACTION"}


def test_other_reads_are_linked_beside_it() -> None:
    with capture(never(CLICKS)) as seen:
        for _ in range(3):
            with privacylib.zone("assistant"):
                with privacylib.read(USERS):
                    pass
                decorated()
                log()
    (users, *_), writes = seen.of("READ"), seen.of("WRITE")
    assert writes[0].sources == (CLICKS, USERS)
    assert writes[0].links == ((users.key, users.span),)


def test_a_write_leaves_none_either() -> None:
    with capture(never(LOG)) as seen:
        for _ in range(3):
            with privacylib.zone("assistant"):
                decorated()
                log()
                with privacylib.write(LOG):
                    pass
            with privacylib.zone("ads"):
                log()
    assert [record.kind for record in seen.records] == ["READ"] * 3


def test_a_write_is_recorded_where_a_rule_is_broken() -> None:
    with capture(never(CLOSED)) as seen, privacylib.zone("assistant"):
        for _ in range(2):
            leak()
            decorated()
            leak()
    assert len(seen.of("WRITE")) == 3


def test_the_first_entry_that_says_something_counts() -> None:
    policy = never("**").replace("assets:\n", f'assets:\n  - {{match: "{PUBLIC}", record: always}}\n')
    with capture(policy) as seen, privacylib.zone("assistant"), privacylib.read(PUBLIC):
        decorated()
    assert [record.asset for record in seen.records] == [PUBLIC]


def test_a_call_leaves_none_and_its_response_is_held() -> None:
    @privacylib.calls(RANKER)
    def rank() -> None: ...

    with capture(never(RANKER)) as seen, privacylib.zone("assistant"):
        for _ in range(2):
            rank()
            assert privacylib.current().labels == {"INTERACTION"}
        log()
    (write,) = seen.records
    assert (write.sources, write.links) == ((f"{RANKER}#response",), ())
