"""What is measured: one file for each subject, a table of rows. There is no other list."""

import importlib
import pkgutil

from tests.benchmarks.model import Row

__all__ = ["rows"]


def rows() -> list[Row]:
    """Return all rows, by file and then as they stand there."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [row for name in modules for row in importlib.import_module(f"{__name__}.{name}").ROWS]
