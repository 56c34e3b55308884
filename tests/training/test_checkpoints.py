"""Checkpoints: labels go with the model, from the job that made it to the service that serves it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import graph, training
from privacylib.context import PROCESS, WIDEST, set_frame
from privacylib.errors import AssetNameError
from privacylib.instrumentation.hops.along import GIVEN
from privacylib.model import Verdict
from privacylib.policy.loading import parse
from privacylib.recorder import Producer, producers
from privacylib.replay import Judge
from privacylib.training import jobs
from privacylib.training.manifest import manifest_path

POLICY = """
version: 1
labels: {INTERACTION: {}, HEALTH: {}}
purposes: {reply: {}, ads: {}, train.ranker: {}}
assets:
  - {match: "postgres://db/shop.clicks", labels: [INTERACTION]}
  - {match: "postgres://db/shop.hearts", labels: [HEALTH]}
  - {match: "file://**/rows.csv", labels: [INTERACTION]}
  - {match: "duckdb://w/words", labels: []}
  - {match: "duckdb://w/between", labels: []}
  - {match: "duckdb://w/set", labels: [INTERACTION]}
  - {match: "model://registry/ranker", labels: [INTERACTION]}
  - {match: "file://**/answers", labels: [INTERACTION]}
requirements:
  - {id: clicks, applies_to: [INTERACTION], allow: {purposes: [reply, train]}, mode: enforce}
  - {id: hearts, applies_to: [HEALTH], allow: {purposes: [reply]}, mode: enforce}
