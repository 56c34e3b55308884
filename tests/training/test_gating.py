"""The gate of training jobs: every input is judged before any is read, and nothing unknown passes."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve

import privacylib
from privacylib import graph, training
from privacylib.context import PROCESS, frame_now
from privacylib.errors import AssetNameError
from privacylib.model import Asset, Kind, Mode, Source, Verdict
from privacylib.policy.loading import parse
from privacylib.runtime import narrowed
from privacylib.training.gating import judge
from privacylib.training.inputs import joined
from privacylib.training.lineage import Lineage, Step

POLICY = """
version: 1
labels: {INTERACTION: {}, HEALTH: {}}
purposes: {train.intent: {}, research: {}}
assets:
  - {match: "duckdb://w/questions", labels: [INTERACTION]}
  - {match: "duckdb://w/heartbeats", labels: [HEALTH]}
  - {match: "duckdb://w/words", labels: []}
  - {match: "model://**", labels: [INTERACTION]}
requirements:
  - {id: questions-train, applies_to: [INTERACTION], allow: {purposes: [train]}, mode: enforce}
  - {id: health-is-for-research, applies_to: [HEALTH], allow: {purposes: [research]}, mode: enforce}
"""
QUESTIONS, HEARTBEATS, WORDS = "duckdb://w/questions", "duckdb://w/heartbeats", "duckdb://w/words"
UNKNOWN, MODEL = "duckdb://w/leftovers", "model://registry/intent"

Start = Callable[[str], None]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that initialises privacylib in a mode."""
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    PROCESS.restart()
    yield lambda mode: privacylib.init(service="trainer", policy=file, spool=tmp_path / "spool", mode=mode)
    privacylib.shutdown()
    PROCESS.restart()


def recorded(tmp_path: Path) -> graph.Graph:
    privacylib.shutdown()
    return graph.load([tmp_path / "spool"])


def test_inputs_that_all_permit_the_purpose_pass_without_a_trace(start: Start, tmp_path: Path) -> None:
    start("enforce")
    assert training.gate([QUESTIONS, WORDS], purpose="train.intent").allowed
    assert training.gate([], purpose="train.intent").allowed
    assert recorded(tmp_path).denied() == []


def test_one_input_that_does_not_permit_the_purpose_stops_all(start: Start, tmp_path: Path) -> None:
    start("enforce")
    with pytest.raises(privacylib.PolicyDenied) as denied:
        training.gate([QUESTIONS, HEARTBEATS, WORDS], purpose="train.intent")
    assert denied.value.asset == HEARTBEATS
    assert denied.value.decision.requirement == "health-is-for-research"
    [row] = recorded(tmp_path).denied()
    assert (row.kind, row.asset, row.requirement, row.service) == (
        Kind.READ, HEARTBEATS, "health-is-for-research", "trainer",
    )  # fmt: skip
    assert row.purpose == "train.intent"


def test_an_input_that_nobody_annotated_is_refused_and_named(start: Start) -> None:
    start("enforce")
    with pytest.raises(privacylib.PolicyDenied) as denied:
        training.gate([QUESTIONS, UNKNOWN], purpose="train.intent")
    assert denied.value.asset == UNKNOWN
    assert denied.value.decision.requirement == "unknown"
    assert UNKNOWN in denied.value.decision.reason
    declared = "labels: {INTERACTION: {}, HEALTH: {}}\n"
    [entry] = parse(declared + denied.value.decision.remedy, "remedy").assets
    assert (entry.match, entry.labels) == (UNKNOWN, {"INTERACTION", "HEALTH"})


def test_every_refused_input_is_told_and_recorded(start: Start, tmp_path: Path) -> None:
    start("enforce")
    with pytest.raises(privacylib.PolicyDenied) as denied:
        training.gate([HEARTBEATS, UNKNOWN], purpose="train.intent")
    assert {violation.requirement for violation in denied.value.decision.violations} == {
        "health-is-for-research", "unknown",
    }  # fmt: skip
    assert [row.asset for row in recorded(tmp_path).denied()] == [HEARTBEATS, UNKNOWN]


