"""A Flask application under ``privacylib run``, by the servers that serve such applications."""

import http.client
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from privacylib.graph import load
from tests.servers import await_port, free_port

pytestmark = [pytest.mark.slow, pytest.mark.server]

BIN = Path(sys.executable).parent

PROGRAM = """
import os
import sqlite3
import time

from flask import Flask, abort, g, render_template, request

app = Flask(__name__)


def database():
    if "database" not in g:
        g.database = sqlite3.connect("blog.db")
        g.database.row_factory = sqlite3.Row
    return g.database


@app.teardown_appcontext
def close(error):
    if "database" in g:
        g.pop("database").close()


@app.get("/")
def index():
    posts = database().execute("SELECT title, name FROM post JOIN author ON author.id = author_id").fetchall()
    return render_template("index.html", posts=posts)


@app.get("/post/<int:number>")
def post(number):
    found = database().execute("SELECT title FROM post WHERE id = ?", (number,)).fetchone()
    return found["title"] if found else abort(404)


@app.post("/post/<int:number>/title")
def retitle(number):
    database().execute("UPDATE post SET title = ? WHERE id = ?", (request.form["title"], number))
    database().commit()
    return "done"


@app.get("/authors/<name>/export")
def export(name):
    row = database().execute("SELECT email FROM contact WHERE name = ?", (name,)).fetchone()
    with open("export.txt", "w") as file:
        file.write(row["email"])
    return "exported"


@app.get("/process")
def process():
    time.sleep(0.1)
    return str(os.getpid())
"""

POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {read: {}, export: {}}
assets:
  - {match: "sqlite://**/contact", labels: [CONTACT]}
zones:
  - {match: "http://blog/authors/{name}/export", purpose: export}
requirements:
  - {id: contact-stays, applies_to: [CONTACT], allow: {purposes: [read]}, mode: enforce}
"""

TRUE = {
    ("blog.db/post", "/"),
    ("blog.db/author", "/"),
    ("templates/index.html", "/"),
    ("blog.db/post", "/post/{number}"),
    ("/post/{number}/title#request", "blog.db/post"),
    ("/authors/{name}/export#request", "logging://blog/program"),  # where Flask logs what the view raised
    *((f"{route}#request", route) for route in ("/", "/post/{number}", "/post/{number}/title", "/process")),
}
"""Sources and sinks, read in the program; routes without ``#response``."""

ACCESSES = {
    (f"{route}#request", "logging://blog/werkzeug")
    for route in ("/", "/post/{number}", "/post/{number}/title", "/authors/{name}/export", "/process")
}

SERVERS = {
    "gunicorn": ("gunicorn", "-w", "2", "-b", "{host}", "program:app"),
    "gunicorn --preload": ("gunicorn", "--preload", "-w", "2", "-b", "{host}", "program:app"),
    "flask run": ("flask", "--app", "program", "run", "-p", "{port}"),
}


@pytest.mark.parametrize("server", SERVERS)
def test_fault_1_what_every_worker_does_arrives_and_the_forbidden_is_refused(tmp_path: Path, server: str) -> None:
    work, spool, port = tmp_path / "work", tmp_path / "spool", free_port()
    prepare(work)
    (tmp_path / "policy.yaml").write_text(POLICY)
    served = [text.format(host=f"127.0.0.1:{port}", port=port) for text in SERVERS[server]]
    served[0] = str(BIN / served[0])
    options = ["--policy", str(tmp_path / "policy.yaml"), "--mode", "enforce", "--spool", str(spool)]
    command = [str(BIN / "privacylib"), "run", *options, "--service", "blog", "--", *served]
    with subprocess.Popen(command, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            await_port(port, process)
            answers, processes = drive(port, 2 if "-w" in served else 1)
            await_answers(spool, sum(processes.values()))
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
    assert answers == [200, 200, 404, 200, 403], errors
    assert not (work / "export.txt").exists()
    assert process.returncode == (0 if "-w" in served else -signal.SIGTERM)

    edges = load([spool]).edges()
    logged = ACCESSES if server == "flask run" else frozenset[tuple[str, str]]()  # gunicorn's has no place by default
    assert {(named(edge.source, work), named(edge.sink, work)) for edge in edges} == TRUE | logged
    assert answered(spool) == {"http://blog/process#response": sum(processes.values())}
    recorded = {json.loads(meta.read_text().splitlines()[0])["pid"] for meta in spool.glob("*/meta.json")}
    assert recorded >= processes.keys()
    assert not [path for path in spool.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]


def answered(spool: Path) -> dict[str, int]:
    edges = load([spool]).edges()
    return {edge.sink: edge.count for edge in edges if edge.source.endswith("/process#request") and "#" in edge.sink}


def await_answers(spool: Path, wanted: int) -> None:
    """Wait for what a server does behind the last byte: to end it meanwhile would end it in the middle of a request."""
    until = time.monotonic() + 10
    while sum(answered(spool).values()) < wanted and time.monotonic() < until:
        time.sleep(0.05)


def prepare(work: Path) -> None:
    """Write the program, as its author would, and its database."""
    (work / "templates").mkdir(parents=True)
    (work / "program.py").write_text(PROGRAM)
    (work / "templates" / "index.html").write_text(
        "{% for post in posts %}{{ post.title }} by {{ post.name }}{% endfor %}"
    )
    with closing(sqlite3.connect(work / "blog.db")) as database:
        database.executescript("""
            create table author (id integer primary key, name text);
            create table contact (name text, email text);
            create table post (id integer primary key, author_id integer, title text);
            insert into author values (1, 'canary');
            insert into contact values ('canary', 'canary@example.org');
            insert into post values (1, 1, 'canary-title');
        """)


def drive(port: int, workers: int) -> tuple[list[int], Counter[int]]:
    """Use the application; return the answers' statuses, and how often each process has answered."""
    statuses = [
        ask(port, "GET", "/")[0],
        ask(port, "GET", "/post/1")[0],
        ask(port, "GET", "/post/77")[0],
        ask(port, "POST", "/post/1/title", {"title": "canary-new"})[0],
    ]
    status, body = ask(port, "GET", "/authors/canary/export")
    assert body == b"contact-stays"
    processes: Counter[int] = Counter()
    deadline = time.monotonic() + 20
    with ThreadPoolExecutor(4) as pool:
        while len(processes) < workers and time.monotonic() < deadline:
            answers = pool.map(ask, [port] * 4, ["GET"] * 4, ["/process"] * 4)
            processes.update(int(body) for _, body in answers)
    return [*statuses, status], processes


def ask(port: int, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        headers = {"content-type": "application/x-www-form-urlencoded"} if form else {}
        connection.request(method, path, urlencode(form) if form else None, headers)
        response = connection.getresponse()
        return response.status, response.read()


def named(uri: str, work: Path) -> str:
    """Return a source or sink as `TRUE` has it."""
    plain = uri.partition("#")[0] if "://blog" not in uri else uri.removesuffix("#response")
    for start in (f"sqlite://{work}/", f"file://{work}/", "http://blog"):
        plain = plain.removeprefix(start)
    return plain
