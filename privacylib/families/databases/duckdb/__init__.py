"""Databases of DuckDB: its files, its macros, its relations."""
