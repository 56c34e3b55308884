"""SQL: which tables a statement reads and writes."""

from privacylib.sql.model import Tables
from privacylib.sql.statements import stripped, tables

__all__ = ["Tables", "stripped", "tables"]
