"""SQLAlchemy, core and ORM, over each driver: one statement is one operation."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.databases import Server
from tests.integrations.statements import operations, seeing

sqlalchemy: Any = pytest.importorskip("sqlalchemy")
orm: Any = pytest.importorskip("sqlalchemy.orm")
aio: Any = pytest.importorskip("sqlalchemy.ext.asyncio")
pytestmark = [pytest.mark.library, pytest.mark.server]

metadata: Any = sqlalchemy.MetaData()
PEOPLE: Any = sqlalchemy.Table(
    "people", metadata,
    sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True), sqlalchemy.Column("email", sqlalchemy.String(80)),
)  # fmt: skip
COPY: Any = sqlalchemy.Table(
    "people_copy", metadata,
    sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True), sqlalchemy.Column("email", sqlalchemy.String(80)),
)  # fmt: skip


class Person:
    """Mapped to the table of people."""


orm.registry().map_imperatively(Person, PEOPLE)

SYNC = {
    "psycopg": "postgresql+psycopg",
    "psycopg2": "postgresql+psycopg2",
    "pymysql": "mysql+pymysql",
    "sqlite3": "sqlite",
}
ASYNC = {"psycopg": "postgresql+psycopg", "asyncpg": "postgresql+asyncpg", "aiosqlite": "sqlite+aiosqlite"}
MOVED = ["WRITE people_copy", "WRITE people_copy", "READ people"]
"""A statement that moves two columns, each from its own."""
DONE = ["WRITE people", "WRITE people", "READ people", *MOVED]
"""Two inserts, one of several rows; a query; and that statement."""


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return how to connect to an empty database."""
    dialect: str = request.param
    if dialect.startswith("sqlite"):
        return f"{dialect}:///{tmp_path}/shop.db"
    server: Server = request.getfixturevalue("mariadb" if dialect.startswith("mysql") else "postgres")
    if dialect.startswith("mysql"):
        plain = sqlalchemy.create_engine(f"mysql+pymysql://root@127.0.0.1:{server.port}/")
        with plain.begin() as connection:
            connection.exec_driver_sql("create database if not exists shop")
        plain.dispose()
    name = "shop" if dialect.startswith("mysql") else "postgres"
    user = "root" if dialect.startswith("mysql") else "postgres"
    return f"{dialect}://{user}@127.0.0.1:{server.port}/{name}"


@contextmanager
def made(engine: Any) -> Generator[None]:
    """Make the tables anew, unseen."""
    metadata.drop_all(engine)
    metadata.create_all(engine)
    engine.dispose()
    yield
    metadata.drop_all(engine)
    engine.dispose()


def plainly(seen: Any) -> list[str]:
    """Return the operations by table alone."""
    found = (each.split("#")[0].split() for each in operations(seen))
    return [f"{kind} {asset.replace('/', '.').rpartition('.')[2]}" for kind, asset in found]


def work(connection: Any) -> None:
    connection.execute(PEOPLE.insert(), {"id": 1, "email": "ana"})
    connection.execute(PEOPLE.insert(), [{"id": 2, "email": "bo"}, {"id": 3, "email": "cy"}])
    query = sqlalchemy.select(PEOPLE.c.email).where(PEOPLE.c.id == 1)
    assert connection.execute(query).scalars().all() == ["ana"]
    connection.execute(COPY.insert().from_select(["id", "email"], sqlalchemy.select(PEOPLE)))


@pytest.mark.parametrize(("driver", "url"), SYNC.items(), ids=list(SYNC), indirect=["url"])
def test_core_is_seen_by_its_driver(driver: str, url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    with made(engine), seeing(driver) as seen:
        other = sqlalchemy.create_engine(url)
        with other.begin() as connection:
            work(connection)
        other.dispose()
    assert plainly(seen) == DONE


@pytest.mark.parametrize(("driver", "url"), SYNC.items(), ids=list(SYNC), indirect=["url"])
def test_the_orm_is_seen_by_its_driver(driver: str, url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    with made(engine), seeing(driver) as seen:
        other = sqlalchemy.create_engine(url)
        with orm.Session(other) as session:
            person: Any = Person()
            person.id, person.email = 7, "ana"
            session.add(person)
            session.commit()
            assert session.get(Person, 7).email == "ana"
            assert session.query(Person).filter_by(email="ana").count() == 1
            session.delete(person)
            session.commit()
        other.dispose()
    assert plainly(seen) == ["WRITE people", "READ people", "READ people", "WRITE people"]


@pytest.mark.parametrize(("driver", "url"), ASYNC.items(), ids=list(ASYNC), indirect=["url"])
def test_async_engines_are_seen_by_their_driver(driver: str, url: str) -> None:
    sync = url.replace("+asyncpg", "+psycopg").replace("+aiosqlite", "")

    async def run() -> None:
        other = aio.create_async_engine(url)
        async with other.begin() as connection:
            await connection.run_sync(work)
            rows = [row async for row in await connection.stream(sqlalchemy.select(COPY.c.email))]
            assert len(rows) == 3
        await other.dispose()

    with made(sqlalchemy.create_engine(sync)), seeing(driver) as seen:
        asyncio.run(run())
    assert plainly(seen) == [*DONE, "READ people_copy"]
