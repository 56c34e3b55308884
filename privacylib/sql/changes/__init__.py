"""Statements that write, and what each column depends on that they write."""
