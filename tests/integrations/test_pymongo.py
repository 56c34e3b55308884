"""MongoDB under the policy: PyMongo, and a server that speaks its wire protocol."""

import importlib.util
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied
from privacylib.families.stores.documents import aggregated, collection, commanded
from privacylib.model import Kind
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.servers import await_port, free_port, missing_server
from tests.watched import Watched, instrumented

pytestmark = [pytest.mark.library, pytest.mark.server]

pymongo: Any = pytest.importorskip("pymongo")

PORT: list[int] = []
"""Of the server that runs."""


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    if importlib.util.find_spec("nx_27017") is None:
        missing_server("a server that speaks MongoDB's wire protocol", "pip install nx-27017")
    port, directory = free_port(), tmp_path_factory.mktemp("mongo")
    kept = ("--db", "memory", "--log-file", str(directory / "log"), "--pid-file", str(directory / "pid"))
    command = [sys.executable, "-m", "nx_27017.nx_27017", "-p", str(port), *kept]
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    try:
        await_port(port, process)
        PORT.append(port)
        yield port
    finally:
        process.terminate()
        process.wait()
        PORT.clear()


def place(name: str) -> str:
    return f"mongodb://127.0.0.1:{PORT[0]}/shop.{name}"


@contextmanager
def shop() -> Generator[Any]:
    with pymongo.MongoClient("127.0.0.1", PORT[0]) as client:
        for name in client.shop.list_collection_names():
            client.shop.drop_collection(name)
        yield client.shop


@asynccontextmanager
async def async_shop() -> AsyncGenerator[Any]:
    async with pymongo.AsyncMongoClient("127.0.0.1", PORT[0]) as client:
        for name in await client.shop.list_collection_names():
            await client.shop.drop_collection(name)
        yield client.shop


class TestConformance(Conformance):
    name = "pymongo"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory

        async def awaited() -> None:
            async with pymongo.AsyncMongoClient("127.0.0.1", PORT[0]) as client:
                await client.shop.contacts.insert_one({"name": "ana"})

        async def endless() -> None:  # nobody is there
            async with pymongo.AsyncMongoClient("127.0.0.1", free_port()) as client:
                await client.shop.contacts.count_documents({})

        with shop() as db:
            yield Host(
                sink=place("contacts"),
                allowed=lambda: db.contacts.insert_one({"name": "ana"}),
                refused=lambda: db.plain.insert_one({"name": "ana"}),
                arrived=lambda: bool(db.plain.count_documents({})),
                failing=lambda: db.plain.aggregate([{"$nosuch": 1}]),
                error=pymongo.errors.OperationFailure,
                awaited=awaited,
                endless=endless,
                streamed=lambda: db.contacts.insert_many({"name": name} for name in ("ana", "bo")),
            )


class TestDifferential(Differential):
    name = "pymongo"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        del directory
        with shop() as db:
            db.users.insert_many([{"_id": number, "name": f"n{number}"} for number in range(5)])
            yield db

    def effects(self, world: Any) -> object:
        names = sorted(world.list_collection_names())
        return {name: sorted(map(str, world[name].find())) for name in names}

    calls = (
        lambda db: db.users.insert_one({"_id": 7}).inserted_id,
        lambda db: db.users.insert_one({"_id": 1}),
        lambda db: db.users.insert_many({"_id": number} for number in (8, 9)).inserted_ids,
        lambda db: db.users.insert_many([]),
        lambda db: db.users.find_one({"_id": 1}),
        lambda db: list(db.users.find(batch_size=2)),
        lambda db: db.users.find({"_id": 1}).limit(1)[0],
        lambda db: [db.users.count_documents({}), db.users.estimated_document_count(), db.users.distinct("name")],
        lambda db: db.users.update_one({"_id": 1}, {"$set": {"name": "x"}}).modified_count,
        lambda db: db.users.update_many({}, {"$set": {"name": "x"}}).modified_count,
        lambda db: db.users.update_one({"_id": 1}, {"name": "no operator"}),
        lambda db: db.users.replace_one({"_id": 1}, {"name": "y"}, upsert=True).matched_count,
        lambda db: db.users.find_one_and_update({"_id": 1}, {"$set": {"name": "z"}}),
        lambda db: db.users.find_one_and_delete({"_id": 1}),
        lambda db: db.users.bulk_write([pymongo.InsertOne({"_id": 11}), pymongo.DeleteOne({"_id": 2})]).inserted_count,
        lambda db: db.users.delete_many({"_id": {"$gt": 2}}).deleted_count,
        lambda db: list(db.users.aggregate([{"$match": {"_id": 1}}])),
        lambda db: db.users.aggregate([{"$nosuch": 1}]),
        lambda db: db.users.rename("people"),
        lambda db: db.users.drop(),
        lambda db: db.command("ping"),
        lambda db: db.command("nosuch", "users"),
    )


