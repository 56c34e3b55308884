"""Datasette as it comes from PyPI, under ``privacylib run``: its edges are those that its source says."""

import http.client
import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen

from privacylib.graph import Edge, load
from tests.servers import await_port, free_port

pytestmark = [pytest.mark.slow, pytest.mark.server]

BIN = Path(sys.executable).parent
READ: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("datasette.yaml").read_text())
CANARY = b"canary"
SERVICE = "http://datasette"

SHOP = """
    create table customers (id integer primary key, name text, email text);
    create table orders (id integer primary key, customer_id integer references customers(id), item text);
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
    (directory / "metadata.json").write_text(json.dumps(METADATA))
    for name, script in (("shop.db", SHOP), ("other.db", OTHER)):
        with closing(sqlite3.connect(directory / name)) as database:
            database.executescript(script)


@contextmanager
def serving(directory: Path, *before: str) -> Generator[tuple[subprocess.Popen[str], int]]:
    """Start Datasette, behind the words given, until it answers; it is stopped by who uses it."""
    prepare(directory)
    port = free_port()
    served = ["serve", "shop.db", "other.db", "-m", "metadata.json", "--static", "assets:assets", "-p", str(port)]
    with subprocess.Popen(
        [*before, str(BIN / "datasette"), *served],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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
    return run(place / "work", signal.SIGTERM, str(BIN / "privacylib"), "run", "--spool", str(place / "spool"), "--")


@pytest.fixture(scope="module")
def edges(place: Path, seen: Ran) -> list[Edge]:
    assert seen.answers
    return load([place / "spool"]).edges()


def pairs(edges: list[Edge], place: Path) -> set[tuple[str, str]]:
    """Return sources and sinks by the file's names, fields left out."""
    return {(_named(edge.source, place).partition("#")[0], _named(edge.sink, place)) for edge in edges}


def _named(uri: str, place: Path) -> str:
    work = place / "work"
    for start, name in {
        f"sqlite://{work}/shop.db/": "shop/",
        f"sqlite://{work}/other.db/": "other/",
        "sqlite://:memory:/": "memory/",
        f"file://{work}/": "file/",
    }.items():
        if uri.startswith(start):
            return name + uri.removeprefix(start)
    return uri


def expected() -> set[tuple[str, str]]:
    """Return the true edges: what a request reads, its own content included, goes to all that it writes."""
    found: set[tuple[str, str]] = set()
    for request in READ["requests"]:
        served = SERVICE + request["route"]
        always = READ["process"] + READ["every_view"] * request.get("view", True)
        sources = {served, *always, *request.get("reads", ())}
        found |= set(product(sources, {f"{served}#response", *request.get("writes", ())}))
    return found | set(product(READ["process"], READ["server_logs"]))


def test_every_true_edge_is_found_and_no_other(edges: list[Edge], place: Path) -> None:
    found, true = pairs(edges, place), expected()
    assert sorted(true - found) == []
    assert sorted(found - true) == []


def test_no_impossible_edge_is_there(edges: list[Edge], place: Path) -> None:
    for source, sink in READ["impossible"]:
        wrong = {pair for pair in pairs(edges, place) if pair[1] == sink and source in ("*", pair[0])}
        assert not wrong


def test_custom_sql_names_its_columns(edges: list[Edge], place: Path) -> None:
    pytest.importorskip("sqlglot")
    sink = f"{SERVICE}/{{database}}.{{format}}#response"
    fields = {_named(edge.source, place) for edge in edges if edge.sink == sink}
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
    return re.sub(r":\d+|\[\d+\]", "", text)


def test_enforced_its_one_forbidden_flow_is_refused(tmp_path: Path, bare: Ran) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    options = ("--policy", str(policy), "--mode", "enforce", "--spool", str(tmp_path / "spool"))
    ran = run(tmp_path / "work", signal.SIGINT, str(BIN / "privacylib"), "run", *options, "--")
    refused = {path: answer for path, answer in ran.answers.items() if answer.status != bare.answers[path].status}
    assert {path: (answer.status, answer.body) for path, answer in refused.items()} == {
        "/shop/secrets/canary-key.json": (403, b"secrets-are-counted-only")
    }
    for request in READ["requests"]:
        assert request["path"] in refused or _told(ran, request) == _told(bare, request)
    assert CANARY.decode() not in ran.errors
    assert {denied.requirement for denied in load([tmp_path / "spool"]).denied()} == {"secrets-are-counted-only"}


def test_an_interrupt_ends_it_as_without(tmp_path: Path) -> None:
    told = [(), (str(BIN / "privacylib"), "run", "--spool", str(tmp_path / "spool"), "--")]
    ended: list[tuple[int, str]] = []
    for number, before in enumerate(told):
        with serving(tmp_path / str(number), *before) as (process, _):
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
            ended.append((process.returncode, _without_numbers(errors)))
    assert ended[0] == ended[1]
