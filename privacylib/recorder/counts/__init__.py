"""Counts of operations by flow: what is left of segments that were folded."""
