"""What a policy file must mean: names that refer to something, ids that differ, keys that exclude each other."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from attrs import AttrsInstance, fields, frozen, has

from privacylib.labels import applies
from privacylib.model.policy import Key, Policy
from privacylib.policy.structuring import file_key, suggestion

__all__ = ["BUILT_IN", "Mention", "Problem", "mentions", "problems"]

BUILT_IN = ("zone", "flow", "unknown")
"""Ids of the rules that hold without a requirement."""
_DECLARED_UNDER = {"label": "labels", "purpose": "purposes"}


@frozen
class Problem:
    """Describe one thing that a policy must not say.

    Args:
        path: Dotted path.
        problem: What is wrong.
        remedy: What to write instead.
    """

    path: str
    problem: str
    remedy: str


@frozen
class Mention:
    """Describe one text of a policy that has a form.

    Args:
        path: Dotted path; a member of a set by value.
        form: Name of the form.
        text: The text.
    """

    path: str
    form: str
    text: str


def mentions(part: Any, path: str = "") -> Iterator[Mention]:
    """Give every text with a form in a policy or in a part of it, in the order of the classes."""
    for attribute in fields(cast("type[AttrsInstance]", type(part))):
        name = f"{path}.{file_key(attribute)}" if path else file_key(attribute)
        yield from _within(getattr(part, attribute.name), name, attribute.metadata)


def problems(policy: Policy) -> Iterator[Problem]:
    """Give what is wrong with a policy whose classes are filled."""
    yield from _undeclared(policy)
    yield from _repeated("requirements", "requirement", [one.id for one in policy.requirements])
    yield from _repeated("trust.keys", "key", [one.id for one in policy.trust.keys])
    for i, one in enumerate(policy.requirements):
        if one.id in BUILT_IN:
            yield Problem(f"requirements[{i}].id", f"{one.id!r} is the id of a built-in rule", "choose another id")
    for i, one in enumerate(policy.assets):
        if one.feeds is not None and not one.match.startswith("logging://"):
            remedy = "match logging://SERVICE/LOGGER, or leave feeds out"
            yield Problem(f"assets[{i}].feeds", "feeds says what becomes of logs alone", remedy)
    for i, one in enumerate(policy.trust.keys):
        yield from _places(f"trust.keys[{i}]", one)


def _within(value: Any, path: str, meta: Mapping[str, Any]) -> Iterator[Mention]:
    if isinstance(value, str):
        if meta["form"]:
            yield Mention(path, meta["form"], value)
    elif has(cast("type[Any]", type(value))):
        yield from mentions(value, path)
    else:
        for place, inner in _members(value):
            yield from _within(inner, f"{path}{place}", meta)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Give the members of a container, each with its step in a path."""
    if isinstance(value, Mapping):
        yield from ((f".{name}", inner) for name, inner in cast("Mapping[str, Any]", value).items())
    elif isinstance(value, tuple):
        yield from ((f"[{i}]", inner) for i, inner in enumerate(cast("tuple[Any, ...]", value)))
    elif isinstance(value, frozenset):
        yield from ((f"[{inner}]", inner) for inner in sorted(cast("frozenset[str]", value)))


def _undeclared(policy: Policy) -> Iterator[Problem]:
    """A name counts as declared with what is beneath it, and where something beneath it is declared."""
    declared: dict[str, Iterable[str]] = {"label": policy.labels, "purpose": policy.purposes}
    for mention in mentions(policy):
        names = declared.get(mention.form)
        if names is not None and not any(applies(name, mention.text) for name in names):
            otherwise = f"declare it under {_DECLARED_UNDER[mention.form]}: {mention.text}: {{}}"
            remedy = suggestion(mention.text, names, otherwise)
            yield Problem(mention.path, f"the {mention.form} {mention.text!r} is not declared", remedy)


def _repeated(path: str, word: str, ids: list[str]) -> Iterator[Problem]:
    for i, one in enumerate(ids):
        if one in ids[:i]:
            earlier = f"{path}[{ids.index(one)}]"
            yield Problem(f"{path}[{i}].id", f"the {word} {one!r} has the id of {earlier}", "give it an id of its own")


def _places(path: str, key: Key) -> Iterator[Problem]:
    if key.env and key.file:
        yield Problem(path, f"the key {key.id!r} has both env and file", "keep one of them")
    elif not key.env and not key.file:
        yield Problem(path, f"the key {key.id!r} has neither env nor file", "add env: VARIABLE or file: /path")
