"""The demo's warehouse in one process, on whichever DuckDB is here: its SQL tells the same columns."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

import privacylib
from privacylib import integrations
from privacylib.demo.places import POLICY
from privacylib.demo.profiles import create_profiles
from privacylib.graph import load
from privacylib.instrumentation import patching
from tests.watched import Watched, watched

duckdb: Any = pytest.importorskip("duckdb")

EXPECTED = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text(encoding="utf-8"))
ASKED = {"asked_at": "2026-01-01T00:00:00Z", "wearer": 1, "text": "a", "intent": "b", "confirmed": True}


@pytest.fixture(name="seen")
def a_process(tmp_path: Path) -> Generator[Watched]:
    """Yield what a process of the warehouse's jobs records."""
    with watched(tmp_path, policy=POLICY.read_text(encoding="utf-8")) as here:
        integrations.install(frozenset({"duckdb", "files", "sqlite3"}))
        yield here
        patching.uninstall()


def test_its_jobs_tell_every_column(seen: Watched, tmp_path: Path) -> None:
    from privacylib.demo import digest, warehouse

    log, exported, outbox = (tmp_path / name for name in ("interactions.jsonl", "users.csv", "outbox"))
    log.write_text(json.dumps(ASKED) + "\n", encoding="utf-8")
    outbox.mkdir()
    create_profiles(tmp_path / "profiles.db")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as database:
        warehouse.load_log(database, log)
        warehouse.build_training_set(database)
        with privacylib.scope("digest", fresh=True), privacylib.zone(purpose="assistant.digest"):
            digest.export(tmp_path / "profiles.db", exported)
            digest.load_users(database, exported)
            digest.digest(database, outbox)
    expected = {
        (edge["source"], edge["sink"], edge["purpose"])
        for edge in EXPECTED["edges"]
        if edge["service"] in ("warehouse", "digest") and edge["evidence"] == "parsed"
    }
    found = load([seen.spool]).edges()
    assert {(e.source, e.sink, e.purpose) for e in found if e.evidence.value == "parsed"} == expected
    assert not [target for target in patching.uncovered if "duckdb" in target]
