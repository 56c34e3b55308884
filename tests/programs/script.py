"""What holds of a script that runs to its end, and of what it makes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from privacylib.doctor import diagnose
from tests.programs.running import Found, Program

__all__ = ["OfAScript"]


class OfAScript:
    """Tests of a script that is run once under privacylib, and once without.

    Args:
        program: What was written down about it.
        run: Runs it in an empty directory, and returns the one that it works in.
        made: Files that it makes.
        least: Number of edges above `context` that make its precision tell something.
        unaudited: What of its I/O no audit event tells, and whose native code does it.
    """

    program: ClassVar[Program]
    run: ClassVar[Callable[[Path], Path]]
    made: ClassVar[tuple[str, ...]]
    least: ClassVar[int]
    unaudited: ClassVar[Mapping[str, str]] = {"duckdb": "DuckDB", "pyarrow": "Arrow"}

    @pytest.fixture(scope="class")
    @classmethod
    def place(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("script")

    @pytest.fixture(scope="class")
    @classmethod
    def found(cls, place: Path) -> Found:
        return cls.program.observed(place)

    def test_it_does_what_it_does_without(self, place: Path, found: Found, tmp_path: Path) -> None:
        assert found.every
        bare = type(self).run(tmp_path)
        assert {name: (place / "work" / name).read_bytes() for name in self.made} == {
            name: (bare / name).read_bytes() for name in self.made
        }
        assert all((bare / name).stat().st_size for name in self.made)

    def test_every_true_edge_is_found(self, found: Found) -> None:
        assert found.recall(self.program.true) == []

    def test_what_is_above_context_is_true(self, found: Found) -> None:
        assert len(found.above) >= self.least
        assert found.precision(self.program.allowed) >= 0.95
        assert found.impossible(self.program.read) == []

    def test_nothing_it_does_is_a_gap_and_what_native_code_does_is_named(self, place: Path, found: Found) -> None:
        assert found.every
        told = diagnose([place / "spool"])
        assert told.gaps == []
        assert told.unaudited == self.unaudited
