"""The way back from classes to the text of a policy file, which only tests need."""

import datetime
import json
from collections.abc import Mapping
from typing import Any, cast

from attrs import AttrsInstance, fields, has

from privacylib.model import Mode
from privacylib.model.policy import Policy
from privacylib.policy.structuring import file_key

__all__ = ["plain", "written"]


def written(policy: Policy) -> str:
    """Return a file that says what the policy says; JSON is YAML."""
    return json.dumps(plain(policy))


def plain(value: Any) -> Any:
    """Return what JSON has for a part of a policy; keys with their default are left out."""
    if isinstance(value, Mode):
        return value.name.lower()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, tuple | frozenset):
        return [plain(inner) for inner in cast("tuple[Any, ...]", value)]
    if not has(cast("type[Any]", type(value))):
        return value
    result: dict[str, Any] = {}
    for attribute in fields(cast("type[AttrsInstance]", type(value))):
        inner = getattr(value, attribute.name)
        factory = getattr(attribute.default, "factory", None)
        if inner != (factory() if factory else attribute.default):
            result[file_key(attribute)] = plain(inner)
    return result
