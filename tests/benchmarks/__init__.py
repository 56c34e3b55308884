"""Every promise about cost, measured beside the peer: ``python -m tests.benchmarks``."""
