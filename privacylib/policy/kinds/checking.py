"""What a kind of requirement must be like, so that a mistake in one is told where it is made."""

import datetime
from collections.abc import Mapping
from enum import Enum
from keyword import iskeyword
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from attrs import NOTHING, Attribute, fields, has, make_class

from privacylib.model.policy import Allow, Annotated
from privacylib.policy.forms import FORMS
from privacylib.policy.kinds.kind import Kind

__all__ = ["flaw"]

_OWN = frozenset(attribute.name for cls in (Allow, Annotated) for attribute in fields(cls))


def flaw(kind: Kind) -> tuple[str, str] | None:
    """Return what makes a kind of another package unusable, and what to do; None where nothing does."""
    key = cast("object", kind.key)
    if not isinstance(key, str) or not key.isidentifier() or iskeyword(key) or key.endswith("_"):
        return f"its key {key!r} is no name", "write letters, digits and _ alone"
    if key in _OWN:
        return f"its key {key!r} is one of the policy file's own", "choose another key"
    for place, given in (("allow", kind.allow), ("asset", kind.asset)):
        found = None if given is None else _flaw_of(_attribute(given))
        if found is not None:
            return f"its field `{place}` {found[0]}", found[1]
    if kind.asset is not None and _within(_attribute(kind.asset).type, Mapping):
        return "its field `asset` holds a mapping, and answers are remembered by it", "use a list: tuple[str, ...]"
    return None


def _flaw_of(attribute: "Attribute[Any] | None") -> tuple[str, str] | None:
    remedy = "make it with privacylib.model.policy.key(description, type=..., default=None)"
    if attribute is None or not {"description", "form", "keys", "least"} <= attribute.metadata.keys():
        return "is none of a policy file", remedy
    if attribute.default is NOTHING:
        return "has no default, so that no policy could leave it out", remedy
    if not _readable(attribute.type):
        return "has no type that a policy file can hold", "use texts, bool, date, Literal, and tuples or sets of them"
    unknown = sorted({attribute.metadata["form"], attribute.metadata["keys"]} - {"", *FORMS})
    return (f"has the unknown form {unknown[0]!r}", f"use one of {', '.join(FORMS)}") if unknown else None


def _attribute(given: Any) -> Any:
    """Return a field as it would stand in a class, or None where it is none."""
    try:
        return fields(make_class("Probe", {"probe": given}))[0]
    except Exception:  # noqa: BLE001 - whatever a package puts there
        return None


def _readable(kind: Any) -> bool:
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return all(_readable(one) for one in arguments if one is not NoneType)
    if origin in (tuple, frozenset):
        return bool(arguments) and _readable(arguments[0])
    if origin is Mapping:
        return bool(arguments) and _readable(arguments[1])
    if origin in (str, bool, datetime.date, Literal):
        return True
    return isinstance(origin, type) and (has(origin) or issubclass(origin, Enum))


def _within(kind: Any, wanted: Any) -> bool:
    """Return whether a type holds another one somewhere."""
    if (get_origin(kind) or kind) is wanted:
        return True
    inner = [one.type for one in fields(kind)] if isinstance(kind, type) and has(kind) else get_args(kind)
    return any(_within(one, wanted) for one in inner)