"""
CLICKS, HEARTS, WORDS = "postgres://db/shop.clicks", "postgres://db/shop.hearts", "duckdb://w/words"
SET, MODEL, LEFTOVERS, ANSWERS = "duckdb://w/set", "model://registry/ranker", "duckdb://w/left", "file:///out/answers"

Start = Callable[..., None]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that initialises privacylib as a service, with a spool of its own and one key for all."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "key").write_bytes(b"k" * 32)

    def begin(service: str = "trainer", mode: str = "enforce", policy: str = POLICY) -> None:
        privacylib.shutdown()
        PROCESS.restart()
        set_frame(None)
        (tmp_path / "policy.yaml").write_text(policy)
        privacylib.init(service=service, policy=tmp_path / "policy.yaml", spool=tmp_path / service, mode=mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRIVACYLIB_KEY_FILE", str(tmp_path / "key"))
        yield begin
        privacylib.shutdown()
        PROCESS.restart()
        set_frame(None)


def touch(kind: str, uri: str) -> None:
    with getattr(privacylib, kind)(uri):
        pass


def prepared() -> None:
    """Fill the training set from the clicks."""
    with privacylib.zone("reply"):
        touch("read", CLICKS)
        touch("write", SET)


def trained(file: Path, *inputs: str, **more: Any) -> None:
    with training.job("train-ranker", purpose="train.ranker"):
        for uri in inputs:
            touch("read", uri)
        with training.checkpoint(MODEL, file, **more):
            file.write_bytes(b"weights")


def test_the_manifest_says_what_the_checkpoint_is_made_of(start: Start, tmp_path: Path) -> None:
    start()
    prepared()
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n")
    trained(tmp_path / "ranker.bin", SET, WORDS, f"file://{rows}", code="v1.2")
    told = json.loads(manifest_path(tmp_path / "ranker.bin").read_text())
    assert [(one["asset"], one["labels"], bool(one["digest"])) for one in told["inputs"]] == [
        (SET, ["INTERACTION"], False), (WORDS, [], False), (f"file://{rows}", ["INTERACTION"], True),
    ]  # fmt: skip
    assert (told["checkpoint"], told["labels"], told["purposes"]) == (MODEL, ["INTERACTION"], ["train.ranker"])
    assert told["ways"] == {"INTERACTION": [CLICKS, SET]}
    assert told["policy"].startswith("sha256:")
    assert told["code"].endswith(" v1.2")
    assert told["signature"]["key"]


def test_what_started_the_job_is_no_input_that_somebody_has_to_annotate(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start("launcher")
    with privacylib.scope("launch"):
        told = privacylib.inject({})
    for name, value in told.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv(GIVEN, "command://train")
    start()
    trained(tmp_path / "ranker.bin", WORDS)
    privacylib.shutdown()
    graph_ = graph.load([tmp_path / "trainer"])
    assert ("command://train#request", MODEL) in {(edge.source, edge.sink) for edge in graph_.edges()}
    assert graph_.denied() == []


def test_loading_it_in_another_service_brings_its_labels_along(start: Start, tmp_path: Path) -> None:
    start()
    prepared()
    trained(tmp_path / "ranker.bin", SET)
    start("inference", policy=POLICY.replace("model://registry/ranker", "model://registry/other"))
    with privacylib.zone("reply"):
        found = training.load(MODEL, tmp_path / "ranker.bin")
    assert (found.labels, found.unknown) == (("INTERACTION",), None)
    with privacylib.scope("request"), privacylib.zone("reply"):
        touch("write", ANSWERS)
        assert privacylib.current().labels == {"INTERACTION"}
    privacylib.shutdown()
    [edge] = graph.load([tmp_path / "inference"]).edges()
    assert (edge.source, edge.sink, edge.labels) == (MODEL, ANSWERS, ("INTERACTION",))


def test_what_the_policy_says_of_the_model_is_held_beside_what_its_manifest_says(start: Start, tmp_path: Path) -> None:
    start()
    prepared()
    trained(tmp_path / "ranker.bin", SET)
    annotated = '"model://registry/ranker", labels: [{}]'
    start("inference", policy=POLICY.replace(annotated.format("INTERACTION"), annotated.format("HEALTH")))
    with privacylib.zone("reply"):
        training.load(MODEL, tmp_path / "ranker.bin")
    assert held() == ({"INTERACTION", "HEALTH"}, None)


ELSEWHERE = """
version: 1
labels: {HEALTH: {}, %s: {}}
purposes: {reply: {}}
assets: [{match: "model://registry/ranker", labels: []}]
requirements: [{id: hearts, applies_to: [HEALTH], allow: {purposes: [reply]}, mode: enforce}]
"""


@pytest.mark.parametrize(("label", "unknown"), [("OTHER", "unknown-label"), ("INTERACTION.CLICK", None)])
def test_a_label_that_the_policy_here_does_not_name_leaves_it_unknown_as_a_context_would(
    label: str, unknown: str | None, start: Start, tmp_path: Path
) -> None:
    """No rule here would speak of it, and it would flow anywhere."""
    start()
    trained(tmp_path / "ranker.bin", CLICKS)
    start("inference", policy=ELSEWHERE % label)
    with privacylib.zone("reply"):
        found = training.load(MODEL, tmp_path / "ranker.bin")
    assert (found.labels, found.unknown) == (("INTERACTION",), unknown)
    with privacylib.scope("request"), privacylib.zone("reply"):
        decision = privacylib.check("write", LEFTOVERS)
    assert decision.verdict.value == ("WOULD_DENY" if unknown is None else "DENY")
    assert decision.requirement == ("flow" if unknown is None else "unknown")


def test_serving_it_for_a_forbidden_purpose_is_denied_with_the_way_from_the_table(start: Start, tmp_path: Path) -> None:
    start()
    prepared()
    trained(tmp_path / "ranker.bin", SET)
    start("ads")
    with privacylib.zone("reply"):
        training.load(MODEL, tmp_path / "ranker.bin")
    with privacylib.scope("request"), privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied) as denied:
        touch("write", ANSWERS)
    assert denied.value.decision.requirement == "clicks"
    assert f"INTERACTION came by {CLICKS} -> {SET} -> {MODEL}" in denied.value.decision.reason


TUNED = "model://registry/tuned"


def test_the_way_leads_through_models_that_other_services_trained(start: Start, tmp_path: Path) -> None:
    policy = POLICY.replace("model://registry/ranker", "model://registry/*")
    start(policy=policy)
    prepared()
    trained(tmp_path / "ranker.bin", SET)
    start("tuner", policy=policy)
    with training.job("tune", purpose="train.ranker"):
        training.load(MODEL, tmp_path / "ranker.bin")
        with training.checkpoint(TUNED, tmp_path / "tuned.bin"):
            (tmp_path / "tuned.bin").write_bytes(b"weights")
    start("ads", policy=policy)
    with privacylib.zone("reply"):
        assert training.load(TUNED, tmp_path / "tuned.bin").labels == ("INTERACTION",)
    with privacylib.scope("request"), privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied) as denied:
        touch("write", ANSWERS)
    assert f"INTERACTION came by {CLICKS} -> {SET} -> {MODEL} -> {TUNED}" in denied.value.decision.reason


def test_a_checkpoint_may_be_a_directory(start: Start, tmp_path: Path) -> None:
    start(mode="observe")
    folder = tmp_path / "ranker"
    with training.job("train", purpose="train.ranker"):
        touch("read", CLICKS)
        with training.checkpoint(MODEL, folder):
            (folder / "layers").mkdir(parents=True)
            (folder / "layers" / "one").write_bytes(b"weights")
            (folder / "two").symlink_to(folder / "layers" / "one")
    with privacylib.zone("reply"):
        assert training.load(MODEL, folder).labels == ("INTERACTION",)
        assert training.load(MODEL, folder).unknown is None
        (folder / "layers" / "one").rename(folder / "layers" / "three")
        assert training.load(MODEL, folder).unknown == "checkpoint-changed"


def test_a_directory_that_goes_on_elsewhere_is_not_vouched_for(start: Start, tmp_path: Path) -> None:
    start(mode="observe")
    folder = tmp_path / "ranker"
    with training.job("train", purpose="train.ranker"), training.checkpoint(MODEL, folder):
        (tmp_path / "elsewhere").mkdir()
        folder.mkdir()
        (folder / "more").symlink_to(tmp_path / "elsewhere")
    with privacylib.zone("reply"):
        assert training.load(MODEL, folder).unknown == "checkpoint-changed"


def test_a_link_to_a_checkpoint_is_loaded_as_what_it_is_a_link_to(start: Start, tmp_path: Path) -> None:
    start()
    trained(tmp_path / "ranker-1.bin", CLICKS)
    (tmp_path / "latest.bin").symlink_to(tmp_path / "ranker-1.bin")
    with privacylib.zone("reply"):
        assert training.load(MODEL, tmp_path / "latest.bin").unknown is None


@pytest.mark.parametrize("uri", [HEARTS, LEFTOVERS])
def test_an_input_that_is_read_inside_the_block_leaves_no_manifest(uri: str, start: Start, tmp_path: Path) -> None:
    start()
    file = tmp_path / "ranker.bin"
    job, block = training.job("train", purpose="train.ranker"), training.checkpoint(MODEL, file)
    file.write_bytes(b"weights")
    with pytest.raises(privacylib.PolicyDenied) as denied, job, block:
        touch("read", uri)
    assert denied.value.asset == uri
    assert not manifest_path(file).exists()


def test_a_pipe_among_the_inputs_is_not_waited_for(start: Start, tmp_path: Path) -> None:
    start()
    (tmp_path / "rows.csv").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "rows.csv")
    trained(tmp_path / "ranker.bin", f"file://{tmp_path}/rows.csv")
    [told] = json.loads(manifest_path(tmp_path / "ranker.bin").read_text())["inputs"]
    assert told["digest"] is None


@pytest.mark.parametrize("mode", ["observe", "simulate", "enforce"])
def test_where_no_manifest_can_be_written_only_enforcement_stops(mode: str, start: Start, tmp_path: Path) -> None:
    start(mode=mode)
    job = training.job("train", purpose="train.ranker")
    (tmp_path / "ranker.bin.manifest.json").mkdir()
    stopped = pytest.raises(OSError, match=f"the manifest of {MODEL} cannot be written")
    with stopped if mode == "enforce" else nullcontext(), job, training.checkpoint(MODEL, tmp_path / "ranker.bin"):
        (tmp_path / "ranker.bin").write_bytes(b"weights")


KEYS = "trust: {keys: [{id: k1, env: PL_TEST_KEY_1}]}\n"


def test_keys_rotate_under_manifests_too(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRIVACYLIB_KEY_FILE")
    monkeypatch.setenv("PL_TEST_KEY_1", "a" * 40)
    monkeypatch.setenv("PL_TEST_KEY_2", "b" * 40)
    start(policy=POLICY + KEYS)
    trained(tmp_path / "ranker.bin", CLICKS)
    newer = "{id: k2, env: PL_TEST_KEY_2}"
    for keys, reason in ((f"[{newer}, {{", None), ("[{", None), (f"[{newer}]}}\n#", "manifest-unknown-key")):
        start(mode="observe", policy=POLICY + KEYS.replace("[{", keys))
        with privacylib.zone("reply"):
            assert training.load(MODEL, tmp_path / "ranker.bin").unknown == reason


def test_loading_it_for_a_forbidden_purpose_is_denied(start: Start, tmp_path: Path) -> None:
    start()
    trained(tmp_path / "ranker.bin", CLICKS)
    start("ads")
    with privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied) as denied:
        training.load(MODEL, tmp_path / "ranker.bin")
    assert f"INTERACTION came by {CLICKS} -> {MODEL}" in denied.value.decision.reason
    with privacylib.zone("ads"):
        assert privacylib.current().labels == frozenset()


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda file: manifest_path(file).unlink(), "manifest-missing"),
    (lambda file: manifest_path(file).write_text("{"), "manifest-malformed"),
    (lambda file: manifest_path(file).write_text("[]"), "manifest-malformed"),
    (lambda file: manifest_path(file).write_text("[" * 100_000), "manifest-malformed"),
    (lambda file: manifest_path(file).write_text("{}"), "manifest-malformed"),
    (lambda file: replaced(file, '"INTERACTION"\n  ],\n  "ways"', '"WORDS"\n  ],\n  "ways"'), "manifest-forged"),
    (lambda file: replaced(file, '"format": 1', '"format": 2'), "manifest-forged"),
    (lambda file: replaced(file, '"key": "', '"key": "x'), "manifest-unknown-key"),
    (lambda file: replaced(file, '"hmac-sha-256": "', '"hmac-sha-256": "0'), "manifest-forged"),
    (lambda file: file.write_bytes(b"other weights"), "checkpoint-changed"),
    (lambda file: file.unlink(), "checkpoint-changed"),
]


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_what_cannot_be_believed_is_unknown_and_judged_as_everything(
    damage: Callable[[Path], object], reason: str, start: Start, tmp_path: Path
) -> None:
    start()
    trained(tmp_path / "ranker.bin", CLICKS)
    damage(tmp_path / "ranker.bin")
    start("inference", mode="observe")
    with privacylib.zone("reply"):
        assert training.load(MODEL, tmp_path / "ranker.bin").unknown == reason
    assert privacylib.current().unknown == reason
    start("inference")
    with privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied):
        training.load(MODEL, tmp_path / "ranker.bin")


def replaced(file: Path, old: str, new: str) -> None:
    place = manifest_path(file)
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new))


def test_a_manifest_of_another_model_is_not_believed(start: Start, tmp_path: Path) -> None:
    start(mode="observe")
    trained(tmp_path / "ranker.bin", CLICKS)
    with privacylib.zone("reply"):
        assert training.load("model://registry/other", tmp_path / "ranker.bin").unknown == "manifest-of-another-model"


def test_an_input_that_is_not_annotated_stops_the_checkpoint_before_it_is_written(start: Start, tmp_path: Path) -> None:
    start()
    with pytest.raises(privacylib.PolicyDenied) as denied:
        trained(tmp_path / "ranker.bin", CLICKS, LEFTOVERS)
    assert denied.value.asset == LEFTOVERS
    assert not list(tmp_path.glob("ranker.bin*"))


def test_a_job_starts_only_if_its_declared_inputs_pass(start: Start) -> None:
    start()
    entered = False
    job = training.job("train-ranker", purpose="train.ranker", inputs=[CLICKS, HEARTS])
    with pytest.raises(privacylib.PolicyDenied) as denied, job:
        entered = True
    assert denied.value.asset == HEARTS
    assert not entered

    @training.job("train-ranker", purpose="train.ranker", inputs=[CLICKS])
    def train() -> str | None:
        return privacylib.current().purpose

    assert train() == "train.ranker"


@pytest.mark.parametrize("origin", [HEARTS, LEFTOVERS])
def test_what_an_input_was_made_of_counts_as_well(origin: str, start: Start) -> None:
    start(mode="observe")
    with privacylib.zone("reply"):
        touch("read", origin)
        touch("write", "duckdb://w/between")
    with privacylib.zone("reply"):
        touch("read", "duckdb://w/between")
        touch("write", WORDS)
    start()
    with pytest.raises(privacylib.PolicyDenied) as denied:
        training.gate([WORDS], purpose="train.ranker")
    assert origin in {denied.value.asset, *denied.value.decision.reason.split()}
    assert f"{WORDS} is made of it: " in denied.value.decision.reason


@pytest.mark.parametrize("mode", ["observe", "simulate"])
def test_without_enforcement_nothing_is_stopped(mode: str, start: Start, tmp_path: Path) -> None:
    start(mode=mode)
    trained(tmp_path / "ranker.bin", HEARTS, LEFTOVERS)
    told = json.loads(manifest_path(tmp_path / "ranker.bin").read_text())
    assert told["labels"] == ["HEALTH"]


def test_a_block_that_fails_leaves_no_manifest(start: Start, tmp_path: Path) -> None:
    start()
    job, block = training.job("train", purpose="train.ranker"), training.checkpoint(MODEL, tmp_path / "ranker.bin")
    with pytest.raises(OSError, match="full"), job, block:
        raise OSError("full")
    assert not list(tmp_path.glob("ranker.bin*"))


def test_before_init_it_only_writes(tmp_path: Path) -> None:
    trained(tmp_path / "ranker.bin", CLICKS)
    assert not manifest_path(tmp_path / "ranker.bin").exists()
    assert training.load(MODEL, tmp_path / "ranker.bin").unknown == "not-initialised"


def test_a_name_that_is_none_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(AssetNameError):
        training.checkpoint("ranker", tmp_path / "ranker.bin")
    with pytest.raises(AssetNameError):
        training.load("ranker", tmp_path / "ranker.bin")


SERVICE = """
import sys
from pathlib import Path
import privacylib
from privacylib import training

