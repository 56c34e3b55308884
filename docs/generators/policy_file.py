"""The reference of the policy file, from its schema."""

from collections.abc import Iterator
from typing import Any

from privacylib.policy.schema import schema

__all__ = ["policy_file"]


def policy_file() -> Iterator[str]:
    """Yield the lines of the reference of the policy file."""
    root = schema()
    yield from (
        "# Policy file", "",
        "YAML, version 1. Keys that are not listed here are refused. [The JSON Schema](policy.schema.json) says the",
        "same to editors; [how to write a policy](../how-to/write-a-policy.md) shows one.", "",
        "In patterns `*` stands for any text without `/`, `**` for any text, and `[*]` for a star that is part of a",
        "name. Everything else is literal, and the whole name must match. Names are compared as they are kept: as",
        "templates (`users/{id}`), hosts in lower case and without a dot at their end, HTTP without `:80` and",
        "`:443`, and paths of HTTP and files without `.` and `..`. `policy check` and a warning at `init` name a",
        "pattern that no such name can match, and the form that would.", "",
    )  # fmt: skip
    yield from ("## The file", "", *keys(root), "")
    for name, part in root["$defs"].items():
        yield from (f"## {name}", "", part["description"], "", *keys(part), "")


def keys(part: dict[str, Any]) -> Iterator[str]:
    """Yield the table of the keys of a mapping."""
    yield from ("| key | value | needed | meaning |", "|---|---|---|---|")
    needed = part.get("required", ())
    for key, inner in part["properties"].items():
        default = f"default `{inner['default']}`" if "default" in inner else ""
        yield f"| `{key}` | {kind(inner)} | {'yes' if key in needed else default} | {inner.get('description', '')} |"


def kind(part: dict[str, Any]) -> str:
    """Return what a value is, in words."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in part:
        return " or ".join(map(kind, part["anyOf"]))
    if "enum" in part:
        return ", ".join(f"`{one}`" for one in part["enum"])
    if part["type"] == "array":
        return f"list of {kind(part['items'])}"
    if part["type"] == "object":
        return f"name to {kind(part['additionalProperties'])}"
    return "date" if part.get("format") == "date" else {"string": "text", "boolean": "true or false"}[part["type"]]
