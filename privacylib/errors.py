"""Errors that privacylib raises. They carry structure, never data."""

__all__ = ["AssetNameError", "NotInitialised", "PolicyFileError", "PrivacyError", "SpoolError"]


class PrivacyError(Exception):
    """Base of every error that privacylib raises on purpose."""


class NotInitialised(PrivacyError):
    """Raised when ``PRIVACYLIB_REQUIRED=1`` and nobody called ``privacylib.init``."""


class AssetNameError(PrivacyError, ValueError):
    """Raised for a text that names no asset."""


class SpoolError(PrivacyError):
    """Raised when a spool directory cannot be used or read."""


class PolicyFileError(PrivacyError):
    """Raised for a policy file that cannot be accepted.

    Args:
        source: The file's name, as the caller gave it.
        line: Line of the offending node, counted from 1.
        path: Dotted path of the node (``requirements[0].allow.purposes``); empty at the root.
        problem: What is wrong.
        remedy: What to write instead.
    """

    def __init__(self, source: str, line: int, path: str, problem: str, remedy: str) -> None:
        super().__init__(source, line, path, problem, remedy)
        self.source = source
        self.line = line
        self.path = path
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        where = f" at {self.path}" if self.path else ""
        return f"{self.source}:{self.line}{where}: {self.problem}; {self.remedy}"
