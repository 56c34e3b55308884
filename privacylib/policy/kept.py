"""In what form names are kept that a pattern matches: what is personal in them has become a template by then."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby, product
from math import prod

from attrs import evolve

from privacylib.model import Asset
from privacylib.model.policy import Naming
from privacylib.naming import Glob, asset, escaped, templated
from privacylib.naming.globs import literal
from privacylib.naming.spelling import spelled
from privacylib.naming.uris import absolute, without_credentials

__all__ = ["forms", "kept"]

_COUNTED = "/page/"
"""What a wildcard may stand for so that a number behind it is kept."""
_PERSONAL = (
    "4711", "ana@example.org", "example.org", "org", "123e4567-e89b-12d3-a456-426614174000", "2026-11-29",
    "Zx81hHqk2LmP09aaTyQw33",
)  # fmt: skip
"""What a wildcard within a word may stand for so that more than itself becomes a template."""
_WITHIN = re.compile(r"(?<=[^/*\[])\*(?!\*)|(?<![*\[])\*(?=[^/*])")
"""Such a wildcard; a star in brackets is none."""
_WIDE_BEHIND, _WIDE_BEFORE = re.compile(r"(?<=[^/*\[])\*\*"), re.compile(r"(?<!\*)\*\*(?=[^/*])")
_OF_AN_ID = re.compile(r"(?=.*[0-9a-f])[0-9a-f*+_-]*(\.[a-z]+)?", re.IGNORECASE)
"""A part that spells the beginning, or another piece, of what may be an id, and nothing else."""
_ANY = "s3://"
"""What is told of a scheme where the pattern tells of none, or of several."""
_MOST = 64
"""Ways to combine such parts that are looked at; of more, each of them may be anything."""


def forms(pattern: str, naming: Iterable[Naming]) -> frozenset[str]:
    """Return patterns of the names that are kept where this one matches what was named, and not what is kept.

    Args:
        pattern: A pattern of names as the program has them.
        naming: The policy's templates.
    """
    own = Glob(pattern)
    scheme, rest = _scheme(pattern)
    told = scheme if scheme and "*" not in scheme else _ANY
    every = {kept(told + each, counted=counted) for each in _spelled_out(told, rest) for counted in (True, False)}
    found = {scheme + form.removeprefix(told) for form in every}
    found.update(escaped(spelled(asset(rule.as_)).uri) for rule in naming if Glob(rule.match).meets(pattern))
    return frozenset(form for form in found if not own.covers(form))


def _scheme(pattern: str) -> tuple[str, str]:
    """Return what a pattern says of a scheme, with what ends it, and the rest."""
    scheme, joint, rest = pattern.partition("://")
    return (scheme + joint, rest) if joint else ("", pattern)


def _spelled_out(scheme: str, rest: str) -> Iterator[str]:
    """Yield a name, and it with templates in the place of parts that become one."""
    host, slash, path = rest.partition("/")
    yield rest
    for narrow in _narrowed(path):
        several = [_alternatives(scheme, part) for part in narrow.split("/")]
        if prod(map(len, several)) > _MOST:
            several = [each if len(each) == 1 else ("*",) for each in several]
        yield from (host + slash + "/".join(parts) for parts in product(*several))


@lru_cache(maxsize=1024)
def _alternatives(scheme: str, part: str) -> tuple[str, ...]:
    """Return what a part of a name may be kept as: as it is, or as a template that takes in more than a wildcard."""
    if not _WITHIN.search(part):
        return (part,)
    if _OF_AN_ID.fullmatch(part):
        return part, "*{*}*"
    filled = (_WITHIN.sub(personal, part) for personal in _PERSONAL)
    found = (
        templated(Asset(f"{scheme}h", before + each)).name.removeprefix(before)
        for each in filled
        for before in ("", _COUNTED)
    )
    own = Glob(part)
    return part, *dict.fromkeys(escaped(each) for each in found if not own.matches(each))


def _narrowed(path: str) -> Iterable[str]:
    """Return a path in which each ``**`` that is joined to a word ends there, or begins or ends a word of its own."""
    apart = _WIDE_BEHIND.sub("*/**", _WIDE_BEFORE.sub("**/*", path))
    return dict.fromkeys((path, _WIDE_BEHIND.sub("*", _WIDE_BEFORE.sub("*", path)), apart, apart.replace("/**/", "/")))


def kept(pattern: str, *, names: bool = True, counted: bool = True) -> str:
    """Return a pattern in the form that names are kept in.

    Args:
        pattern: The pattern.
        names: Whether its names are templates by then; a pattern of `naming` is asked before.
        counted: Whether a wildcard may stand for a word that counts, such as ``page``: the number behind it is kept.
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
    return evolve(place, name=_templates(place, counted)).uri if names else place.uri


def _templates(place: Asset, counted: bool) -> str:
    """Return a name whose stretches between wildcards are templated, each number with the word before it."""
    done: list[str] = []
    for plain, parts in groupby(place.name.split("/"), lambda part: literal(part) is not None):
        stretch = "/".join(parts)
        first = not done and "**" not in place.namespace  # which may be a part of the path, too
        before = _COUNTED if counted and not first else ""
        done.append(_stretch(place.namespace, stretch, before) if plain else stretch)
    return "/".join(done)


def _stretch(namespace: str, stretch: str, before: str) -> str:
    named = templated(Asset(namespace, before + (literal(stretch) or "")))
    return escaped(named.name.removeprefix(before))
