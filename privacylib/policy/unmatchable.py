"""Patterns that match nothing, because names are kept otherwise than they are written."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from types import MappingProxyType

from attrs import evolve, frozen

from privacylib.model import Asset
from privacylib.model.policy import Policy
from privacylib.naming import Glob, escaped, templated
from privacylib.naming.globs import literal
from privacylib.naming.spelling import spelled
from privacylib.naming.uris import absolute, without_credentials
from privacylib.policy.meaning import mentions

__all__ = ["NO_LINES", "Finding", "unmatchable"]

NO_LINES: Mapping[str, int] = MappingProxyType({})
_COUNTED = "/page/"
"""What a wildcard may stand for so that a number behind it is kept."""
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
        kept = _kept(pattern, names)
        if mention.path.startswith("zones"):
            scheme, joint, rest = kept.partition("://")
            kept = _SERVED.get(scheme, scheme) + joint + rest
        if kept != pattern and not any(Glob(pattern).matches(rule.as_) for rule in policy.naming):
            problem = f"it can match nothing: such names are kept as {kept!r}"
            yield Finding(mention.path, problem, "write it so, or with '*'", lines.get(mention.path))


def _kept(pattern: str, names: bool) -> str:
    """Return a pattern in the form that names are kept in.

    Args:
        pattern: The pattern.
        names: Whether its names are templates by then; a pattern of `naming` is asked before.
    """
    scheme, joint, rest = pattern.partition("://")
    if not joint or "*" in scheme:
        return pattern
    host, slash, path = rest.partition("/")
    if not slash:
        return spelled(Asset(scheme, host)).uri
    namespace = f"{scheme}://{without_credentials(scheme, host)}" if host else scheme
    place = spelled(Asset(namespace, path if host else f"/{path}"))
    if place.namespace == "file":
        place = evolve(place, name=absolute(place.name))
    elif scheme != "file":
        place = evolve(place, name=place.name.partition("?")[0])
    return evolve(place, name=_templates(place)).uri if names else place.uri


def _templates(place: Asset) -> str:
    """Return a name whose stretches between wildcards are templated, each number with the word before it."""
    done: list[str] = []
    for plain, parts in groupby(place.name.split("/"), lambda part: literal(part) is not None):
        stretch = "/".join(parts)
        first = not done and "**" not in place.namespace  # which may be a part of the path, too
        done.append(_stretch(place.namespace, stretch, "" if first else _COUNTED) if plain else stretch)
    return "/".join(done)


def _stretch(namespace: str, stretch: str, before: str) -> str:
    named = templated(Asset(namespace, before + (literal(stretch) or "")))
    return escaped(named.name.removeprefix(before))
