"""sqlite3 under the policy."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import dbapi2
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.families.databases.sqlite.places import file_of
from privacylib.graph import load
from privacylib.instrumentation import patching
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented, watched

DRIVER: Any = sqlite3
"""Without its types, for calls that are wrong."""

INSERT = "insert into {} values (?)"


class TestConformance(Conformance):
    name = "sqlite3"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        file = directory / "shop.db"
        with closing(sqlite3.connect(file, check_same_thread=False)) as connection:
            connection.execute("create table contacts (email text)")
            connection.execute("create table plain (email text)")

            def count(table: str) -> int:
                with closing(sqlite3.connect(file)) as other:
                    return int(other.execute(f"select count(*) from {table}").fetchone()[0])

            def insert(table: str) -> None:
                with closing(sqlite3.connect(file, isolation_level=None)) as own:
                    own.execute(INSERT.format(table), ("ana",))

            yield Host(
                sink=f"sqlite://{file}/contacts",
                allowed=lambda: insert("contacts"),
                refused=lambda: insert("plain"),
                arrived=lambda: count("plain") > 0,
                failing=lambda: connection.execute("select * from nowhere"),
                error=sqlite3.OperationalError,
                streamed=lambda: connection.executemany(INSERT.format("contacts"), iter([("ana",), ("bo",)])),
            )


class TestDifferential(Differential):
    name = "sqlite3"

    @contextmanager
    def world(self, directory: Path) -> Generator[sqlite3.Connection]:
        with closing(sqlite3.connect(directory / "shop.db")) as connection:
            connection.execute("create table a (x)")
            yield connection

    def effects(self, world: sqlite3.Connection) -> object:
        return world.total_changes, world.in_transaction

    calls = (
        lambda db: db,
        lambda db: db.cursor(),
        lambda db: db.execute("insert into a values (?)", (1,)),
        lambda db: db.executemany("insert into a values (?)", ([number] for number in range(3))),
        lambda db: db.executescript("create table b (x); insert into b select x from a"),
        lambda db: [list(db.execute("select x from a")), db.in_transaction],
        lambda db: db.execute("select x from a where x = :x", {"x": 1}).description,
        lambda db: iter(db.execute("select x from a")),
        lambda db: db.execute("no sql"),
        lambda db: db.execute("select ?", ()),
        lambda db: db.execute(b"select 1"),
        lambda db: db.execute(),
        lambda db: db.cursor().execute("select 1", no=1),
        lambda db: db.cursor(object),
        lambda db: db.execute("select x from a where x = ?", (object(),)),
        lambda db: db.backup(None),
        lambda _: sqlite3.connect(object()),  # type: ignore[arg-type] - the library says no
        lambda _: sqlite3.connect("/nowhere/at/all"),
    )
    wrong = (
        lambda db: db.execute(5),
        lambda db: db.execute(None),
        lambda db: db.execute(),
        lambda db: db.execute("select 1", no=1),
        lambda db: db.execute("select 1\0"),
        lambda db: db.cursor().execute(["select 1"]),
        lambda db: db.executemany({}, ()),
        lambda db: db.executescript(),
        lambda db: db.executescript(b""),
        lambda db: db.backup(5),
        lambda db: _backed_up(db, name="nosuch"),
        lambda db: db.serialize(name=5) if sys.version_info >= (3, 11) else None,
        lambda db: db.serialize(name="nosuch") if sys.version_info >= (3, 11) else None,
        lambda db: db.blobopen("a", "x") if sys.version_info >= (3, 11) else None,
        lambda db: db.blobopen(5, "x", 1) if sys.version_info >= (3, 11) else None,
        lambda _: DRIVER.connect(),
        lambda _: DRIVER.connect(5.5),
    )


def _backed_up(connection: sqlite3.Connection, *, name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as other:
        connection.backup(other, name=name)


def test_what_a_derived_cursor_takes_beside_text_is_opaque(tmp_path: Path) -> None:
    class Cursor(sqlite3.Cursor):
        def execute(self, sql: Any, parameters: Any = ()) -> Any:
            return super().execute(" ".join(sql), parameters)

    with (
        instrumented(tmp_path, "sqlite3"), closing(sqlite3.connect(":memory:")) as connection, privacylib.scope("work"),
        privacylib.zone("reply"),
    ):  # fmt: skip
        users()
        with pytest.raises(PolicyDenied):
            connection.cursor(Cursor).execute(["select", "1"])


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "sqlite3") as found:
        yield found


def of_tables(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return pairs of tables for pairs of their columns."""
    return {(source.partition("#")[0], sink.partition("#")[0]) for source, sink in pairs}


