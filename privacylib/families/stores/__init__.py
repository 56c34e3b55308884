"""Stores of values, documents and objects."""
