"""What tests of database drivers have in common: which operations were seen, each exactly once."""

from collections.abc import Generator
from contextlib import contextmanager

import privacylib
from privacylib import integrations
from privacylib.families.databases import postgres
from privacylib.instrumentation import patching
from privacylib.testing import Capture, capture
from tests.integrations.databases import Server

__all__ = ["emptied", "operations", "seeing"]

TABLES = ("contacts", "plain", "a", "b", "c")


def emptied(server: Server) -> str:
    """Make the tables of a PostgreSQL server anew, and return how to connect."""
    import psycopg
    from psycopg import sql

    postgres.forget()
    told = f"host=127.0.0.1 port={server.port} user=postgres"
    with psycopg.connect(told, autocommit=True) as connection:
        for schema in ("other", "postgres"):
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
        for table in map(sql.Identifier, TABLES):
            connection.execute(sql.SQL("drop table if exists {}").format(table))
            connection.execute(sql.SQL("create table {} (email text)").format(table))
    return told


@contextmanager
def seeing(*names: str) -> Generator[Capture]:
    """Put integrations in place inside one scope, and yield what is seen."""
    integrations.install(frozenset(names))
    try:
        with capture() as seen, privacylib.scope("job"):
            yield seen
    finally:
        patching.uninstall()


def operations(seen: Capture) -> list[str]:
    """Return what was seen, as ``READ public.users#email``: without server and database."""
    return [
        " ".join((each.kind, _short(each.asset) + "".join(f"#{field}" for field in each.fields)))
        for each in seen.records
    ]


def _short(asset: str) -> str:
    place, _, name = asset.rpartition("/")
    return name.partition(".")[2] if place.startswith(("postgres:", "mysql:")) else asset
