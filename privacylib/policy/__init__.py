"""Policies: what they say, and what they decide."""
