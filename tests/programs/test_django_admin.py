"""The admin site of a fresh Django project, as ``django-admin startproject`` makes it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

import pytest

from privacylib.doctor import diagnose
from tests.programs.running import BIN, Found, Program, expected, found_in, pairs, read_file, run_command, served

pytest.importorskip("django")
pytestmark = [pytest.mark.slow]

READ = read_file("django_admin.yaml")
COMMAND = [sys.executable, "manage.py", "runserver", "--noreload", "--nothreading", "127.0.0.1:{port}"]


class Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - follows none
        return


def prepared(directory: Path, before: list[str]) -> Path:
    work = directory / "work"
    work.mkdir()
    told = {"DJANGO_SUPERUSER_PASSWORD": "canary-password", "PATH": f"{BIN}:{os.environ['PATH']}"}
    superuser = ["createsuperuser", "--noinput", "--username", "ana", "--email", "canary@example.org"]
    commands = (
        [sys.executable, "-m", "django", "startproject", "shop", "."],
        [*before, sys.executable, "manage.py", "migrate"],
        [sys.executable, "manage.py", *superuser],
    )
    for command in commands:
        subprocess.run(command, cwd=work, check=True, capture_output=True, env={**os.environ, **told})
    return work


def client(port: int) -> Callable[[dict[str, Any]], tuple[int, str]]:
    """Return what sends a request of the file as a browser would."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar), Stays())

    def ask(request: dict[str, Any]) -> tuple[int, str]:
        form: dict[str, str] | None = request.get("form")
        data = None
        if form is not None:
            token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
            data = urlencode({**form, "csrfmiddlewaretoken": token or ""}).encode()
        try:
            with opener.open(Request(f"http://127.0.0.1:{port}{request['path']}", data), timeout=20) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            return error.code, ""

    return ask


def run(place: Path) -> list[int]:
    """Migrate and serve under privacylib, and return how the requests of the file were answered."""
    before = run_command(place / "spool")
    work = prepared(place, before)
    with served([*before, *COMMAND], work) as (port, _):
        ask = client(port)
        return [ask(request)[0] for request in READ["requests"]]


def edges_in(place: Path) -> Found:
    return found_in(place / "spool", {f"sqlite://{place}/work/db.sqlite3/": "db/"})


def observed(place: Path) -> Found:
    """Run the program under privacylib, and return its edges."""
    run(place)
    return edges_in(place)


TRUE = expected(READ) | pairs(READ, "migrations")
PROGRAM = Program("Django admin", observed, TRUE, READ)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seen")


@pytest.fixture(scope="module")
def statuses(place: Path) -> list[int]:
    return run(place)


@pytest.fixture(scope="module")
def found(place: Path, statuses: list[int]) -> Found:
    assert statuses
    return edges_in(place)


def test_it_answers_as_it_should(statuses: list[int]) -> None:
    assert statuses == [request.get("status", 200) for request in READ["requests"]]


def test_every_true_edge_is_found(found: Found) -> None:
    assert found.recall(TRUE) == []


def test_what_is_above_context_is_true(found: Found) -> None:
    assert len(found.above) >= 10
    assert found.precision(TRUE) >= 0.95
    assert found.impossible(READ) == []


def test_nothing_it_does_is_a_gap(place: Path, found: Found) -> None:
    assert found.every
    diagnosis = diagnose([place / "spool"])
    assert diagnosis.gaps == []
    assert not [text for text in map(str, diagnosis.processes) if re.search("canary", text)]
