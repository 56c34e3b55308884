"""What broke a rule, and how often."""

from pathlib import Path

import privacylib
from privacylib.graph import Breach, Reasons
from privacylib.model import Mode
from tests.watched import watched

POLICY = """
version: 1
labels: {CONTACT: {}, CLICKS: {}}
purposes: {order: {}, ads: {}}
assets:
  - {match: "db://h/users", labels: [CONTACT]}
  - {match: "db://h/clicks", labels: [CLICKS]}
  - {match: "db://h/copies", labels: [CONTACT], region: us, retention: 90d}
  - {match: "db://h/counts", labels: [CONTACT]}
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [order], regions: [eu], retention: 30d}, mode: simulate}
  - {id: clicks, applies_to: [CLICKS], allow: {purposes: [ads]}, mode: observe}
"""


def written(tmp_path: Path, sink: str, *sources: str) -> list[Breach]:
    with watched(tmp_path, mode="simulate", policy=POLICY):
        for _ in range(3):
            with privacylib.scope("job"), privacylib.zone("order"):
                for source in sources:
                    with privacylib.read(source):
                        pass
                with privacylib.write(sink):
                    pass
    return Reasons([tmp_path / "spool"]).breaches(sink)


def test_a_rule_that_one_write_breaks_in_several_ways_is_counted_once(tmp_path: Path) -> None:
    (row,) = written(tmp_path, "db://h/copies", "db://h/users")  # by region and retention
    assert (row.requirement, row.would_deny) == ("contact", 3)


def test_of_equally_frequent_rows_the_strictest_is_first(tmp_path: Path) -> None:
    rows = written(tmp_path, "db://h/counts", "db://h/users", "db://h/clicks")
    assert [row.would_deny for row in rows] == [3] * len(rows)
    modes = [row.mode for row in rows]
    assert modes == sorted(modes, reverse=True)
    assert rows[0].mode is Mode.SIMULATE
