"""Databases of SQLite, by whatever driver."""
