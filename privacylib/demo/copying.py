"""An analyst's job: copies the interactions to a new table that nobody annotated, and may not."""

import duckdb

import privacylib
from privacylib.demo.places import POLICY, arguments

__all__ = ["copy_interactions"]


@privacylib.zone(purpose="assistant.quality")
def copy_interactions(database: duckdb.DuckDBPyConnection) -> None:
    """Copy the interactions to a table of which the policy knows nothing.

    Args:
        database: The warehouse.
    """
    database.execute("CREATE TABLE interactions_copy AS SELECT * FROM interactions")


def main() -> None:
    """Run the job once."""
    places, _ = arguments("an analyst's copy")
    privacylib.init(service="copying", policy=POLICY, mode="enforce", instrument=["duckdb"])
    with duckdb.connect(places.warehouse) as database:
        copy_interactions(database)


if __name__ == "__main__":
    main()
