"""What depends on what: the edges of a write, and how each is known."""

import tracemalloc

import pytest

import privacylib
from privacylib.context import WIDEST
from privacylib.graph import Graph
from privacylib.model import Evidence
from privacylib.testing import Capture, capture
from tests.runtime.world import CLICKS, CLOSED, LOG, PUBLIC, USERS, only, read, sources, write


def test_a_write_depends_on_every_read_of_its_scope_that_began_before_it_ended(observed: Capture) -> None:
    with privacylib.scope("work"):
        read(USERS)
        with privacylib.write(LOG), privacylib.read(CLICKS):
            pass
        read(PUBLIC)
    assert sources(observed) == [(CLICKS, USERS)]


def test_a_read_counts_from_its_beginning(observed: Capture) -> None:
    with privacylib.scope("work"), privacylib.read(USERS):
        write(LOG)
    assert sources(observed) == [(USERS,)]


def test_one_edge_for_each_source_asset_that_links_to_its_latest_read(observed: Capture) -> None:
    with privacylib.scope("work"):
        read(USERS)
        read(CLICKS)
        read(USERS)
        write(LOG)
    written = only(observed.of("WRITE"))
    first, clicks, latest = observed.of("READ")
    assert {span for _, span in written.links} == {clicks.span, latest.span}
    assert first.span not in {span for _, span in written.links}
    assert [(edge["source"], edge["count"]) for edge in observed.edges] == [(CLICKS, 1), (USERS, 1)]


def test_count_counts_writes(observed: Capture) -> None:
    with privacylib.scope("work"):
        read(PUBLIC)
        for _ in range(3):
            read(PUBLIC)
            write(LOG)
    assert [edge["count"] for edge in observed.edges] == [3]


def test_fields_are_sources_of_their_own(observed: Capture) -> None:
    with privacylib.scope("work"):
        read(USERS, "email", "id")
        write(LOG)
    assert sources(observed) == [(f"{USERS}#email", f"{USERS}#id")]
    assert only(observed.of("WRITE")).labels == {"CONTACT.EMAIL"}


def test_derived_from_is_declared_beside_context(observed: Capture) -> None:
    @privacylib.writes(LOG, derived_from=[USERS])
    def report() -> None:
        pass

    with privacylib.scope("work"):
        read(USERS)
        read(CLICKS)
        report()
    assert only(observed.of("WRITE")).evidence == {USERS: "declared", CLICKS: "context"}


def test_evidence_narrows_lineage_and_not_decisions(strict: Capture) -> None:
    with privacylib.zone("assistant"):
        read(CLICKS)
        with pytest.raises(privacylib.PolicyDenied), privacylib.write(CLOSED, derived_from=[PUBLIC]):
            pass


def test_what_is_declared_is_held_even_where_nothing_was_seen_to_read_it(strict: Capture) -> None:
    with privacylib.zone("assistant"), pytest.raises(privacylib.PolicyDenied):
        privacylib.write(CLOSED, derived_from=[USERS]).__enter__()


def test_a_failed_operation_is_decided_like_any_other_and_marked(observed: Capture) -> None:
    with privacylib.scope("work"):
        with pytest.raises(OSError, match="full"), privacylib.read(USERS):
            raise OSError("full")
        with pytest.raises(OSError, match="full"), privacylib.write(CLOSED):
            raise OSError("full")
    written = only(observed.of("WRITE"))
    assert (written.sources, written.failed, only(observed.of("READ")).failed) == ((USERS,), True, True)
    assert written.decision.requirement == "flow"


def test_above_1024_source_assets_a_scope_names_their_namespaces_and_labels_stay_exact() -> None:
    policy = """
version: 1
labels: {A: {}, B: {}}
assets:
  - {match: "s3://many/part-a*", labels: [A]}
  - {match: "s3://many/part-b*", labels: [B]}
"""
    with capture(policy) as seen:
        with privacylib.scope("work"):
            for number in range(WIDEST):
                read(f"s3://many/part-a-x{number}y")
            write(LOG)
            read("s3://many/part-b-last")
            read("s3://other/one")
            write(LOG)
            read("s3://many/part-b-later")
            write(LOG)
        narrow, wide, later = seen.of("WRITE")
    assert len(narrow.sources) == WIDEST
    assert wide.sources == later.sources == ("s3://many/{…}", "s3://other/{…}")
    assert (narrow.labels, wide.labels) == ({"A"}, {"A", "B"})


def test_equal_work_is_one_flow_however_often_it_is_done(observed: Capture) -> None:
    for _ in range(5):
        with privacylib.scope("work", fresh=True):
            read(PUBLIC)
            write(LOG)
    graph = Graph([observed._producer])  # pyright: ignore[reportPrivateUsage] - how many flows there are is not public
    assert len(observed._producer.flows) == 2  # pyright: ignore[reportPrivateUsage] - flows, not records
    assert [(edge.count, edge.evidence) for edge in graph.edges()] == [(5, Evidence.CONTEXT)]


def test_fault_22_many_flows_of_one_scope_share_what_they_name(observed: Capture) -> None:
    names = [f"{one}{two}" for one in "abcdefghijklmnopqrst" for two in "abcdefghijklmnopqrst"]
    tracemalloc.start()
    try:
        with privacylib.scope("many"):
            for name in names:
                read(f"s3://many/{name}")
                write(f"s3://out/{name}")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 25_000_000  # 46 MB where each flow has sources of its own
