"""The reviewed transforms of the story. Each stands alone, so that a reviewer reads nothing else."""

import duckdb

__all__ = ["count_by_day"]

_COUNT = """
    CREATE OR REPLACE TABLE daily_counts AS
    SELECT CAST(asked_at AS DATE) AS day, intent, count(*) AS requests
    FROM interactions
    GROUP BY ALL
    HAVING count(DISTINCT wearer) >= 20
"""


def count_by_day(database: duckdb.DuckDBPyConnection) -> None:
    """Count the requests per intent and day, where at least 20 wearers stand behind a count.

    Args:
        database: The warehouse.
    """
    database.execute(_COUNT)
