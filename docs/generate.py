"""Write the generated parts of the documentation: ``python docs/generate.py``; with ``--check`` only compare.

The API reference comes from docstrings, the command line's from its parsers, the policy file's from
the schema, and pictures from ``docs/pictures``.
"""

import argparse
import ast
import importlib
import importlib.util
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import privacylib
from privacylib.cli import parser as command_line
from privacylib.policy.schema import schema

DOCS = Path(__file__).parent
GENERATED = "<!-- Written by docs/generate.py. -->"

GROUPS = {
    "Start and stop": ("init", "flush", "shutdown", "reload"),
    "Operations": ("reads", "writes", "calls", "read", "write", "call", "check"),
    "Scopes and zones": ("scope", "zone", "reclassify", "current"),
    "Context by hand": ("inject", "extract", "attached"),
    "Values and errors": ("PolicyContext", "Decision", "PolicyDenied", "PrivacyError"),
}
MODULES = ("asgi", "wsgi", "grpc", "training", "testing")
SECTIONS = ("Args", "Returns", "Yields", "Raises")


def api() -> Iterator[str]:
    """Yield the lines of the API reference."""
    yield from ("# API", "", GENERATED, "", "Everything public stands in `privacylib` and the modules below it.", "")
    for title, names in GROUPS.items():
        yield from (f"## {title}", "")
        for name in names:
            yield from entry(f"privacylib.{name}", getattr(privacylib, name))
    for name in MODULES:
        if importlib.util.find_spec(f"privacylib.{name}") is None:
            continue
        module = importlib.import_module(f"privacylib.{name}")
        yield from (f"## privacylib.{name}", "", *prose(module.__doc__ or ""), "")
        for public in module.__all__:
            yield from entry(f"privacylib.{name}.{public}", getattr(module, public))


def entry(name: str, thing: Any) -> Iterator[str]:
    """Yield what is said about one public name."""
    yield from (f"### {name}", "")
    if not inspect.isclass(thing):
        yield from ("```text", f"{name}({signature(thing)})", "```", "")
    yield from (*prose(thing.__doc__ or ""), "")
    for member, function in vars(thing).items() if inspect.isclass(thing) else ():
        said = inspect.getdoc(function) if isinstance(function, property) or inspect.isfunction(function) else None
        if said and not member.startswith("_"):
            call = f"({signature(function).removeprefix('self').removeprefix(', ')})" if callable(function) else ""
            yield from (f"`.{member}{call}`", "", *prose(said), "")


def signature(function: Callable[..., Any]) -> str:
    """Return the parameters as the source has them, whatever version of Python reads it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    return ast.unparse(definition.args)


def prose(docstring: str) -> Iterator[str]:
    """Yield a Google-style docstring as Markdown."""
    text = inspect.cleandoc(docstring).replace("``", "`")
    parts = re.split(rf"^({'|'.join(SECTIONS)}):\n", text, flags=re.MULTILINE)
    yield parts[0].strip()
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        inside = textwrap.dedent(body).strip()
        yield from ("", f"{heading}:", "")
        if heading in {"Returns", "Yields"}:
            yield inside
            continue
        for item in re.split(r"\n(?=\S)", inside):
            name, _, meaning = item.partition(": ")
            yield f"- `{name}`: {' '.join(meaning.split())}"


def cli() -> Iterator[str]:
    """Yield the lines of the reference of the command line."""
    yield from ("# Command line", "", GENERATED, "")
    yield from ("Exit status: 0 for success, 1 for a failure that was explained, 2 for a wrong command line.", "")
    yield from commands(command_line(), "privacylib")


def commands(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    """Yield what is said about each command below a parser."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        short = {choice.dest: choice.help for choice in action._choices_actions}
        for word, inner in action.choices.items():
            if any(isinstance(a, argparse._SubParsersAction) for a in inner._actions):
                yield from commands(inner, f"{name} {word}")
                continue
            said = " ".join((inner.description or short.get(word) or "").split())
            yield from (f"## {name} {word}", "", said[:1].upper() + said[1:].rstrip(".") + ".", "")
            yield from ("| argument | meaning |", "|---|---|")
            yield from (f"| {flags(a)} | {a.help} |" for a in inner._actions if a.dest != "help")
            yield ""


def flags(action: argparse.Action) -> str:
    """Return how an argument is written."""
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    return ", ".join(f"`{flag} {value}`".replace(" `", "`") for flag in action.option_strings) or f"`{value}`"


def policy_file() -> Iterator[str]:
    """Yield the lines of the reference of the policy file."""
    root = schema()
    yield from (
        "# Policy file", "", GENERATED, "",
        "YAML, version 1. Keys that are not listed here are refused. [The JSON Schema](policy.schema.json) says the",
        "same to editors; [how to write a policy](../how-to/write-a-policy.md) shows one.", "",
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


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every generated file with its text."""
    for name, lines in (("api", api), ("cli", cli), ("policy-file", policy_file)):
        yield DOCS / f"reference/{name}.md", "\n".join(lines()).rstrip() + "\n"
    sys.path.insert(0, str(DOCS / "pictures"))
    for name, picture in importlib.import_module("pictures").PICTURES.items():
        yield DOCS / f"pictures/{name}.svg", picture().svg()


def main() -> int:
    """Write or compare."""
    stale = [(path, text) for path, text in pages() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path, _ in stale:
            print(f"{path.relative_to(DOCS.parent)} is not current; run python docs/generate.py")
        return bool(stale)
    for path, text in stale:
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
