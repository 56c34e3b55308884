"""Every row runs, tiny, so that none rots. No time is asserted: machines are shared."""

import json
import math
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import main
from tests.benchmarks.model import Goal, Line, Row, Size
from tests.benchmarks.rows import rows
from tests.benchmarks.table import shown, write_json

LINE = Line("plain", "a pair", "µs", 4.0, "spans", 60.0, 1 / 15, Goal(1 / 20), (3.0, 4.0, 5.0), (50.0, 60.0, 70.0))


@pytest.mark.slow
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_row_runs(row: Row) -> None:
    found = row.lines(Size(quick=True, rounds=1, operations=100, assets=20))
    for line in found:
        assert math.isfinite(line.ours)
        assert line.row in shown(line)
        if line.peer is None and line.peer_name:
            assert line.note, "a peer that is missing is named so"


def test_rows_have_names_of_their_own() -> None:
    names = [row.name for row in rows()]
    assert len(set(names)) == len(names)


def test_unknown_row_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["no-such-row"])
    assert "no-such-row" in capsys.readouterr().err


def test_goals_are_met_by_any_limit() -> None:
    assert Goal(ratio=6, most=1.5).met(1.4, 0.1)
    assert Goal(ratio=6, most=1.5).met(2.0, 0.5)
    assert Goal(ratio=6, most=1.5).met(4.0, 0.5) is False
    assert Goal(ratio=0.1).met(1.0, None) is None
    assert Goal(least=10).met(9, 100) is False
    assert Goal().met(1.0, 1.0) is None


def test_ratio_of_the_rounds_counts() -> None:
    assert LINE.met is False
    assert "1/15.0" in shown(LINE)


def test_table_is_written_with_each_round(tmp_path: Path) -> None:
    write_json([LINE], tmp_path / "table.json")
    (line,) = json.loads((tmp_path / "table.json").read_text())["lines"]
    assert line["ours"] == {"value": 4.0, "median": 4.0, "minimum": 3.0, "rounds": [3.0, 4.0, 5.0]}
    assert line["met"] is False
