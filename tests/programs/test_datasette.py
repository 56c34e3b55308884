"""Datasette as it comes from PyPI, under ``privacylib run``: its edges are those that its source says."""

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Generator
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from privacylib.graph import Edge, load
from tests.programs.running import BIN, Found, Program, found_in, pairs, read_file, run_command
from tests.servers import await_port, free_port

pytestmark = [pytest.mark.slow, pytest.mark.server]

READ = read_file("datasette.yaml")
CANARY = b"canary"
SERVICE = "http://datasette"

SHOP = """
    create table customers (id integer primary key, name text, email text);
    create table orders (id integer primary key, customer_id integer references customers(id), item text);
    create table archive (id integer primary key, item text);
    create table untouched (id integer primary key, note text);
    create table secrets (id text primary key, token text);
    create view recent as select orders.id, name, item from orders join customers on customers.id = customer_id;
    create virtual table notes using fts5(body);
    insert into customers values (1, 'canary-ana', 'canary-ana@example.org'), (2, 'Bo', 'bo@example.org');
    insert into orders values (1, 1, 'canary-tea'), (2, 2, 'rice');
    insert into secrets values ('canary-key', 'canary-token');
    insert into notes values ('hello canary');
"""
OTHER = "create table accounts (id integer primary key, name text); insert into accounts values (1, 'canary-bank')"
CANNED = {
    "add_order": "insert into orders (customer_id, item) values (:customer_id, :item)",
    "archive_orders": "insert into archive (id, item) select id, item from orders",
    "add_note": "insert into notes (body) values (:body)",
}
METADATA = {"databases": {"shop": {"queries": {name: {"sql": sql, "write": True} for name, sql in CANNED.items()}}}}

POLICY = """
version: 1
labels: {SECRET: {}}
purposes: {inventory: {}, browse: {}}
assets:
  - {match: "sqlite://**/shop.db/secrets", labels: [SECRET]}
  - {match: "http://datasette/", labels: [SECRET]}
  - {match: "http://datasette/{database}", labels: [SECRET]}
zones:
  - {match: "http://datasette/", purpose: inventory}
  - {match: "http://datasette/{database}", purpose: inventory}
  - {match: "http://datasette/{database}.*", purpose: browse}
  - {match: "http://datasette/{database}/**", purpose: browse}
requirements:
  - {id: secrets-are-counted-only, applies_to: [SECRET], allow: {purposes: [inventory]}, mode: enforce}
"""


@frozen
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


@frozen
class Ran:
    """One run of the program: its answers by path, and what is left of it."""

    answers: dict[str, Answer]
    output: str
    errors: str
    exit_status: int


def prepare(directory: Path) -> None:
    """Make the databases and files that Datasette serves."""
    (directory / "assets").mkdir(parents=True)
    (directory / "assets" / "logo.txt").write_text("a logo")
    (directory / "plain").mkdir()
    (directory / "plain" / "rich.py").write_text("raise ImportError\n")
    (directory / "metadata.json").write_text(json.dumps(METADATA))
    for name, script in (("shop.db", SHOP), ("other.db", OTHER)):
        with closing(sqlite3.connect(directory / name)) as database:
            database.executescript(script)


@contextmanager
def serving(directory: Path, *before: str) -> Generator[tuple[subprocess.Popen[str], int]]:
    """Start Datasette, behind the words given, until it answers; it is stopped by who uses it.

    It prints errors plainly, also where rich is installed: that shows addresses, and fills the pipe.
    """
    prepare(directory)
    paths = (str(directory / "plain"), os.environ.get("PYTHONPATH", ""))
    port = free_port()
    served = ["serve", "shop.db", "other.db", "-m", "metadata.json", "--static", "assets:assets", "-p", str(port)]
    with subprocess.Popen(
        [*before, str(BIN / "datasette"), *served],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
    ) as process:
        try:
            await_port(port, process)
            yield process, port
        finally:
            process.kill()


