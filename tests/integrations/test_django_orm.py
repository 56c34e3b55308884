"""Django's ORM over its drivers, in a process of its own: one statement is one operation."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integrations.databases import Server

pytest.importorskip("django")
pytestmark = [pytest.mark.library, pytest.mark.server]

ROOT = str(Path(__file__).parents[2])
PROGRAM = """
import json, sys
import django
from django.conf import settings

driver, databases = sys.argv[1], json.loads(sys.argv[2])
settings.configure(DATABASES={"default": databases}, DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=True)
django.setup()
from django.db import connection, models, transaction

class Person(models.Model):
    email = models.CharField(max_length=80)
    class Meta:
        app_label, db_table = "shop", "people"

from tests.integrations.statements import operations, seeing

with connection.schema_editor() as editor:
    editor.create_model(Person)
connection.close()
with seeing(driver) as seen:
    person = Person.objects.create(email="ana")
    with transaction.atomic():
        Person.objects.bulk_create([Person(email="bo"), Person(email="cy")])
        assert Person.objects.get(email="ana").pk == person.pk
    assert [each.email for each in Person.objects.order_by("email").iterator(chunk_size=2)] == ["ana", "bo", "cy"]
    assert Person.objects.filter(email__startswith="b").count() == 1
    Person.objects.filter(pk=person.pk).update(email="ana2")
    with connection.cursor() as cursor:
        cursor.execute("select email from people where id = %s", [person.pk])
        assert cursor.fetchone() == ("ana2",)
    person.delete()
    connection.close()
with connection.schema_editor() as editor:
    editor.delete_model(Person)
print(json.dumps([each.split("#")[0].split() for each in operations(seen)]))
"""


@pytest.mark.parametrize("driver", ["sqlite3", "psycopg"])
def test_the_orm_is_seen_by_its_driver(driver: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    told: dict[str, object] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "shop.db")}
    if driver == "psycopg":
        server: Server = request.getfixturevalue("postgres")
        told = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres"}
        told |= {"HOST": "127.0.0.1", "PORT": server.port}
    command = [sys.executable, "-c", PROGRAM, driver, json.dumps(told)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": ROOT})
    assert done.returncode == 0, done.stderr
    found = [(kind, asset.rpartition("/")[2].removeprefix("public.")) for kind, asset in json.loads(done.stdout)]
    assert found == [
        ("WRITE", "people"), ("WRITE", "people"), ("READ", "people"), ("READ", "people"), ("READ", "people"),
        ("WRITE", "people"), ("READ", "people"), ("WRITE", "people"),
    ]  # fmt: skip
