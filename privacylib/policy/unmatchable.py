"""Patterns that match nothing, because names are kept otherwise than they are written."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from attrs import frozen

from privacylib.model.policy import Policy
from privacylib.naming import Glob
from privacylib.policy.kept import kept
from privacylib.policy.meaning import mentions

__all__ = ["NO_LINES", "Finding", "unmatchable"]

NO_LINES: Mapping[str, int] = MappingProxyType({})
_SERVED = {"https": "http", "wss": "ws", "grpcs": "grpc"}
"""What is served is named alike with TLS and without: a proxy may take it off, and the service cannot tell."""


@frozen
class Finding:
    """Describe one suspicious thing in a valid policy.

    Args:
        path: Dotted path (``labels.CONTACT``).
        problem: What looks wrong.
        remedy: What to do about it.
        line: Line in the file, counted from 1; None where it is not known.
    """

    path: str
    problem: str
    remedy: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.path if self.line is None else f"line {self.line}, {self.path}"
        return f"{where}: {self.problem}; {self.remedy}"


def unmatchable(policy: Policy, lines: Mapping[str, int] = NO_LINES) -> Iterator[Finding]:
    """Give the patterns of a policy that no kept name can match, with what is kept instead.

    Args:
        policy: The policy.
        lines: Lines of its parts, as `read` gives them.
    """
    for mention in mentions(policy):
        if mention.form != "pattern":
            continue
        pattern, names = mention.text, not mention.path.startswith("naming")
        form = kept(pattern, names=names)
        if mention.path.startswith("zones"):
            scheme, joint, rest = form.partition("://")
            form = _SERVED.get(scheme, scheme) + joint + rest
        if form != pattern and not any(Glob(pattern).matches(rule.as_) for rule in policy.naming):
            problem = f"it can match nothing: such names are kept as {form!r}"
            yield Finding(mention.path, problem, "write it so, or with '*'", lines.get(mention.path))