def test_a_statement_that_moves_data_names_its_own_sources(here: Watched, tmp_path: Path) -> None:
    file = f"sqlite://{tmp_path}/shop.db"
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, privacylib.scope("job"):
        connection.executescript("create table a (x); create table b (x); create table c (x)")
        connection.execute("select x from c").fetchall()
        connection.execute("insert into b select x from a")
    evidence = {(edge.source, edge.sink): edge.evidence.value for edge in here.edges()}
    assert evidence[f"{file}/a#x", f"{file}/b#x"] == "parsed"
    assert not any(source.startswith(f"{file}/c") for source, _ in evidence), "nothing of the program goes in with it"


def test_fault_50_values_and_literals_are_kept_nowhere(here: Watched, tmp_path: Path) -> None:
    canary = "canary-7d2a"
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, privacylib.scope("job"):
        connection.execute("create table a (x)")
        connection.execute("insert into a values (?)", (canary,))
        connection.execute(f"insert into a select x from a where x = '{canary}'")
    assert not [path for path in here.spool.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]


def test_classes_of_the_host_stay_in_use(here: Watched) -> None:
    class Own(sqlite3.Connection):
        def execute(self, *args: object) -> sqlite3.Cursor:
            self.asked = args
            return super().execute(*args)  # type: ignore[arg-type] - as it came

    class OwnCursor(sqlite3.Cursor):
        pass

    with closing(sqlite3.connect(":memory:", factory=Own)) as connection:
        assert isinstance(connection, Own)
        assert connection.execute("select 1").fetchone() == (1,)
        assert connection.asked == ("select 1",)
        assert isinstance(connection.cursor(OwnCursor), OwnCursor)
        connection.row_factory = sqlite3.Row
        assert connection.execute("select 1 as one").fetchone()["one"] == 1
    with closing(sqlite3.connect(":memory:")) as connection:
        assert repr(type(connection)) == "<class 'sqlite3.Connection'>"
        with connection:
            connection.execute("create table a (x)")


@pytest.mark.parametrize("given", ["file:{}", "file:{}?mode=rwc", "file://{}", "file://localhost{}#x"])
def test_a_database_is_named_by_its_file(here: Watched, tmp_path: Path, given: str) -> None:
    with closing(sqlite3.connect(given.format(tmp_path / "shop.db"), uri=True)) as connection, privacylib.scope("job"):
        connection.executescript("create table a (x); create table b (x)")
        connection.execute("insert into b select x from a")
    assert of_tables(here.pairs()) == {(f"sqlite://{tmp_path}/shop.db/a", f"sqlite://{tmp_path}/shop.db/b")}


@pytest.mark.parametrize(
    ("given", "uri", "file"),
    [
        (":memory:", False, ""),
        (b"", False, ""),
        ("file:shared?mode=memory&cache=shared", True, ""),
        ("file::memory:", True, ""),
        ("/data/a%20b.db", True, "/data/a%20b.db"),
        ("file:/data/a%20b.db", True, "/data/a b.db"),
        ("file:/data/a.db", False, f"{Path.cwd()}/file:/data/a.db"),
    ],
)
def test_which_file_is_opened(given: str | bytes, uri: bool, file: str) -> None:
    assert file_of(given, uri=uri) == file


def test_tables_of_attached_databases_are_named_by_their_own_files(here: Watched, tmp_path: Path) -> None:
    main, other = f"sqlite://{tmp_path}/main.db", f"sqlite://{tmp_path}/other.db"
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("create table far (x)")
    with closing(sqlite3.connect(tmp_path / "main.db")) as connection, privacylib.scope("job"):
        connection.text_factory = bytes
        connection.row_factory = sqlite3.Row
        connection.executescript('create table near (x); create table "other.near" (x); create temp table mine (x)')
        connection.execute("attach database ? as Other", (str(tmp_path / "other.db"),))
        connection.execute("insert into other.far select x from near")
        connection.execute("insert into main.near select x from far")
        connection.execute("insert into mine select x from temp.mine")
    parsed = of_tables((edge.source, edge.sink) for edge in here.edges() if edge.evidence.value == "parsed")
    memory = "sqlite://:memory:/mine"
    assert parsed == {(f"{main}/near", f"{other}/far"), (f"{other}/far", f"{main}/near"), (memory, memory)}


def test_a_view_of_contacts_has_to_be_annotated_as_a_copy_has(here: Watched, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, privacylib.zone("reply"):
        connection.execute("create table contacts (email)")
        with pytest.raises(PolicyDenied):
            connection.execute("create view mails as select email from contacts")
        assert connection.execute("select count(*) from sqlite_master").fetchone() == (1,)


def test_a_backup_copies_table_by_table(here: Watched, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "shop.db")) as connection,
        closing(sqlite3.connect(tmp_path / "copy.db")) as target,
    ):
        connection.executescript("create table a (x); create table b (x)")
        with privacylib.scope("job"):
            connection.backup(target)
        assert target.execute("select count(*) from sqlite_master").fetchone() == (2,)
    parsed = of_tables((edge.source, edge.sink) for edge in here.edges() if edge.evidence.value == "parsed")
    assert parsed == {(f"sqlite://{tmp_path}/shop.db/{name}", f"sqlite://{tmp_path}/copy.db/{name}") for name in "ab"}


