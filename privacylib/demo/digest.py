"""The digest job: tells wearers by mail how much they asked. Which column goes where is told by its SQL alone."""

import csv
import sqlite3
from pathlib import Path

import duckdb

import privacylib
from privacylib.demo.places import POLICY, arguments

__all__ = ["digest", "export", "load_users"]

_USERS = "CREATE OR REPLACE TABLE users AS SELECT * FROM read_csv(?)"
_DIGEST = """
    CREATE TEMP TABLE asked AS
    SELECT wearer, count(*) AS requests FROM interactions GROUP BY wearer;

    CREATE OR REPLACE TABLE digest AS
    SELECT lower(users.email) AS recipient, users.name, asked.requests
    FROM users JOIN asked ON asked.wearer = users.id;
"""
_POST = "COPY (SELECT recipient, name, requests FROM digest ORDER BY recipient) TO '{}/digest.parquet' (FORMAT parquet)"
_SENT = "CREATE OR REPLACE TABLE sent AS SELECT recipient, requests FROM read_parquet(?)"


def export(profiles: Path, exported: Path) -> None:
    """Write the wearers' profiles to a file, as the service of profiles does every night.

    Args:
        profiles: The database of profiles.
        exported: The file.
    """
    database = sqlite3.connect(profiles)
    with exported.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "name", "email"))
        rows.writerows(database.execute("SELECT id, name, email FROM users"))
    database.close()


def load_users(database: duckdb.DuckDBPyConnection, exported: Path) -> None:
    """Load the exported profiles into a table.

    Args:
        database: The warehouse.
        exported: The file.
    """
    database.execute(_USERS, [str(exported)])


def digest(database: duckdb.DuckDBPyConnection, outbox: Path) -> None:
    """Build the digests, hand them to who sends them, and keep to whom one went.

    Args:
        database: The warehouse.
        outbox: A directory of files to send.
    """
    database.execute(_DIGEST)
    database.execute(_POST.format(outbox))
    database.execute(_SENT, [f"{outbox}/*.parquet"])


def main() -> None:
    """Run the job once."""
    places, _ = arguments("the digest job")
    privacylib.init(service="digest", policy=POLICY, mode="enforce", instrument=["duckdb", "files", "sqlite3"])
    places.outbox.mkdir()
    with privacylib.zone(purpose="assistant.digest"), duckdb.connect(places.warehouse) as database:
        export(places.profiles, places.exported)
        load_users(database, places.exported)
        digest(database, places.outbox)


if __name__ == "__main__":
    main()
