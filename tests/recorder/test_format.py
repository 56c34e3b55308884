"""What the page on the spool format says is enough to read a spool, and true."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import privacylib
from privacylib import PolicyDenied
from privacylib.model import Asset, Flow, Kind, Record, Source, Terms
from privacylib.recorder import DirectoryStore, Producer, Recorder, adopt, producers, tallies
from privacylib.recorder.definitions import abridged
from privacylib.recorder.folding import fold
from tests.recorder.foreign import Spool, read_spool
from tests.recorder.test_reading import put
from tests.strategies import flows, records
from tests.watched import watched


def as_read_here(producer: Producer) -> list[dict[str, object]]:
    sequences = [sequence for sequence, _, _ in producer.entries()[0]]
    return [
        {
            "sequence": sequence, "flow": each.flow, "start": each.start, "duration": each.duration, "span": each.span,
            "parent": each.parent, "linked": ..., "key": each.key, "flags": int(each.flags), "links": list(each.links),
            "messages": each.messages, "trace": each.trace,
        }
        for sequence, each in zip(sequences, producer.records(), strict=True)
    ]  # fmt: skip


def flow_as_read_here(flow: Flow) -> dict[str, object]:
    """Return a flow as the page's table has it, without what is absent."""
    members: dict[str, object] = {
        "kind": flow.kind.name,
        "asset": [flow.asset.namespace, flow.asset.name],
        "admitted": None if flow.admitted is None else sorted(flow.admitted),
        "decision": flow.decision.verdict.value,
        "site": flow.site,
    }
    several = {
        "fields": list(flow.fields),
        "labels": sorted(flow.labels),
        "purposes": list(flow.purposes),
        "sources": [_source_as_read_here(each) for each in flow.sources],
        "violations": [
            {"requirement": each.requirement, "reason": each.reason, "remedy": each.remedy, "mode": each.mode.name}
            for each in flow.decision.violations
        ],
    }  # fmt: skip
    members |= {name: value for name, value in several.items() if value}
    if flow.terms is not None:
        members["terms"] = _terms_as_read_here(flow.terms)
    return members if flow.unknown is None else members | {"unknown": flow.unknown}


def _source_as_read_here(source: Source) -> dict[str, object]:
    members: dict[str, object] = {
        "asset": [source.asset.namespace, source.asset.name], "field": source.field, "labels": sorted(source.labels),
        "unknown": source.unknown, "evidence": source.evidence.value,
    }  # fmt: skip
    if source.carried:
        members["carried"] = sorted(source.carried)
    told = {
        "annotated": source.annotated,
        "indirect": source.indirect,
        "lasting": source.lasting,
        "opaque": source.opaque,
    }
    return members | {name: value for name, value in told.items() if value is not (name == "annotated")}


def _terms_as_read_here(terms: Terms) -> dict[str, object]:
    def listed(labels: frozenset[str] | None) -> list[str] | None:
        return None if labels is None else sorted(labels)

    served = terms.served
    members: dict[str, object] = {
        "ceiling": terms.ceiling.name, "region": terms.region, "judges": terms.judges, "listed": terms.listed,
        "late": terms.late, "purpose_unknown": terms.purpose_unknown,
        "lowered": [
            [
                listed(one.labels), listed(one.to), one.sink, one.transform, one.expires, listed(one.fields),
                one.fingerprint,
            ]
            for one in terms.lowered
        ],
        "taken": None if terms.taken is None else _source_as_read_here(terms.taken),
        "served": None if served is None else [
            served.uri, list(served.before), listed(served.brought), list(served.after), listed(served.admitted)
        ],
    }  # fmt: skip
    return {name: value for name, value in members.items() if value not in ([], None, False)}


def agree(spool: Path) -> list[Spool]:
    """Check that both readers say the same of everything in a spool."""
    theirs, ours = read_spool(spool), list(producers(spool))
    assert [each.id for each in theirs] == [each.id for each in ours]
    for their, our in zip(theirs, ours, strict=True):
        assert their.meta == our.meta
        assert their.flows == {number: flow_as_read_here(flow) for number, flow in our.flows.items()}
        assert [each | {"linked": ...} for each in their.operations] == as_read_here(our)
        # What was folded took along what stood in it of operations behind it.
        assert their.folded or all(each["linked"] == len(each["links"]) for each in their.operations)
        assert their.damaged == our.corrupt
        assert their.refused == dict(our.refused)
        found = tallies(our).flows
        assert their.totals == {flow: (each.count, each.failed, each.first, each.last) for flow, each in found.items()}
    return theirs