async def _some(db: Any) -> Any:
    await db.users.insert_many([{"_id": number} for number in range(3)])
    return [document async for document in db.users.find(batch_size=2)]


async def _joined(db: Any) -> Any:
    await db.users.insert_one({"_id": 1})
    return [document async for document in await db.users.aggregate([{"$match": {"_id": 1}}])]


async def _wrong(db: Any) -> Any:
    return await db.users.aggregate([{"$nosuch": 1}])


class TestDifferentialAsync(Differential):
    name = "pymongo"

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[Any]:  # type: ignore[override] - either kind will do
        del directory
        async with async_shop() as db:
            yield db

    calls = (_some, _joined, _wrong)


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "pymongo") as found:
        yield found


def test_a_cursor_reads_when_it_is_asked_and_not_when_it_is_made(here: Watched) -> None:
    with shop() as db:
        db.users.insert_many([{"_id": number} for number in range(5)])
        with privacylib.scope("makes"):
            cursor = db.users.find(batch_size=2)
            db.early.insert_one({})
        with privacylib.scope("asks"):
            assert len(list(cursor)) == 5
            db.late.insert_one({})
    assert here.pairs() == {(place("users"), place("late"))}


def test_each_batch_is_read_where_it_is_fetched(here: Watched) -> None:
    with shop() as db:
        db.users.insert_many([{"_id": number} for number in range(5)])
        cursor = db.users.find(batch_size=2)
        with privacylib.scope("first"):
            next(cursor)
        with privacylib.scope("buffered"):
            next(cursor)
            db.buffered.insert_one({})
        with privacylib.scope("fetched"):
            next(cursor)
            db.fetched.insert_one({})
    assert here.pairs() == {(place("users"), place("fetched"))}


def test_what_is_found_and_changed_is_read_and_written(here: Watched) -> None:
    with shop() as db:
        db.users.insert_one({"_id": 1})
        with privacylib.scope("work"):
            db.users.find_one_and_update({"_id": 1}, {"$set": {"seen": True}})
            db.log.insert_one({})
    assert (place("users"), place("log")) in here.pairs()


def test_a_renamed_collection_is_made_of_what_it_was(here: Watched) -> None:
    with shop() as db:
        db.users.insert_one({"_id": 1})
        with privacylib.scope("work"):
            db.users.rename("people")
    assert {(edge.source, edge.sink, edge.evidence.value) for edge in here.edges()} == {
        (place("users"), place("people"), "parsed")
    }


def test_documents_that_are_made_while_they_are_written_flow_into_them(here: Watched) -> None:
    with shop() as db:
        db.users.insert_one({"_id": 1})

        def copies() -> Generator[Any]:
            for document in db.users.find():
                yield {**document, "copied": True}

        with privacylib.scope("work"):
            db.copies.insert_many(copies())
    assert here.pairs() == {(place("users"), place("copies"))}


def test_a_refused_write_of_many_sends_nothing(here: Watched) -> None:
    with shop() as db, privacylib.zone("reply"):
        users()
        with pytest.raises(PolicyDenied):
            db.plain.bulk_write([pymongo.InsertOne({"name": "ana"})])
        assert db.plain.count_documents({}) == 0


def _asked(pipeline: Any) -> list[tuple[str, str]]:
    with shop() as db:
        told = aggregated(db.orders, pipeline)
    return [(each.kind.name, each.asset.name.partition(".")[2]) for each in told]


PIPELINES: list[tuple[Any, list[tuple[str, str]]]] = [
    ([{"$match": {"_id": 1}}], [("READ", "orders")]),
    ([{"$lookup": {"from": "users", "as": "u"}}], [("READ", "orders"), ("READ", "users")]),
    (
        [{"$lookup": {"from": "a", "pipeline": [{"$unionWith": "b"}], "as": "x"}}, {"$out": "sums"}],
        [("READ", "orders"), ("READ", "a"), ("READ", "b"), ("WRITE", "sums")],
    ),
    ([{"$facet": {"one": [{"$graphLookup": {"from": "tree"}}]}}], [("READ", "orders"), ("READ", "tree")]),
    ([{"$unionWith": {"coll": "old", "pipeline": []}}], [("READ", "orders"), ("READ", "old")]),
    ([{"$merge": {"into": {"db": "warehouse", "coll": "sums"}}}], [("READ", "orders"), ("WRITE", "sums")]),
    ([{"$merge": "sums"}], [("READ", "orders"), ("WRITE", "sums")]),
]


