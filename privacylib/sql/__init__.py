"""SQL: which tables a statement reads and writes, and which columns depend on which."""

from privacylib.sql.edges import Column, ColumnEdge, Dependence, Lineage, Statement
from privacylib.sql.engine import lineage
from privacylib.sql.model import Tables
from privacylib.sql.schema import Schema
from privacylib.sql.statements import changed, tables
from privacylib.sql.text.stripping import holds_values, stripped

__all__ = [
    "Column", "ColumnEdge", "Dependence", "Lineage", "Schema", "Statement", "Tables", "changed", "holds_values",
    "lineage", "stripped", "tables",
]  # fmt: skip
