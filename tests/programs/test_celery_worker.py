"""A Celery worker on Redis, and the script that sends it tasks."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from privacylib.doctor import diagnose
from tests.integrations import brokers
from tests.programs.running import BIN, Found, Program, found_in, pairs, read_file, run_command

for name in ("celery", "redis"):
    pytest.importorskip(name)
pytestmark = [pytest.mark.slow, pytest.mark.library, pytest.mark.server]

READ = read_file("celery_worker.yaml")
TRUE = pairs(READ, "edges")
SHOP = """
    create table orders (customer text, amount real); create table archive (customer text); create table secrets (x);
    create table customers (name text primary key); create table best (name text)
"""
PATIENCE = 30
"""Seconds for the last task to be done."""


def prepared(directory: Path) -> Path:
    work = directory / "work"
    shutil.copytree(Path(__file__).with_name("shop_worker"), work, ignore=shutil.ignore_patterns("__pycache__"))
    with closing(sqlite3.connect(work / "shop.db")) as database:
        database.executescript(SHOP)
    (work / "orders.csv").write_text("customer,amount\ncanary-ana,120\nbo,7\nbo,8\n")
    (work / "batch.txt").write_text("orders.csv\n")
    return work


def run(directory: Path, port: int) -> Path:
    """Run the worker until the last task has left its mark."""
    work, told = prepared(directory), {**os.environ, "BROKER": f"redis://127.0.0.1:{port}/0"}
    before = run_command(directory / "spool")
    options = ["worker", "--pool", "solo", "--without-mingle", "--without-gossip"]
    worker = [*before, str(BIN / "celery"), "-A", "shop_tasks", *options]
    log = work / "worker.log"
    with log.open("w") as output, subprocess.Popen(worker, cwd=work, env=told, stdout=output, stderr=output) as process:
        try:
            subprocess.run([*before, sys.executable, "send.py"], cwd=work, env=told, check=True, timeout=60)
            deadline = time.monotonic() + PATIENCE
            while not (work / "outbox.txt").exists() and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.1)
            assert (work / "outbox.txt").exists(), log.read_text()
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)
        finally:
            process.kill()
    return work


def observed(place: Path) -> Found:
    """Run worker and script under privacylib, and return their edges."""
    with brokers.redis(place) as port:
        work = run(place, port)
    names = {f"sqlite://{work}/shop.db/": "db/", f"file://{work}/": "file/"}
    return found_in(place / "spool", {**names, f"redis://127.0.0.1:{port}/0/celery": "queue"})


PROGRAM = Program("Celery worker", observed, TRUE, READ)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker")


@pytest.fixture(scope="module")
def found(place: Path) -> Found:
    return observed(place)


def test_the_tasks_have_run(place: Path, found: Found) -> None:
    assert found.every
    assert (place / "work" / "outbox.txt").read_text() == "2 customers\n"


def test_every_true_edge_is_found(found: Found) -> None:
    assert found.recall(TRUE) == []


def test_what_is_above_context_is_true(found: Found) -> None:
    assert len(found.above) >= 5
    assert found.precision(TRUE) >= 0.95
    assert found.impossible(READ) == []


def test_each_task_is_a_unit_of_work_of_its_own(found: Found) -> None:
    assert ("file/orders.csv", "file/totals.json") not in found.every
    assert ("db/orders", "file/outbox.txt") not in found.every


def test_nothing_it_does_is_a_gap(place: Path, found: Found) -> None:
    assert found.every
    assert diagnose([place / "spool"]).gaps == []