@pytest.mark.parametrize(("pipeline", "told"), PIPELINES)
def test_a_pipeline_reads_what_its_stages_join_and_writes_where_it_ends(pipeline: Any, told: Any) -> None:
    assert _asked(pipeline) == told


def test_what_a_pipeline_writes_is_made_of_what_it_reads() -> None:
    with shop() as db:
        *reads, write = aggregated(
            db.orders, [{"$lookup": {"from": "users"}}, {"$out": {"db": "warehouse", "coll": "s"}}]
        )
    assert write.derived_from == tuple(each.asset for each in reads)
    assert write.asset.name == "warehouse.s"


COMMANDS: list[tuple[Any, Any, list[Kind]]] = [
    ("find", "users", [Kind.READ]),
    ({"insert": "users", "documents": [{}]}, 1, [Kind.WRITE]),
    ({"findAndModify": "users"}, 1, [Kind.READ, Kind.WRITE]),
    ({"aggregate": "users", "pipeline": [{"$out": "copy"}]}, 1, [Kind.READ, Kind.WRITE]),
    ({"aggregate": 1, "pipeline": [{"$lookup": {"from": "users"}}]}, 1, [Kind.READ]),
    ("ping", 1, []),
    ("collStats", "users", []),
    ("mapReduce", "users", [Kind.OPAQUE]),
    ({"getMore": 1, "collection": "users"}, 1, [Kind.READ]),
    ({"explain": {"find": "users"}}, 1, [Kind.READ]),
    ({"mapReduce": "users", "out": {"inline": 1}}, 1, [Kind.OPAQUE]),
]


@pytest.mark.parametrize(("command", "value", "kinds"), COMMANDS)
def test_a_command_is_told_by_its_name(command: Any, value: Any, kinds: list[Kind]) -> None:
    with shop() as db:
        assert [each.kind for each in commanded(db, command, value)] == kinds


INTO: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    (("aggregate", "users"), {"pipeline": [{"$out": "plain"}], "cursor": {}}, "shop.plain"),
    (({"bulkWrite": 1, "ops": [], "nsInfo": [{"ns": "shop.plain"}]},), {}, "shop.plain"),
    (("bulkWrite", 1), {"ops": [], "nsInfo": [{"ns": "other.plain"}]}, "other.plain"),
    (("renameCollection", "shop.users"), {"to": "other.plain"}, "other.plain"),
    (("mapReduce", "users"), {"map": "", "reduce": "", "out": "plain"}, "shop.plain"),
    (({"mapReduce": "users", "out": {"merge": "plain", "db": "other"}},), {}, "other.plain"),
    (({"cloneCollectionAsCapped": "users", "toCollection": "plain", "size": 1},), {}, "shop.plain"),
]


@pytest.mark.parametrize(("given", "named", "place"), INTO)
def test_what_a_command_writes_elsewhere_is_named_however_it_is_given(given: Any, named: Any, place: str) -> None:
    with shop() as db:
        command, value = (*given, 1)[:2]
        (written,) = [each for each in commanded(db, command, value, named) if each.kind is Kind.WRITE]
    assert written.asset.name == place


def test_commands_are_seen_whose_members_are_given_by_name_and_that_give_a_cursor(here: Watched) -> None:
    with shop() as db:
        db.users.insert_one({"_id": 1})
        with privacylib.scope("work"):
            assert list(db.cursor_command("find", "users", filter={})) == [{"_id": 1}]
            db.command("insert", "late", documents=[{"_id": 1}])
        with privacylib.zone("reply"):
            users()
            with pytest.raises(PolicyDenied):
                db.command("aggregate", "users", pipeline=[{"$out": "plain"}], cursor={})
    assert (place("users"), place("late")) in here.pairs()


def test_a_bulk_write_of_a_client_names_each_collection(here: Watched) -> None:
    with shop() as db, privacylib.zone("reply"):
        users()
        models = [
            pymongo.InsertOne({"_id": 1}, namespace="shop.contacts"),
            pymongo.InsertOne({}, namespace="shop.plain"),
        ]
        with pytest.raises(PolicyDenied):
            db.client.bulk_write(models)
        assert db.contacts.count_documents({}) == 0


def test_a_replica_set_is_one_place_in_whichever_order_its_members_are_given() -> None:
    urls = (
        "mongodb://b.internal:27018,a.internal/?replicaSet=rs",
        "mongodb://a.internal,b.internal:27018/?replicaSet=rs",
    )
    names: set[str] = set()
    for url in urls:
        with pymongo.MongoClient(url, connect=False) as client:
            names.add(collection(client.shop.users).uri)
    assert names == {"mongodb://a.internal:27017/shop.users"}
