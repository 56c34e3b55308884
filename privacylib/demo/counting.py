"""The job that counts what was asked: its result carries less than what it reads, as a reviewer agreed."""

import duckdb

import privacylib
from privacylib.demo.places import DAILY_COUNTS, POLICY, arguments
from privacylib.demo.transforms import count_by_day

__all__ = ["count"]

LOWERED = privacylib.reclassify(
    {"INTERACTION"},
    to={"AGGREGATE"},
    sink=DAILY_COUNTS,
    transform=count_by_day,
    reason="a count over at least 20 wearers says nothing about one of them",
    reviewer="privacy@example.org",
    expires="2099-12-31",
)
"""The same entry stands in the policy file; under enforce nothing else counts."""


@privacylib.zone(purpose="assistant.quality")
def count(database: duckdb.DuckDBPyConnection) -> None:
    """Build the table of daily counts.

    Args:
        database: The warehouse.
    """
    with LOWERED:
        count_by_day(database)


def main() -> None:
    """Run the job once."""
    places, _ = arguments("the counting job")
    privacylib.init(service="counting", policy=POLICY, mode="enforce", instrument=["duckdb"])
    with duckdb.connect(places.warehouse) as database:
        count(database)


if __name__ == "__main__":
    main()
