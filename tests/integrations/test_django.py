"""A Django application under ``privacylib run``, served by WSGI and by ASGI, where its views run in threads."""

import http.client
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from privacylib.graph import load
from tests.servers import await_port, free_port

pytestmark = [pytest.mark.slow, pytest.mark.server]

BIN = Path(sys.executable).parent

PROGRAM = r"""
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "blog.db"}},
    ROOT_URLCONF=__name__,
    SECRET_KEY="not one",
)

import django

django.setup()

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path


class Author(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "blog"
        db_table = "author"


class Contact(models.Model):
    email = models.TextField()

    class Meta:
        app_label = "blog"
        db_table = "contact"


def author(request, number):
    return HttpResponse(Author.objects.get(id=number).name)


async def author_later(request, name):
    return HttpResponse((await Author.objects.aget(name=name)).name)


def rename(request, number):
    Author.objects.filter(id=number).update(name="canary-new")
    return HttpResponse("done")


def contacts(request):
    return StreamingHttpResponse(contact.email for contact in Contact.objects.all())


urlpatterns = [
    re_path(r"^authors/(?P<number>[0-9]+)/$", author),
    re_path(r"^pages/((?:[\w\-]+/)*)$", lambda request, path: author(request, 1)),
    path("later/<str:name>", author_later),
    path("admin/", include([path("<int:number>/rename", rename), path("contacts", contacts)])),
]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
"""

POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {admin: {}}
assets:
  - {match: "sqlite://**/contact", labels: [CONTACT]}
zones:
  - {match: "http://blog/admin/contacts", purpose: admin}
requirements:
  - {id: contacts-stay, applies_to: [CONTACT], allow: {purposes: []}, mode: enforce}
"""

TRUE = {
    ("blog.db/author", "/authors/{number}/"),
    ("blog.db/author", "/pages/{…}"),
    ("blog.db/author", "/later/{name}"),
    ("/admin/{number}/rename#request", "blog.db/author"),
    ("/admin/contacts#request", "logging://blog/django.request"),  # which names the path of what is forbidden
    *(
        (f"{route}#request", route)
        for route in ("/authors/{number}/", "/pages/{…}", "/later/{name}", "/admin/{number}/rename")
    ),
}

SERVERS = {
    "wsgi": ("gunicorn", "-b", "127.0.0.1:{port}", "program:wsgi"),
    "asgi": ("uvicorn", "--port", "{port}", "program:asgi"),
}


@pytest.mark.parametrize("server", SERVERS)
def test_its_edges_are_found_and_its_forbidden_flow_is_refused(tmp_path: Path, server: str) -> None:
    pytest.importorskip("django")
    work, spool, port = tmp_path / "work", tmp_path / "spool", free_port()
    work.mkdir()
    (work / "program.py").write_text(PROGRAM)
    (tmp_path / "policy.yaml").write_text(POLICY)
    with closing(sqlite3.connect(work / "blog.db")) as database:
        database.executescript("""
            create table author (id integer primary key, name text);
            create table contact (id integer primary key, email text);
            insert into author values (1, 'canary');
            insert into contact values (1, 'canary@example.org');
        """)
    options = ["--policy", str(tmp_path / "policy.yaml"), "--mode", "enforce", "--spool", str(spool)]
    name, *arguments = [text.format(port=port) for text in SERVERS[server]]
    command = [str(BIN / "privacylib"), "run", *options, "--service", "blog", "--", str(BIN / name), *arguments]
    with subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            await_port(port, process)
            paths = ("/authors/1/", "/pages/canary/of/", "/later/canary", "/admin/1/rename", "/admin/contacts")
            answers = [ask(port, path) for path in paths]
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=30)
    assert answers == [*3 * [(200, b"canary")], (200, b"done"), (403, b"contacts-stay")], output
    edges = load([spool]).edges()
    assert {(named(edge.source, work), named(edge.sink, work)) for edge in edges} == TRUE
    assert not [path for path in spool.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]


def ask(port: int, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def named(uri: str, work: Path) -> str:
    """Return a source or sink as `TRUE` has it."""
    plain = uri.partition("#")[0] if "://blog" not in uri else uri.removesuffix("#response")
    return plain.removeprefix(f"sqlite://{work}/").removeprefix("http://blog")
