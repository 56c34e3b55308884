"""From recorded flows to edges, denials, closures and paths."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.graph import Graph, load
from privacylib.model import (
    ALLOW,
    REQUEST,
    RESPONSE,
    Asset,
    Decision,
    Evidence,
    Flag,
    Flow,
    Kind,
    Mode,
    Source,
    Verdict,
    Violation,
)
from privacylib.recorder import DirectoryStore, MemoryStore, Producer, Recorder
from tests.growing import LINEAR, growth

KEYS = [bytes([number]) * 16 for number in range(1, 20)]
A, B, C, D = (Asset("file", f"/{name}") for name in "abcd")
OUTER = Asset("http://gateway", "ask")
INNER = Asset("http://assistant", "ask")
DENY = Decision(Verdict.DENY, (Violation("r1", "not for training", "allow: {}", Mode.ENFORCE),))


class Process:
    """One process that records flows by hand."""

    def __init__(self, service: str = "web", spool: Path | None = None) -> None:
        self.recorder = Recorder(DirectoryStore(spool) if spool else MemoryStore(), service)

    def did(self, flow: Flow, key: bytes = KEYS[0], *, answers: int = 0, start: int = 10**9) -> int:
        span = self.recorder.next_span()
        flags = Flag.PAIRED if answers else Flag(0)
        assert self.recorder.append(self.recorder.define(flow), flags, start, 1, span, answers, key)
        return span


def graph_of(*processes: Process) -> Graph:
    return Graph(Producer(process.recorder.store) for process in processes)


def flowing(source: Asset, sink: Asset, from_field: str | None = None, fields: tuple[str, ...] = ()) -> Flow:
    return Flow(Kind.WRITE, sink, fields, (Source(source, from_field),))


def pairs(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.sink) for edge in graph.edges()}


@pytest.mark.parametrize(
    ("kind", "fields", "sinks"),
    [
        (Kind.WRITE, (), {"file:///b"}),
        (Kind.WRITE, ("x", "y"), {"file:///b#x", "file:///b#y"}),
        (Kind.OPAQUE, (), {"file:///b"}),
        (Kind.CALL, (), {"file:///b#request"}),
        (Kind.SERVE, (), {"file:///b#response"}),
        (Kind.READ, (), set[str]()),
    ],
)
def test_the_kind_says_where_data_goes(kind: Kind, fields: tuple[str, ...], sinks: set[str]) -> None:
    process = Process()
    process.did(Flow(kind, B, fields, (Source(A, "f"),)))
    assert pairs(graph_of(process)) == {("file:///a#f", sink) for sink in sinks}


def test_an_edge_has_the_members_of_its_json() -> None:
    process = Process()
    source = Source(A, None, frozenset({"CONTACT", "AGE"}), None, Evidence.PARSED)
    process.did(Flow(Kind.WRITE, B, (), (source,), frozenset({"CONTACT"}), ("train", "train.ranker"), site="m:f"))
    [edge] = graph_of(process).edges()
    assert edge.members() == {
        "source": "file:///a",
        "sink": "file:///b",
        "evidence": "parsed",
        "labels": ("AGE", "CONTACT"),
        "purpose": "train.ranker",
        "service": "web",
        "decision": "ALLOW",
        "count": 1,
        "first_seen": "1970-01-01T00:00:01.000000+00:00",
        "last_seen": "1970-01-01T00:00:01.000000+00:00",
        "correlation_keys": ("01" * 16,),
    }


def test_equal_rows_of_several_processes_and_sites_add_up() -> None:
    processes = [Process(), Process(), Process("batch")]
    for number, process in enumerate(processes):
        for site in ("m:f", "m:g"):
            process.did(Flow(Kind.WRITE, B, (), (Source(A),), site=site), KEYS[number], start=(number + 1) * 10**9)
    edges = graph_of(*processes).edges()
    assert {(edge.service, edge.count, len(edge.correlation_keys)) for edge in edges} == {
        ("web", 4, 2),
        ("batch", 2, 1),
    }
    [web] = [edge for edge in edges if edge.service == "web"]
    assert (web.first_seen[:19], web.last_seen[:19]) == ("1970-01-01T00:00:01", "1970-01-01T00:00:02")


def test_what_was_denied_is_in_no_edge_and_no_path() -> None:
    process = Process()
    for _ in range(3):
        process.did(Flow(Kind.WRITE, B, (), (Source(A),), frozenset({"X"}), ("train",), decision=DENY, site="m:f"))
    graph = graph_of(process)
    assert graph.edges() == []
    assert graph.path("file:///a", "file:///b") is None
    [denied] = graph.denied()
    assert denied.members() | {"first_seen": "", "last_seen": ""} == {
        "kind": "WRITE",
        "asset": "file:///b",
        "requirement": "r1",
        "reason": "not for training",
        "remedy": "allow: {}",
        "labels": ("X",),
        "purpose": "train",
        "service": "web",
        "site": "m:f",
        "count": 3,
        "first_seen": "",
        "last_seen": "",
    }


def test_a_paired_answer_joins_the_two_names_of_an_endpoint() -> None:
    client, server = Process("gateway"), Process("assistant")
    call = client.did(Flow(Kind.CALL, OUTER, (), (Source(A),), frozenset({"X"})))
    server.did(Flow(Kind.SERVE, INNER, (), (Source(INNER, REQUEST),), frozenset({"X"})), answers=call)
    client.did(flowing(OUTER, B, RESPONSE))
    graph = graph_of(client, server)
    joints = {(edge.source, edge.sink) for edge in graph.edges() if edge.evidence is Evidence.TRACKED}
    assert joints == {
        ("http://gateway/ask#request", "http://assistant/ask#request"),
        ("http://assistant/ask#response", "http://gateway/ask#response"),
    }
    path = graph.path("file:///a", "file:///b")
    assert path
    assert path.witnessed
    assert [step.sink for step in path.steps] == [
        "http://gateway/ask#request",
        "http://assistant/ask#request",
        "http://assistant/ask#response",
        "http://gateway/ask#response",
        "file:///b",
    ]


def test_one_name_needs_no_joint_and_none_is_made_of_a_denied_answer() -> None:
    client, server = Process("gateway"), Process("assistant")
    call = client.did(Flow(Kind.CALL, INNER, (), (Source(A),)))
    server.did(Flow(Kind.SERVE, INNER, (), (Source(INNER, REQUEST),)), answers=call)
    other = client.did(Flow(Kind.CALL, OUTER, (), (Source(A),)))
    server.did(Flow(Kind.SERVE, INNER, (), (Source(INNER, REQUEST),), decision=DENY), answers=other)
    tracked = [edge.sink for edge in graph_of(client, server).edges() if edge.evidence is Evidence.TRACKED]
    assert tracked == ["http://assistant/ask#request"]


def test_an_endpoint_passes_nothing_from_request_to_response_by_itself() -> None:
    process = Process()
    process.did(Flow(Kind.CALL, INNER, (), (Source(A),)))
    process.did(flowing(INNER, B, RESPONSE))
    graph = graph_of(process)
    assert graph.path("file:///a", "file:///b") is None
    assert graph.downstream("file:///a") == ["http://assistant/ask", "http://assistant/ask#request"]
    assert graph.upstream("file:///b") == ["http://assistant/ask", "http://assistant/ask#response"]


def test_a_field_belongs_to_its_asset_and_to_no_other_field() -> None:
    process = Process()
    process.did(flowing(A, B, None, ("x",)))
    process.did(flowing(B, C))
    process.did(flowing(B, D, "y"))
    graph = graph_of(process)
    assert graph.downstream("file:///a") == ["file:///b", "file:///b#x", "file:///c"]
    assert graph.upstream("file:///d") == ["file:///b", "file:///b#y"]
    assert graph.path("file:///a", "file:///d") is None
    assert graph.path("file:///b", "file:///d")


@pytest.mark.parametrize("asset", ["file:///a", "file:///a#x", "file:///*", "file:///a#*", "**/a"])
def test_assets_may_be_globs(asset: str) -> None:
    process = Process()
    process.did(flowing(A, Asset("s3://bucket", "k"), "x"))
    graph = graph_of(process)
    assert graph.downstream(asset) == ["s3://bucket/k"]
    assert graph.path(asset, "s3://**")
    assert graph.downstream("file:///nowhere") == []


def test_a_path_without_a_common_key_is_only_possible() -> None:
    process = Process()
    for key in KEYS[:8]:
        process.did(flowing(A, B), key)
    for key in KEYS[8:]:
        process.did(flowing(B, C), key)
    possible = graph_of(process).path("file:///a", "file:///c")
    assert possible
    assert not possible.witnessed
    process.did(flowing(B, C), KEYS[7])  # more keys than an edge keeps as examples: the records are asked
    witnessed = graph_of(process).path("file:///a", "file:///c")
    assert witnessed
    assert witnessed.witnessed


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40), st.integers(0, 12), st.integers(0, 12))
def test_closures_and_shortest_paths_agree_with_a_plain_search(
    joined: list[tuple[int, int]], source: int, sink: int
) -> None:
    process = Process()
    for left, right in joined:
        process.did(flowing(Asset("n", str(left)), Asset("n", str(right))))
    graph = graph_of(process)
    distances = plain_search(joined, source)
    reached = {f"n://{number}" for number in distances} - {f"n://{source}"}
    assert set(graph.downstream(f"n://{source}")) == reached
    assert all(f"n://{source}" in graph.upstream(name) for name in reached)
    path = graph.path(f"n://{source}", f"n://{sink}")
    assert (len(path.steps) if path else None) == distances.get(sink)


def plain_search(joined: Iterable[tuple[int, int]], source: int) -> dict[int, int]:
    """Return the distance of each number that is reached over at least one joint."""
    distances: dict[int, int] = {}
    layer, distance = {source}, 0
    while layer:
        distance += 1
        layer = {right for left, right in joined if left in layer} - set(distances)
        distances.update(dict.fromkeys(layer, distance))
    return distances


def test_spools_of_real_processes_form_one_graph(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from privacylib.model import Asset, Flow, Kind, Source
from privacylib.recorder import DirectoryStore, Recorder
recorder = Recorder(DirectoryStore(Path(sys.argv[1])), sys.argv[2])
flow = Flow(Kind.WRITE, Asset("file", sys.argv[4]), (), (Source(Asset("file", sys.argv[3])),))
assert recorder.append(recorder.define(flow), 0, 10**18, 1, recorder.next_span(), 0, bytes(range(16)))
"""
    for spool, service, source, sink in (("one", "p", "/a", "/b"), ("one", "q", "/b", "/c"), ("two", "r", "/c", "/d")):
        subprocess.run([sys.executable, "-c", code, tmp_path / spool, service, source, sink], check=True)
    graph = load([tmp_path / "one", tmp_path / "two", tmp_path / "missing"])
    path = graph.path("file:///a", "file:///d")
    assert path
    assert ([step.service for step in path.steps], path.witnessed) == (["p", "q", "r"], True)
    assert (graph.corrupt, graph.undefined) == (0, 0)