privacylib.init(service="ads", policy="policy.yaml", spool="ads", mode="enforce")
with privacylib.zone("reply"):
    training.load("model://registry/ranker", "ranker.bin")
with privacylib.zone("ads"):
    try:
        with privacylib.write("file:///out/answers"):
            print("served")
    except privacylib.PolicyDenied as denied:
        print(denied)
"""


def test_another_process_is_denied_with_the_way_too(start: Start, tmp_path: Path) -> None:
    start()
    prepared()
    trained(tmp_path / "ranker.bin", SET)
    told = subprocess.run(
        [sys.executable, "-c", SERVICE], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    ).stdout  # fmt: skip
    assert f"{CLICKS} -> {SET} -> {MODEL}" in told
    assert "served" not in told


@pytest.fixture
def made(start: Start, tmp_path: Path) -> Path:
    """Return a checkpoint's file, in a service that may load it."""
    start()
    prepared()
    trained(tmp_path / "ranker.bin", SET)
    start("inference")
    return tmp_path / "ranker.bin"


def swap(file: Path) -> None:
    """Put another file in the place of one."""
    other = file.with_suffix(".other")
    other.write_bytes(b"other weights")
    other.replace(file)


def held() -> tuple[frozenset[str], str | None]:
    with privacylib.scope("request"):
        return privacylib.current().labels, privacylib.current().unknown


