"""SQL: which tables a statement reads and writes."""

from privacylib.sql.model import Tables
from privacylib.sql.tables import stripped, tables

__all__ = ["Tables", "stripped", "tables"]
