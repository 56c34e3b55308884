"""Definitions of flows: each is told once, and has a number from then on."""
