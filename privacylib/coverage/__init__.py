"""The account of what is covered: I/O that the interpreter audits, and that no operation explains, is a gap."""

from privacylib.coverage.account import keep, kept, rest
from privacylib.coverage.native import loaded

__all__ = ["keep", "kept", "loaded", "rest"]