def test_fault_55_a_damaged_definition_leaves_the_rest(tmp_path: Path) -> None:
    process = Process(spool=tmp_path)
    process.did(flowing(A, B))
    process.did(flowing(B, C))
    [path] = tmp_path.rglob("flows.jsonl")
    path.write_bytes(path.read_bytes().replace(b"/a", b"/z"))
    graph = load([tmp_path])
    assert pairs(graph) == {("file:///a", "file:///b"), ("file:///b", "file:///c")}
    assert (graph.corrupt, graph.undefined) == (0, 0)  # it is mended
    path.with_name("flows.parity").unlink()
    graph = load([tmp_path])
    assert pairs(graph) == {("file:///b", "file:///c")}
    assert (graph.corrupt, graph.undefined) == (1, 1)


@pytest.mark.slow
def test_fault_58_a_hundred_thousand_edges_stay_interactive() -> None:
    def chain(size: int) -> Graph:
        process = Process()
        for number in range(size):
            source, sink = Asset("file", f"/{number // 10}"), Asset("file", f"/{number + 1}")
            process.did(Flow(Kind.WRITE, sink, (), (Source(source),), decision=ALLOW))
        return graph_of(process)

    def ask(size: int) -> None:
        graph = graphs[size]
        assert len(graph.downstream("file:///0")) >= size - 1
        assert len(graph.upstream(f"file:///{size}")) == 5
        assert graph.path("file:///0", f"file:///{size // 10}")

    graphs = {size: chain(size) for size in (12_500, 100_000)}
    assert growth(ask, 12_500) < LINEAR
