"""Databases that take SQL: which tables a statement reads and writes, and where they are."""