def ask(port: int, request: dict[str, Any]) -> Answer:
    """Send one request of the file."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        body = json.dumps(request["post"]) if "post" in request else None
        headers = {"accept": "application/json", "content-type": "application/json"} if body else {}
        connection.request("POST" if body else "GET", request["path"], body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())


def run(directory: Path, stop: signal.Signals, *before: str) -> Ran:
    """Run Datasette for all requests of the file, and stop it by a signal."""
    with serving(directory, *before) as (process, port):
        answers = {request["path"]: ask(port, request) for request in READ["requests"]}
        process.send_signal(stop)
        output, errors = process.communicate(timeout=30)
        return Ran(answers, output, errors, process.returncode)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(tmp_path_factory.mktemp("bare") / "work", signal.SIGTERM)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seen")


@pytest.fixture(scope="module")
def seen(place: Path) -> Ran:
    return run(place / "work", signal.SIGTERM, *run_command(place / "spool"))


@pytest.fixture(scope="module")
def found(place: Path, seen: Ran) -> Found:
    assert seen.answers
    return found_in(place / "spool", names(place / "work"))


@pytest.fixture(scope="module")
def edges(place: Path, seen: Ran) -> list[Edge]:
    assert seen.answers
    return load([place / "spool"]).edges()


def names(work: Path) -> dict[str, str]:
    return {
        f"sqlite://{work}/shop.db/": "shop/",
        f"sqlite://{work}/other.db/": "other/",
        "sqlite://:memory:/": "memory/",
        f"file://{work}/": "file/",
    }


def observed(place: Path) -> Found:
    """Run Datasette under privacylib, and return its edges."""
    run(place / "work", signal.SIGTERM, *run_command(place / "spool"))
    return found_in(place / "spool", names(place / "work"))


def expected() -> set[tuple[str, str]]:
    """Return the true edges: what a request reads, its own content included, goes to all that it writes."""
    found: set[tuple[str, str]] = set()
    for request in READ["requests"]:
        served = SERVICE + request["route"]
        always = READ["process"] + READ["every_view"] * request.get("view", True)
        sources = {served, *always, *request.get("reads", ())}
        found |= set(product(sources, {f"{served}#response", *request.get("writes", ())}))
        found |= pairs(request, "inside")
    return found | set(product(READ["process"], READ["server_logs"]))


PROGRAM = Program("Datasette", observed, expected(), READ)


def test_every_true_edge_is_found_and_no_other(found: Found) -> None:
    assert found.recall(PROGRAM.true) == []
    assert sorted(found.every - PROGRAM.true) == []


def test_what_is_above_context_is_what_statements_say(found: Found) -> None:
    assert found.above == {pair for request in READ["requests"] for pair in pairs(request, "inside")}


def test_no_impossible_edge_is_there(found: Found) -> None:
    assert found.impossible(READ, found.every) == []


def test_custom_sql_names_its_columns(edges: list[Edge], place: Path) -> None:
    pytest.importorskip("sqlglot")
    sink = f"{SERVICE}/{{database}}.{{format}}#response"
    shop = f"sqlite://{place}/work/shop.db/"
    fields = {edge.source.replace(shop, "shop/") for edge in edges if edge.sink == sink}
    assert fields >= {"shop/customers#name", "shop/customers#email"}
    assert not fields & {"shop/customers#id", "shop/customers"}


def test_fault_50_no_value_is_kept(edges: list[Edge], place: Path) -> None:
    files = [path for path in (place / "spool").rglob("*") if path.is_file()]
    assert edges
    assert files
    assert not [path for path in files if CANARY in path.read_bytes()]


def test_answers_are_those_of_a_bare_run(bare: Ran, seen: Ran) -> None:
    for request in READ["requests"]:
        assert seen.answers[request["path"]].status == request.get("status", 200)
        assert _told(seen, request) == _told(bare, request)


def test_output_and_exit_status_are_those_of_a_bare_run(bare: Ran, seen: Ran) -> None:
    assert _without_numbers(seen.output) == _without_numbers(bare.output)
    assert _without_numbers(seen.errors) == _without_numbers(bare.errors)
    assert seen.exit_status == bare.exit_status


def _told(ran: Ran, request: dict[str, Any]) -> tuple[int, list[tuple[str, str]], str]:
    """Return an answer without what differs from run to run: times and what depends on them, ports, tokens."""
    answer = ran.answers[request["path"]]
    varying = ("date", "set-cookie", "content-length")
    headers = [(name, "" if name.lower() in varying else _portless(value)) for name, value in answer.headers]
    body = "" if request.get("timed") else _portless(answer.body.decode())
    return answer.status, headers, re.sub(r"(took |query_ms\": )[\d.]+", r"\1", body)


def _portless(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "", text)


def _without_numbers(text: str) -> str:
    """Take out numbers, and the counts that Datasette itself breaks off after 10 ms, where the machine is busy."""
    return re.sub(r":\d+|\[\d+\]|ERROR: conn=.*, sql = 'select count\(\*\) from .*\n", "", text)


def test_enforced_its_one_forbidden_flow_is_refused(tmp_path: Path, bare: Ran) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    before = run_command(tmp_path / "spool", "--policy", str(policy), "--mode", "enforce")
    ran = run(tmp_path / "work", signal.SIGINT, *before)
    refused = {path: answer for path, answer in ran.answers.items() if answer.status != bare.answers[path].status}
    assert {path: (answer.status, answer.body) for path, answer in refused.items()} == {
        "/shop/secrets/canary-key.json": (403, b"secrets-are-counted-only")
    }
    for request in READ["requests"]:
        assert request["path"] in refused or _told(ran, request) == _told(bare, request)
    assert CANARY.decode() not in ran.errors
    assert {denied.requirement for denied in load([tmp_path / "spool"]).denied()} == {"secrets-are-counted-only"}


def test_an_interrupt_ends_it_as_without(tmp_path: Path) -> None:
    told = [[], run_command(tmp_path / "spool")]
    ended: list[tuple[int, str]] = []
    for number, before in enumerate(told):
        with serving(tmp_path / str(number), *before) as (process, _):
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
            ended.append((process.returncode, _without_numbers(errors)))
    assert ended[0] == ended[1]
