"""The demo, run as a user runs it, held to what its design says should be seen."""

import json
import signal
import sqlite3
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from privacylib import cli
from privacylib.demo.outcome import EMAIL
from privacylib.demo.profiles import create_profiles
from privacylib.demo.requests import requests
from tests.demo.running import Run, command, environment, processes_in

pytestmark = pytest.mark.slow

EXPECTED = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text(encoding="utf-8"))
EDGE = ("source", "sink", "evidence", "labels", "purpose", "service", "decision")
DENIED = ("kind", "asset", "requirement", "labels", "purpose", "service")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run.of(tmp_path_factory.mktemp("demo"))


def test_it_tells_one_object(run: Run) -> None:
    assert set(run.told) == {"edges", "denied", "accuracy", "services", "path", "replay", "explain", "email"}


def test_no_edge_is_missing_and_none_is_extra(run: Run) -> None:
    expected = [facts(edge | {"decision": "ALLOW"}, EDGE) for edge in EXPECTED["edges"]]
    assert sorted(facts(edge, EDGE) for edge in run.told["edges"]) == sorted(expected)


def test_edges_are_counted(run: Run) -> None:
    counts = {(edge["source"], edge["sink"]): edge["count"] for edge in run.told["edges"]}
    pilot, asked = len(requests("train")), len(requests("test"))
    assert counts["http://web/ask#request", "http://web/ask#response"] == pilot + asked
    assert counts["http://web/ask#request", "grpc://assistant.Inference/Answer#request"] == asked
    assert counts["grpc://assistant.Logger/Append#request", "file:///assistant/interactions.jsonl"] == pilot + asked
    assert counts["duckdb://warehouse/training_set", "model://registry/intent"] == 1


def test_two_jobs_are_refused_with_a_remedy(run: Run) -> None:
    refused = sorted(facts(row, DENIED) for row in run.told["denied"])
    assert refused == sorted(facts(row, DENIED) for row in EXPECTED["denied"])
    assert all(row["reason"] and row["count"] == 1 for row in run.told["denied"])
    assert all(yaml.safe_load(row["remedy"]) for row in run.told["denied"])


def test_fault_51_the_denied_sink_holds_nothing(run: Run) -> None:
    assert any("segments.csv holds 0 bytes" in line for line in run.progress)
    assert any("no such table exists" in line for line in run.progress)


def test_the_model_understands_what_it_has_never_seen(run: Run) -> None:
    assert 0.85 < run.told["accuracy"] <= 1.0


def test_all_services_and_jobs_are_seen(run: Run) -> None:
    assert run.told["services"] == sorted({row["service"] for row in EXPECTED["edges"] + EXPECTED["denied"]})


def test_the_path_leads_from_a_request_to_the_answer_of_a_model(run: Run) -> None:
    path = run.told["path"]
    steps = [[path[0]["source"], None], *([step["sink"], step["service"]] for step in path)]
    assert steps == EXPECTED["path"]
    assert all(asset(one["sink"]) == asset(other["source"]) for one, other in pairwise(path))
    assert all(step in run.told["edges"] for step in path)


def test_a_denial_is_explained_by_the_way_from_the_request(run: Run) -> None:
    ways = {row["asset"]: row["way"]["places"] for row in run.told["explain"]}
    assert ways == EXPECTED["explained"]


def test_replay_says_what_a_policy_without_training_would_refuse(run: Run) -> None:
    found = run.told["replay"]
    more = sorted([row["kind"], row["asset"], row["service"]] for row in found["denied"])
    assert more == sorted(EXPECTED["replayed"])
    assert {(row["requirement"], row["after"]) for row in found["denied"]} == {
        ("interactions-serve-the-assistant", "DENY")
    }
    assert all("train" in row["remedies"]["nearest"] for row in found["denied"])
    assert {row["asset"] for row in found["still_denied"]} == {row["asset"] for row in EXPECTED["denied"]}
    assert found["no_longer_denied"] == []
    assert found["operations"] > sum(edge["count"] for edge in run.told["path"])


def test_nothing_stays_but_the_spool(run: Run) -> None:
    assert list(run.temporary.iterdir()) == [run.spool]
    assert list(run.working.iterdir()) == []
    assert list(processes_in(run.temporary)) == []


def test_the_graph_command_reads_the_spool(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["graph", "edges", "--json", "--spool", str(run.spool)]) == 0
    assert json.loads(capsys.readouterr().out) == run.told["edges"]


def test_one_command_tells_where_the_addresses_of_users_end_up(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["graph", "downstream", EMAIL, "--spool", str(run.spool)]) == 0
    assert capsys.readouterr().out.splitlines() == run.told["email"] == EXPECTED["email"]


def test_the_addresses_come_from_the_profiles_through_tables_and_files(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = "sqlite:///assistant/profiles.users#email", "duckdb://warehouse/sent#recipient"
    assert cli.main(["graph", "path", *ends, "--json", "--spool", str(run.spool)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [step["sink"] for step in found["steps"]] == [
        "file:///assistant/users.csv", "duckdb://warehouse/users#email", "duckdb://warehouse/digest#recipient",
        "file:///assistant/outbox/digest.parquet#recipient", "duckdb://warehouse/sent#recipient",
    ]  # fmt: skip
    assert found["witnessed"]


def test_fault_50_no_person_and_no_utterance_is_in_the_spool_or_the_output(run: Run, tmp_path: Path) -> None:
    files = [path for path in run.spool.rglob("*") if path.is_file()]
    seen = b"\n".join(path.read_bytes() for path in files) + json.dumps([run.told, run.progress]).encode()
    assert b"assistant/profiles.users" in seen
    said = {request.text for split in ("train", "test") for request in requests(split) if " " in request.text}
    assert [secret for secret in (*emails(tmp_path), *said) if secret.encode() in seen] == []


def test_a_demo_that_is_stopped_takes_everything_with_it(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        command("demo", "--json"), cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert demo.stderr is not None
    assert "start" in demo.stderr.readline()
    assert list(processes_in(tmp_path))
    demo.send_signal(signal.SIGTERM)
    _, complaints = demo.communicate()
    assert demo.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in complaints
    assert list(tmp_path.iterdir()) == []
    assert list(processes_in(tmp_path)) == []


def facts(row: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    return [row[name] for name in names]


def asset(place: str) -> str:
    return place.partition("#")[0]


def emails(directory: Path) -> list[str]:
    create_profiles(directory / "profiles.db")
    database = sqlite3.connect(directory / "profiles.db")
    found = [email for (email,) in database.execute("SELECT email FROM users")]
    database.close()
    return found