def test_what_is_read_within_its_block_is_what_the_manifest_is_of(made: Path) -> None:
    with privacylib.zone("reply"), training.load(MODEL, made) as found:
        assert (made.read_bytes(), found.content(), found.file) == (b"weights", b"weights", made)
    assert held() == ({"INTERACTION"}, None)


def test_a_file_that_is_swapped_between_the_load_and_its_use_is_unknown(made: Path) -> None:
    with privacylib.zone("reply"):
        with training.load(MODEL, made):
            swap(made)
        assert held() == ({"INTERACTION"}, "checkpoint-changed")
        with pytest.raises(privacylib.PolicyDenied):  # of which nothing is known: it may be anything
            touch("write", "file:///out/anywhere")


async def test_so_it_is_in_an_async_block(made: Path) -> None:
    with privacylib.zone("reply"):
        async with training.load(MODEL, made):
            swap(made)
        assert held()[1] == "checkpoint-changed"


def test_content_is_looked_at_when_it_is_taken(made: Path) -> None:
    with privacylib.zone("reply"):
        found = training.load(MODEL, made)
        swap(made)
        assert found.content() == b"other weights"
        assert held()[1] == "checkpoint-changed"


def test_content_that_was_swapped_is_kept_from_a_zone_that_may_not_read_it(made: Path) -> None:
    with privacylib.zone("train.ranker"):
        found = training.load(MODEL, made)
        swap(made)
        with pytest.raises(privacylib.PolicyDenied) as denied:
            found.content()
        assert denied.value.decision.requirement == "unknown"
        with pytest.raises(privacylib.PolicyDenied), found:
            pass
        with pytest.raises(KeyError), found:  # the host's own error goes first
            raise KeyError


