"""The warehouse's batch job: loads the log and builds the training set in SQL, which tells what depends on what."""

from typing import TYPE_CHECKING

import duckdb

import privacylib
from privacylib.demo.places import POLICY, arguments

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["build_training_set", "load_log"]

_LOAD = """
    CREATE OR REPLACE TABLE interactions AS
    SELECT * FROM read_json(
        ?, format = 'newline_delimited',
        columns = {asked_at: 'TIMESTAMPTZ', wearer: 'INTEGER', text: 'VARCHAR', intent: 'VARCHAR', confirmed: 'BOOLEAN'}
    )
"""
_BUILD = """
    CREATE OR REPLACE TABLE training_set AS
    SELECT text, intent FROM interactions WHERE confirmed ORDER BY asked_at, text
"""


@privacylib.zone(purpose="assistant.record")
def load_log(database: duckdb.DuckDBPyConnection, log: "Path") -> None:
    """Load the log of interactions into a table.

    Args:
        database: The warehouse.
        log: The file that the logger appends to.
    """
    database.execute(_LOAD, [str(log)])


@privacylib.zone(purpose="train.intent")
def build_training_set(database: duckdb.DuckDBPyConnection) -> None:
    """Build the table of the requests whose intent the wearers confirmed.

    Args:
        database: The warehouse.
    """
    database.execute(_BUILD)


def main() -> None:
    """Run the job once."""
    places, _ = arguments("the warehouse's batch job")
    privacylib.init(service="warehouse", policy=POLICY, mode="enforce", instrument=["duckdb"])
    with duckdb.connect(places.warehouse) as database:
        load_log(database, places.log)
        build_training_set(database)


if __name__ == "__main__":
    main()