@settings(max_examples=40)
@given(
    st.lists(flows, max_size=5),
    st.lists(records, max_size=20, unique_by=lambda record: record.span),
    st.sampled_from([128, 256, 1 << 16]),
    st.booleans(),
)
def test_both_readers_agree_on_every_field(defined: list[Flow], wanted: list[Record], size: int, closed: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        recorder = Recorder(DirectoryStore(Path(directory)), "web", size)
        assert all(recorder.define(flow) for flow in defined)
        assert all(put(recorder, record) for record in wanted)
        assert not recorder.append(0, 0, 1, 2, 3, 0, bytes(16))
        if closed:
            recorder.close()
        found = agree(Path(directory))
        assert sum(len(each.operations) for each in found) == len(wanted)


def test_both_readers_agree_on_what_was_folded(tmp_path: Path) -> None:
    for service in ("web", "web", "jobs"):
        recorder = Recorder(DirectoryStore(tmp_path), service, 256)
        for number in range(40):
            flow = recorder.define(_flow(number % 3))
            assert recorder.append(flow, number % 2, number, 2, recorder.next_span(), 0, os.urandom(16), (1, 2))
        assert not recorder.append(0, 0, 1, 2, 3, 0, bytes(16))
        if service == "web":
            recorder.close()
    fold(Producer(recorder.store), recorder.store.numbers()[:-2])
    (living,) = (each for each in agree(tmp_path) if each.id == recorder.store.producer)
    assert living.folded
    assert living.refused == {"undefined-flow": 1}
    assert adopt(tmp_path) == 2
    heirs = [each for each in agree(tmp_path) if each.id.startswith("folded-")]
    assert [sum(total[0] for total in each.totals.values()) for each in heirs] == [80]
    assert [each.refused for each in heirs] == [{"undefined-flow": 2}]


def test_both_readers_agree_on_flows_that_are_told_by_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abridged, "_FROM", 3)
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    for number in range(150):
        source = Source(Asset("db", f"table{number}"), "naïve ünicode", frozenset({"CONTACT"}))
        flow = Flow(Kind.WRITE, Asset("file", f"/{number}"), (), (source,) * (number % 70))
        assert recorder.append(recorder.define(flow), 0, number, 2, recorder.next_span(), 0, bytes(16))
    assert b'"rest":' in recorder.store.lines()
    [found] = agree(tmp_path)
    assert len(found.flows) == 150


@pytest.mark.parametrize("name", ["flows.jsonl", "counts.jsonl"])
def test_fault_55_both_readers_mend_what_is_damaged(tmp_path: Path, name: str) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 256)
    for number in range(90):
        flow = recorder.define(_flow(number % 30))
        assert recorder.append(flow, 4 * (number % 2), number, 2, recorder.next_span(), number << 16, os.urandom(16))
    fold(Producer(recorder.store), recorder.store.numbers()[:-2])
    file = tmp_path / recorder.store.producer / name
    data = file.read_bytes()
    assert len(data) > 4088
    for at in range(0, len(data), 499):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :])
        [found] = agree(tmp_path)
        assert (found.damaged, len(found.flows)) == (0, 30)
        assert sum(total[0] for total in found.totals.values()) == 90


def _flow(number: int) -> Flow:
    return Flow(Kind.READ, Asset("file", f"/{number}" + "x" * 200))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_both_readers_agree_on_the_spool_of_an_application(tmp_path: Path) -> None:
    with watched(tmp_path, mode="enforce") as seen:
        child = 0
        for number in range(30):
            with privacylib.scope("request", fresh=True), privacylib.zone(purpose="reply"):
                with privacylib.read("db://users", fields=("email",)), privacylib.read(f"db://asked{number % 3}"):
                    pass
                with privacylib.write(f"file:///contacts{number % 2}"):
                    pass
            with privacylib.scope("ads", fresh=True), privacylib.zone(purpose="ads"), pytest.raises(PolicyDenied):
                privacylib.read("db://users").__enter__()
            if number == 10:
                child = child or os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        found = agree(seen.spool)
        assert len(found) == 2
        assert all(each.operations for each in found)
        assert {flow["decision"] for each in found for flow in each.flows.values()} == {"ALLOW", "DENY"}