def test_a_gate_and_a_checkpoint_read_the_spool_once_each(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    prepared()
    reads: list[Path] = []

    def counted(spool: Path) -> Iterator[Producer]:
        reads.append(spool)
        return producers(spool)

    monkeypatch.setattr("privacylib.recorder.producers", counted)
    with training.job("train", "train.ranker", inputs=[SET, WORDS]):
        assert len(reads) == 1
        touch("read", SET)
        touch("read", WORDS)
        with training.checkpoint(MODEL, tmp_path / "ranker.bin"):
            (tmp_path / "ranker.bin").write_bytes(b"weights")
        assert len(reads) == 2
        with training.checkpoint(MODEL, tmp_path / "ranker.bin"):
            touch("read", "duckdb://w/between")  # what is read inside is looked up, by what is there by then
            (tmp_path / "ranker.bin").write_bytes(b"weights")
        assert len(reads) == 4


@pytest.mark.parametrize("how", ["block", "decorator", "async block"])
async def test_a_declared_input_is_in_the_manifest_where_a_native_loader_reads_it_unseen(
    how: str, start: Start, tmp_path: Path
) -> None:
    start()
    prepared()
    file, job = tmp_path / "ranker.bin", training.job("train-ranker", purpose="train.ranker", inputs=[SET])

    def train() -> None:
        with training.checkpoint(MODEL, file):
            file.write_bytes(b"weights")

    if how == "block":
        with job:
            train()
    elif how == "async block":
        async with job:
            train()
    else:
        job(train)()
    assert made_of(file) == {SET: ["INTERACTION"]}
    start("ads")
    with privacylib.zone("ads"), pytest.raises(privacylib.PolicyDenied) as denied:
        training.load(MODEL, file)
    assert f"INTERACTION came by {CLICKS} -> {SET} -> {MODEL}" in denied.value.decision.reason
    privacylib.shutdown()
    edges = [edge for edge in graph.load([tmp_path / "trainer"]).edges() if edge.sink == MODEL]
    assert [(edge.source, edge.evidence, edge.labels) for edge in edges] == [(SET, "declared", ("INTERACTION",))]


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_an_error_of_ours_with_a_declared_input_is_no_other_error_of_the_hosts(
    start: Start, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    start(mode=mode)
    monkeypatch.setattr(jobs, "into_open_writes", fail)
    started = False
    denied = pytest.raises(privacylib.PolicyDenied) if mode == "enforce" else nullcontext()
    with denied, training.job("train-ranker", purpose="train.ranker", inputs=[SET]):
        started = True
    assert started is (mode == "observe")


def test_what_is_declared_and_read_is_one_input_beside_what_was_only_read(start: Start, tmp_path: Path) -> None:
    start()
    prepared()
    file = tmp_path / "ranker.bin"
    with training.job("train-ranker", purpose="train.ranker", inputs=[SET]):
        trained(file, SET, WORDS)
    assert made_of(file) == {SET: ["INTERACTION"], WORDS: []}
    told = json.loads(manifest_path(file).read_text())
    assert (told["labels"], told["ways"]) == (["INTERACTION"], {"INTERACTION": [CLICKS, SET]})


def test_a_checkpoint_is_not_written_where_its_annotation_does_not_cover_what_is_declared(
    start: Start, tmp_path: Path
) -> None:
    start(policy=POLICY.replace('registry/ranker", labels: [INTERACTION]', 'registry/ranker", labels: []'))
    job = training.job("train-ranker", purpose="train.ranker", inputs=[CLICKS])
    with job, pytest.raises(privacylib.PolicyDenied) as denied:
        trained(tmp_path / "ranker.bin")
    assert denied.value.decision.requirement == "flow"
    assert not list(tmp_path.glob("ranker.bin*"))


def test_a_second_job_has_its_own_inputs_and_the_model_that_the_process_holds(start: Start, tmp_path: Path) -> None:
    start()
    first, second = tmp_path / "first.bin", tmp_path / "second.bin"
    with training.job("first", purpose="train.ranker", inputs=[WORDS]):
        trained(first)
    with privacylib.zone("reply"):
        training.load(MODEL, first)
    with training.job("second", purpose="train.ranker", inputs=[SET]):
        trained(second)
    assert (made_of(first), made_of(second)) == ({WORDS: []}, {SET: ["INTERACTION"], MODEL: ["INTERACTION"]})


def made_of(file: Path) -> dict[str, list[str]]:
    told = json.loads(manifest_path(file).read_text())["inputs"]
    assert len({one["asset"] for one in told}) == len(told)
    return {one["asset"]: one["labels"] for one in told}


MANY = [f"postgres://db/shop.word{number}" for number in range(WIDEST + 1)]
WORDS_THERE = POLICY.replace("requirements:", '  - {match: "postgres://db/shop.word*", labels: []}\nrequirements:')


@pytest.mark.parametrize("declared", [True, False])
def test_more_inputs_than_are_named_pass_where_each_is_annotated(
    start: Start, tmp_path: Path, *, declared: bool
) -> None:
    start(policy=WORDS_THERE)
    with training.job("train-ranker", "train.ranker", MANY if declared else ()):
        for uri in () if declared else MANY:
            touch("read", uri)
        with training.checkpoint(MODEL, tmp_path / "ranker.bin"):
            (tmp_path / "ranker.bin").write_bytes(b"weights")
    told = json.loads(manifest_path(tmp_path / "ranker.bin").read_text())
    assert [(one["asset"], one["labels"]) for one in told["inputs"]] == [("postgres://db/{…}", [])]
    assert told["labels"] == []


@pytest.mark.parametrize("at", [0, WIDEST // 2, WIDEST + 1], ids=["first", "among", "last"])
def test_more_inputs_than_are_named_are_refused_for_one_that_nobody_annotated(
    start: Start, tmp_path: Path, at: int
) -> None:
    start(policy=WORDS_THERE)
    with pytest.raises(privacylib.PolicyDenied, match="more than 1,024 assets") as denied:
        trained(tmp_path / "ranker.bin", *MANY[:at], "postgres://db/shop.left", *MANY[at:])
    assert (denied.value.asset, denied.value.decision.requirement) == ("postgres://db/{…}", "unknown")
    assert "of those kept as postgres://db/{…} are not annotated" in denied.value.decision.reason
    with pytest.raises(privacylib.PolicyDenied, match="hearts"):
        trained(tmp_path / "ranker.bin", *MANY[:at], HEARTS, *MANY[at:])
    privacylib.shutdown()
    policy, found = parse(WORDS_THERE, "policy.yaml"), producers(tmp_path / "trainer")
    asked = [flow for one in found for flow in one.flows.values() if flow.terms is not None and flow.terms.gate]
    assert {flow.decision.verdict for flow in asked} == {Verdict.DENY}
    assert all(Judge(policy).decide(flow) == flow.decision for flow in asked)
