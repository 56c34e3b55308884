"""What the page on the spool format says is enough to read a spool, and true."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import privacylib
from privacylib import PolicyDenied
from privacylib.model import Asset, Flow, Kind, Record
from privacylib.recorder import DirectoryStore, Producer, Recorder, adopt, producers, tallies
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
        "sources": [
            {
                "asset": [each.asset.namespace, each.asset.name], "field": each.field, "labels": sorted(each.labels),
                "unknown": each.unknown, "evidence": each.evidence.value,
            }
            for each in flow.sources
        ],
        "violations": [
            {"requirement": each.requirement, "reason": each.reason, "remedy": each.remedy, "mode": each.mode.name}
            for each in flow.decision.violations
        ],
    }  # fmt: skip
    members |= {name: value for name, value in several.items() if value}
    return members if flow.unknown is None else members | {"unknown": flow.unknown}


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


def _flow(number: int) -> Flow:
    return Flow(Kind.READ, Asset("file", f"/{number}"))


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
