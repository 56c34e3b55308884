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
from tests.programs.running import BIN, Found, expected, found_in, read_file, run_command, served

pytest.importorskip("django")
pytestmark = [pytest.mark.slow]

READ = read_file("django_admin.yaml")
COMMAND = [sys.executable, "manage.py", "runserver", "--noreload", "--nothreading", "127.0.0.1:{port}"]


class Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - follows none
        return


def prepared(directory: Path) -> Path:
    work = directory / "work"
    work.mkdir()
    told = {"DJANGO_SUPERUSER_PASSWORD": "canary-password", "PATH": f"{BIN}:{os.environ['PATH']}"}
    superuser = ["createsuperuser", "--noinput", "--username", "ana", "--email", "canary@example.org"]
    for command in (["-m", "django", "startproject", "shop", "."], ["manage.py", "migrate"], ["manage.py", *superuser]):
        subprocess.run(
            [sys.executable, *command], cwd=work, check=True, capture_output=True, env={**os.environ, **told}
        )
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


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seen")


@pytest.fixture(scope="module")
def statuses(place: Path) -> list[int]:
    work = prepared(place)
    with served([*run_command(place / "spool"), *COMMAND], work) as (port, _):
        ask = client(port)
        return [ask(request)[0] for request in READ["requests"]]


@pytest.fixture(scope="module")
def found(place: Path, statuses: list[int]) -> Found:
    assert statuses
    return found_in(place / "spool", {f"sqlite://{place}/work/db.sqlite3/": "db/"})


def test_it_answers_as_it_should(statuses: list[int]) -> None:
    assert statuses == [request.get("status", 200) for request in READ["requests"]]


def test_every_true_edge_is_found(found: Found) -> None:
    assert found.recall(expected(READ)) == []


def test_what_is_above_context_is_true(found: Found) -> None:
    assert found.precision(expected(READ)) >= 0.95
    assert found.impossible(READ) == []


def test_nothing_it_does_is_a_gap(place: Path, found: Found) -> None:
    assert found.every
    diagnosis = diagnose([place / "spool"])
    assert diagnosis.gaps == []
    assert not [text for text in map(str, diagnosis.processes) if re.search("canary", text)]