def test_the_purposes_around_it_count(start: Start) -> None:
    start("enforce")
    with privacylib.zone("research"), pytest.raises(privacylib.PolicyDenied):
        training.gate([QUESTIONS], purpose="train.intent")


@pytest.mark.parametrize("mode", ["observe", "simulate"])
def test_nothing_is_stopped_that_is_not_enforced(start: Start, tmp_path: Path, mode: str) -> None:
    start(mode)
    decision = training.gate([HEARTBEATS, UNKNOWN], purpose="train.intent")
    assert decision.verdict is Verdict.WOULD_DENY
    assert {violation.mode for violation in decision.violations} == {Mode[mode.upper()]}
    assert recorded(tmp_path).denied() == []


def test_before_init_everything_passes() -> None:
    assert training.gate([UNKNOWN], purpose="train.intent").allowed


def test_a_name_that_is_none_is_an_error_of_the_caller() -> None:
    with pytest.raises(AssetNameError):
        training.gate(["questions"], purpose="train.intent")


def test_a_text_alone_is_no_list_and_a_purpose_is_a_dotted_name() -> None:
    with pytest.raises(TypeError, match="list of names"):
        training.gate(QUESTIONS, purpose="train.intent")
    with pytest.raises(ValueError, match="dotted name"):
        training.gate([QUESTIONS], purpose="no purpose!")


def test_the_farthest_of_very_many_origins_counts(start: Start) -> None:
    start("enforce")
    number = 12_000
    chain = [f"duckdb://w/step{step}" for step in range(number)] + [HEARTBEATS]
    edges = [Step(source, sink, (), allowed=True) for sink, source in itertools.pairwise(chain)]
    *_, last = Lineage(edges).behind(chain[0])
    assert (last.uri, last.labels, last.steps) == (HEARTBEATS, {"HEALTH"}, number)
    assert last.way == tuple(reversed(chain))


def test_what_a_job_reads_flows_into_its_checkpoint(start: Start, tmp_path: Path) -> None:
    start("enforce")

    @training.job("train-intent", purpose="train.intent")
    def train() -> None:
        training.gate([QUESTIONS], purpose="train.intent")
        with privacylib.read(QUESTIONS):
            assert privacylib.current().purpose == "train.intent"
        with privacylib.write(MODEL):
            pass

    train()
    [edge] = recorded(tmp_path).edges()
    assert (edge.source, edge.sink, edge.labels, edge.purpose) == (QUESTIONS, MODEL, ("INTERACTION",), "train.intent")


def test_passing_the_gate_is_not_reading(start: Start, tmp_path: Path) -> None:
    start("enforce")
    with training.job("train-intent", purpose="train.intent"):
        training.gate([QUESTIONS], purpose="train.intent")
        with privacylib.write(MODEL):
            pass
    assert recorded(tmp_path).edges() == []


LEARNT = "duckdb://w/topic"
ONE = Source(Asset("duckdb://w", "topic"), None, frozenset({"HEALTH"}), carried=frozenset({"HEALTH"}))
OTHER = Source(Asset("duckdb://w", "topic"), None, unknown="unsigned")


@pytest.mark.parametrize("held", [(ONE, OTHER), (OTHER, ONE)])
def test_of_two_reads_of_one_place_the_gate_judges_the_labels_and_the_reasons_of_both(
    start: Start, held: tuple[Source, Source]
) -> None:
    start("observe")
    frame = frame_now()
    decision = judge((), frame, narrowed(frame.zone, "train.intent", None), held, Lineage())
    reasons = {violation.requirement: violation.reason for violation in decision.violations}
    assert "HEALTH" in reasons["health-is-for-research"]
    assert joined(held)[LEARNT].labels == {"HEALTH"}
    assert joined(held)[LEARNT].unknown == "unsigned"


def test_all_reasons_of_one_place_are_listed() -> None:
    [source] = joined([OTHER, evolve(OTHER, unknown="expired"), ONE]).values()
    assert source.unknown == "expired, unsigned"
