"""Whatever becomes a span, and whatever happens in between: no distinct edge and no count is lost, or counted twice."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan

from privacylib.exporters import Detail
from privacylib.exporters.batches import Batch
from privacylib.exporters.places import Place
from privacylib.model import Asset, Flag, Flow, Kind, Source
from privacylib.recorder import (
    DirectoryStore,
    MemoryStore,
    Producer,
    Recorder,
    Store,
    acknowledged,
    adopt,
    producers,
    tallies,
)
from privacylib.recorder.folding import fold
from privacylib.recorder.layout import SLOT
from tests.exporters.receiving import counted, edges

A = Asset("file", "/a")
FLOWS = [Flow(Kind.WRITE, Asset("file", f"/{number}"), sources=(Source(A),)) for number in range(4)]
WIDE = Flow(Kind.WRITE, Asset("file", "/wide"), sources=tuple(Source(Asset("file", f"/s{n}")) for n in range(300)))


def work(recorder: Recorder, count: int, flows: list[Flow] = FLOWS) -> None:
    for number in range(count):
        flow = recorder.define(flows[number % len(flows)])
        flags = int(Flag.FAILED) if number % 7 == 0 else 0
        assert recorder.append(flow, flags, 1 + number, 2, recorder.next_span(), 0, bytes(15) + bytes([number % 9 + 1]))


def happened(store: Store) -> "Counter[tuple[str, int]]":
    flows = tallies(Producer(store)).flows
    return Counter({(store.producer, number): tally.count for number, tally in flows.items()})


def export(place: Place, spans: list[ReadableSpan]) -> Batch:
    batch = place.next()
    spans += batch.spans
    return batch


def export_all(place: Place, spans: list[ReadableSpan]) -> None:
    while True:
        batch = export(place, spans)
        place.taken(batch, ())
        if batch.last:
            return


def fold_what_may_be(store: Store) -> None:
    numbers = [number for number in store.numbers()[:-1] if acknowledged(store, number)]
    leading = [number for place, number in enumerate(numbers) if number == store.numbers()[place]]
    if leading:
        fold(Producer(store), leading)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("work"), st.integers(1, 900)),
        st.tuples(st.just("export"), st.just(0)),
        st.tuples(st.just("export, and die before it is noted"), st.just(0)),
        st.tuples(st.just("fold"), st.just(0)),
        st.tuples(st.sampled_from(list(Detail)), st.just(0)),
    ),
    max_size=20,
)


@given(steps, st.sampled_from(list(Detail)))
def test_receivers_count_what_happened(plan: "list[tuple[str | Detail, int]]", detail: Detail) -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web", 4096)
    spans: list[ReadableSpan] = []
    place: Place | None = None
    for step, count in plan:
        if step == "work":
            work(recorder, count)
        elif step == "fold":
            fold_what_may_be(store)
        elif isinstance(step, Detail):
            place, detail = None, step
        else:
            place = place or Place(store, 0, detail)
            batch = export(place, spans)
            if step == "export":
                place.taken(batch, ())
            else:
                place = None
    export_all(Place(store, 0, detail), spans)
    assert counted(spans) == happened(store)
    assert edges(spans) == {(A.uri, flow.asset.uri) for flow in Producer(store).flows.values()}


def test_a_slot_that_is_written_late_is_counted_under_whatever_value_it_is_read() -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web")
    work(recorder, 20)
    late = store.segment(0)[5 * SLOT : 6 * SLOT]
    store.segment(0)[5 * SLOT : 6 * SLOT] = bytes(SLOT)
    spans: list[ReadableSpan] = []
    export_all(Place(store, 0, Detail.FLOWS), spans)
    assert sum(counted(spans).values()) == 19
    store.segment(0)[5 * SLOT : 6 * SLOT] = late
    export_all(Place(store, 0, Detail.EACH), spans)
    work(recorder, 3)
    export_all(Place(store, 0, Detail.EACH), spans)
    assert counted(spans) == happened(store)


@pytest.mark.parametrize("detail", list(Detail))
def test_a_flow_with_many_sources_names_them_all(detail: Detail) -> None:
    recorder = Recorder(MemoryStore(), "web")
    work(recorder, 5, [WIDE])
    spans: list[ReadableSpan] = []
    export_all(Place(recorder.store, 0, detail), spans)
    assert edges(spans) == {(source.uri, WIDE.asset.uri) for source in WIDE.sources}
    assert sum(counted(spans).values()) == 5
    assert len({span.context.span_id for span in spans if span.context}) == len(spans)


def test_flows_become_few_spans_and_both_hold_each() -> None:
    recorder = Recorder(MemoryStore(), "web")
    work(recorder, 3000)
    flows: list[ReadableSpan] = []
    export_all(Place(recorder.store, 0, Detail.FLOWS), flows)
    assert len(flows) == len(FLOWS)
    (first,) = (span for span in flows if span.name == "WRITE /0")
    facts = first.attributes or {}
    assert (facts["privacylib.count"], facts["privacylib.failed"]) == (750, 108)
    assert (first.start_time, first.end_time) == (1, 2997)
    both: list[ReadableSpan] = []
    export_all(Place(recorder.store, 1, Detail.BOTH), both)
    counts = [(span.attributes or {}).get("privacylib.count", 0) for span in both]
    assert counts.count(0) == 3000
    assert counts.count(750) == len(FLOWS)
    assert len(both) % len(FLOWS) == 0


def test_a_repeated_flow_span_has_the_same_ids() -> None:
    recorder = Recorder(MemoryStore(), "web")
    work(recorder, 30)
    ids = [
        [span.context for span in Place(recorder.store, 0, Detail.FLOWS).next().spans] for _ in range(2)
    ]  # fmt: skip
    assert ids[0] == ids[1]


def test_what_was_folded_before_any_exporter_came_is_told_as_counts(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 4096)
    work(recorder, 1000)
    fold_what_may_be(recorder.store)
    spans: list[ReadableSpan] = []
    place = Place(recorder.store, 0, Detail.EACH)
    place.open()
    before = recorder.store.numbers()
    work(recorder, 1000)
    fold_what_may_be(recorder.store)
    assert recorder.store.numbers()[0] == before[0]  # nothing is folded as long as the counts are untold
    export_all(place, spans)
    assert counted(spans) == happened(recorder.store)
    fold_what_may_be(recorder.store)
    export_all(Place(recorder.store, 0, Detail.EACH), spans)
    assert counted(spans) == happened(recorder.store)


def test_producers_that_were_folded_unexported_are_told_as_counts(tmp_path: Path) -> None:
    for _ in range(3):
        recorder = Recorder(DirectoryStore(tmp_path), "web")
        work(recorder, 100)
        recorder.close()
    exported = Recorder(DirectoryStore(tmp_path), "web")
    work(exported, 100)
    exported.close()
    spans: list[ReadableSpan] = []
    export_all(Place(exported.store, 0, Detail.EACH), spans)
    assert adopt(tmp_path) == 4
    heirs = {bool(producer.meta["exported"]): producer for producer in producers(tmp_path)}
    assert len(heirs) == 2
    export_all(Place(heirs[False].store, 0, Detail.EACH), spans)
    export_all(Place(heirs[False].store, 0, Detail.EACH), spans)
    assert sum(counted(spans).values()) == 400
    assert len(spans) == 100 + len(FLOWS)
