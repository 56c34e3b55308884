"""The advertising job: wants to sort wearers into segments for a partner, and may not."""

from pathlib import Path

import duckdb

import privacylib
from privacylib.demo.places import INTERACTIONS, POLICY, SEGMENTS, arguments

__all__ = ["deliver", "interests"]

_INTERESTS = "SELECT wearer, intent, count(*) FROM interactions GROUP BY ALL ORDER BY ALL"


@privacylib.reads(INTERACTIONS)
def interests(warehouse: Path) -> list[tuple[int, str, int]]:
    """Return how often each wearer asked for what."""
    with duckdb.connect(warehouse, read_only=True) as database:
        return database.execute(_INTERESTS).fetchall()


@privacylib.writes(SEGMENTS)
def deliver(rows: list[tuple[int, str, int]], segments: Path) -> None:
    """Write the file that the partner fetches."""
    segments.write_text("".join(f"{wearer},{intent},{count}\n" for wearer, intent, count in rows))


def main() -> None:
    """Run the job once."""
    places, _ = arguments("the advertising job")
    privacylib.init(service="advertising", policy=POLICY, mode="enforce")
    with privacylib.zone(purpose="ads.targeting"):
        deliver(interests(places.warehouse), places.segments)


if __name__ == "__main__":
    main()
