"""SQL: which tables a statement reads and writes."""

from privacylib.sql.model import Tables
from privacylib.sql.statements import holds_values, stripped, tables

__all__ = ["Tables", "holds_values", "stripped", "tables"]
