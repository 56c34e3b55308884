"""The JSON Schema of the policy file, derived from the classes that the loader fills."""

import datetime
from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from attrs import NOTHING, Attribute, fields, has

from privacylib.model.policy import Policy
from privacylib.policy.classes import whole
from privacylib.policy.forms import FORMS
from privacylib.policy.structuring import file_key

__all__ = ["schema"]

Schema = dict[str, Any]


def schema() -> Schema:
    """Return the schema of a policy file, JSON Schema 2020-12, for editors and other tools.

    It accepts every file that the loader accepts. What refers to something else in the file (a
    label that is not declared, an id that stands there twice) only the loader refuses.
    """
    definitions: dict[str, Schema] = {}
    root = _mapping(Policy, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "PrivacyLib policy",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _mapping(cls: Any, definitions: dict[str, Schema]) -> Schema:
    attributes = fields(whole(cls))
    required = [file_key(attribute) for attribute in attributes if attribute.default is NOTHING]
    return {
        "description": (cls.__doc__ or "").strip(),
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {file_key(attribute): _property(attribute, definitions) for attribute in attributes},
    }


def _property(attribute: "Attribute[Any]", definitions: dict[str, Schema]) -> Schema:
    return {
        "description": attribute.metadata["description"],
        **_of(attribute.type, attribute.metadata, definitions),
        **_default(attribute),
    }


def _of(kind: Any, meta: Mapping[str, Any], definitions: dict[str, Schema]) -> Schema:
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        options = [_of(option, meta, definitions) for option in arguments if option is not NoneType]
        return options[0] if len(options) == 1 else {"anyOf": options}
    if has(origin):
        if origin.__name__ not in definitions:
            definitions[origin.__name__] = {}
            definitions[origin.__name__] = _mapping(origin, definitions)
        return {"$ref": f"#/$defs/{origin.__name__}"}
    if origin is Literal:
        return {"enum": list(arguments)}
    if issubclass(origin, Enum):
        return {"enum": [member.name.lower() for member in origin]}
    if origin is Mapping:
        keys = {"propertyNames": _form(meta["keys"])} if meta["keys"] else {}
        return {"type": "object", **keys, "additionalProperties": _of(arguments[1], meta, definitions)}
    if origin in (tuple, frozenset):
        unique = {"uniqueItems": True} if origin is frozenset else {}
        least = {"minItems": meta["least"]} if meta["least"] else {}
        return {"type": "array", **least, **unique, "items": _of(arguments[0], meta, definitions)}
    if origin is datetime.date:
        return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    return {"type": "boolean"} if origin is bool else {"type": "string", **_form(meta["form"])}


def _form(name: str) -> Schema:
    return {"pattern": f"^(?:{FORMS[name].regex})$"} if name else {}


def _default(attribute: "Attribute[Any]") -> Schema:
    default = attribute.default
    if default is NOTHING or not default or not isinstance(default, str | int | Enum):
        return {}
    return {"default": default.name.lower() if isinstance(default, Enum) else default}
