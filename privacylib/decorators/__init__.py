"""What code declares: operations, scopes and zones around functions and blocks, and context by hand."""

from privacylib.decorators.carrying import attached, current, extract, inject
from privacylib.decorators.operations import Op, call, calls, check, read, reads, write, writes
from privacylib.decorators.reclassifying import reclassify
from privacylib.decorators.zones import Block, scope, zone

__all__ = [
    "Block", "Op", "attached", "call", "calls", "check", "current", "extract", "inject", "read", "reads", "reclassify",
    "scope", "write", "writes", "zone",
]  # fmt: skip