def test_a_backup_is_denied_before_the_first_page(here: Watched, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "shop.db")) as connection,
        closing(sqlite3.connect(tmp_path / "copy.db")) as target,
    ):
        connection.executescript("create table contacts (email); create table plain (x)")
        with privacylib.zone("ads"), pytest.raises(PolicyDenied):
            connection.backup(target)
        assert target.execute("select count(*) from sqlite_master").fetchone() == (0,)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="it came with Python 3.11")
def test_the_bytes_of_a_whole_database_are_read_from_each_of_its_tables(here: Watched, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("create table contacts (email); create table plain (x)")
        with privacylib.scope("job"), privacylib.zone("reply"):
            data: bytes = driver(connection).serialize()
            read = privacylib.current().reads
        with privacylib.zone("ads"), pytest.raises(PolicyDenied):
            driver(connection).serialize(name="main")
    assert data.startswith(b"SQLite format 3")
    assert read == tuple(f"sqlite://{tmp_path}/shop.db/{name}" for name in ("contacts", "plain"))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="it came with Python 3.11")
def test_a_value_that_is_opened_like_a_file_is_read_and_perhaps_written(here: Watched, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("create table contacts (email); insert into contacts values (zeroblob(4))")
        with privacylib.scope("job"), privacylib.zone("reply"):
            with driver(connection).blobopen("contacts", "email", 1, readonly=True) as blob:
                assert blob.read() == bytes(4)
            read = privacylib.current().reads
        with privacylib.zone("ads"), pytest.raises(PolicyDenied):
            driver(connection).blobopen("contacts", "email", 1)
    assert read == (f"sqlite://{tmp_path}/shop.db/contacts#email",)


def driver(connection: sqlite3.Connection) -> Any:
    """Return a connection with what not every Python has."""
    return connection


def test_fault_44_the_drivers_other_name_is_seen_too(here: Watched, tmp_path: Path) -> None:
    with closing(dbapi2.connect(tmp_path / "shop.db")) as connection, privacylib.scope("job"):
        connection.execute("create table a (x)")
        connection.execute("insert into a select x from a")
    assert of_tables(here.pairs()) == {(f"sqlite://{tmp_path}/shop.db/a", f"sqlite://{tmp_path}/shop.db/a")}


def test_a_statement_seen_before_is_told_by_its_own_database(here: Watched, tmp_path: Path) -> None:
    for name in ("one.db", "two.db", "one.db"):
        with closing(sqlite3.connect(tmp_path / name)) as connection, privacylib.scope(name):
            connection.execute("create table if not exists a (x)")
            connection.execute("create table if not exists b (x)")
            connection.execute("insert into b select x from a")
    pairs = {(f"sqlite://{tmp_path}/{name}/a", f"sqlite://{tmp_path}/{name}/b") for name in ("one.db", "two.db")}
    assert of_tables(here.pairs()) == pairs


def test_a_statement_seen_before_means_something_else_once_a_database_is_attached(
    here: Watched, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("create table far (x)")
    moves = "insert into near select x from far"
    with closing(sqlite3.connect(tmp_path / "main.db")) as connection, privacylib.scope("job"):
        connection.execute("create table near (x)")
        with pytest.raises(sqlite3.OperationalError):
            connection.execute(moves)
        connection.execute(f"attach database '{tmp_path}/other.db' as other")
        connection.execute(moves)
    parsed = {edge.source.partition("#")[0] for edge in here.edges() if edge.evidence.value == "parsed"}
    assert parsed == {f"sqlite://{tmp_path}/main.db/far", f"sqlite://{tmp_path}/other.db/far"}


def test_a_statement_seen_before_is_decided_by_the_policy_in_force(tmp_path: Path) -> None:
    read = "select x from a"
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table a (x)")
    for number, mode in enumerate(("observe", "enforce")):
        policy = (
            'version: 1\nlabels: {CONTACT: {}}\nassets: [{match: "sqlite://**", labels: [CONTACT]}]\nrequirements:\n'
        )
        policy += "  - {id: none, applies_to: [CONTACT], allow: {purposes: []}, mode: enforce}\n"
        (tmp_path / "policy.yaml").write_text(policy)
        privacylib.init(service="web", policy=tmp_path / "policy.yaml", mode=mode, spool=tmp_path / str(number))
        integrations.install(frozenset({"sqlite3"}))
        try:
            with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, privacylib.scope("job"):
                if mode == "observe":
                    assert connection.execute(read).fetchall() == connection.execute(read).fetchall() == []
                else:
                    with pytest.raises(PolicyDenied):
                        connection.execute(read)
        finally:
            privacylib.shutdown()
    patching.uninstall()


def test_what_sqlite_cannot_read_either_raises_its_own_error(tmp_path: Path) -> None:
    with watched(tmp_path) as here, closing(sqlite3.connect(tmp_path / "shop.db")) as bare:
        bare.execute("create table plain (x)")
        integrations.install(frozenset({"sqlite3"}))
        with closing(sqlite3.connect(tmp_path / "shop.db")) as database, privacylib.zone("reply"):
            users()
            with pytest.raises(sqlite3.OperationalError, match="syntax error"):
                database.execute("select * from (insert into plain select 1)")
        patching.uninstall()
        assert here.denied() == []


def test_values_for_a_statement_that_takes_none_are_not_in_it(tmp_path: Path) -> None:
    with watched(tmp_path) as here:
        integrations.install(frozenset({"sqlite3"}))
        with closing(sqlite3.connect(tmp_path / "shop.db")) as database, privacylib.zone("reply"):
            database.execute("create table plain (x)")
            database.execute("create table other (x)")
            users()
            database.execute("insert into other select x from plain", Given())
            with pytest.raises(privacylib.PolicyDenied):
                database.execute("insert into other select :x from plain", Given(x=1))
        patching.uninstall()
    assert [denied.asset for denied in here.denied()] == [f"sqlite://{tmp_path}/shop.db/other"]


class Given(dict[str, int]):
    """Values that are never empty, as Datasette has them."""

    def __len__(self) -> int:
        return super().__len__() or 1


@pytest.mark.parametrize("connect", ["connect", "Connection"])
@pytest.mark.parametrize("module", [sqlite3, dbapi2])
def test_a_cursor_that_is_made_directly_is_seen(here: Watched, tmp_path: Path, connect: str, module: Any) -> None:
    with closing(getattr(sqlite3, connect)(tmp_path / "shop.db")) as connection:
        connection.cursor().execute("create table plain (name)")
        cursor = module.Cursor(connection)
        with privacylib.zone("reply"):
            users()
            with pytest.raises(PolicyDenied):
                cursor.execute("insert into plain values (?)", ("ana",))
            with pytest.raises(PolicyDenied):
                cursor.executemany("insert into plain values (?)", [("ana",)])
        cursor.execute("attach ':memory:' as other")
        assert cursor.execute("select * from plain").fetchall() == []
        assert isinstance(cursor, sqlite3.Cursor)
        with closing(sqlite3.Connection(":memory:")) as other:
            assert isinstance(other.cursor(), module.Cursor)


DIRECT = """
import sqlite3, sys
from sqlite3 import dbapi2
class Derived(sqlite3.Connection): ...
for file, module, kind in ("a", sqlite3, sqlite3.Connection), ("b", dbapi2, dbapi2.Connection), ("c", sqlite3, Derived):
    with kind(f"{sys.argv[1]}/{file}.db") as connection:
        connection.execute("create table people as select 'ana' as name")
        connection.execute("create table plain (name)")
        found = module.Cursor(connection).execute("select name from people").fetchone()
        module.Cursor(connection).execute("insert into plain values (?)", found)
    print(*found)
"""


def test_fault_44_what_is_made_directly_is_seen_also_where_it_is_imported_later(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "privacylib.cli", "run", "--", sys.executable, "-c", DIRECT, str(tmp_path)]
    environment = {**os.environ, "PRIVACYLIB_SPOOL": str(tmp_path / "spool")}
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert ran.stdout == "ana\n" * 3
    pairs = {(edge.source, edge.sink) for edge in load([tmp_path / "spool"]).edges()}
    places = [f"sqlite://{tmp_path}/{file}.db" for file in "abc"]
    assert {(f"{place}/people#name", f"{place}/plain") for place in places} <= pairs


def test_what_a_cursor_derived_from_it_does_is_done_once(here: Watched, tmp_path: Path) -> None:
    class Derived(sqlite3.Cursor):
        def executemany(self, *args: Any) -> Any:
            return super().executemany(*args)

    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table plain (name)")
        for cursor in (Derived(connection), connection.cursor(Derived)):
            with privacylib.scope("work", fresh=True):
                with privacylib.read("db://plain"):
                    pass
                cursor.execute("insert into plain values (?)", ("ana",))
                cursor.executemany("insert into plain values (?)", [("ana",)])
            assert isinstance(cursor, Derived)
    assert [edge.count for edge in here.edges() if edge.source == "db://plain"] == [4]
