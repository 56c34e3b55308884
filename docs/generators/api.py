"""The reference of the API, from docstrings."""

import ast
import importlib
import importlib.util
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import privacylib

__all__ = ["api"]

GROUPS = {
    "Start and stop": ("init", "flush", "shutdown", "reload"),
    "Operations": ("reads", "writes", "calls", "read", "write", "call", "check"),
    "Scopes and zones": ("scope", "zone", "reclassify", "current"),
    "Context by hand": ("inject", "extract", "attached"),
    "Values and errors": ("PolicyContext", "Decision", "PolicyDenied", "PrivacyError"),
}
MODULES = ("asgi", "wsgi", "grpc", "training", "testing")
LINE = 90
SECTIONS = ("Args", "Returns", "Yields", "Raises")


def api() -> Iterator[str]:
    """Yield the lines of the API reference."""
    yield from ("# API", "", "Everything public stands in `privacylib` and the modules below it.", "")
    for title, names in GROUPS.items():
        yield from (f"## {title}", "")
        for name in names:
            yield from entry(f"privacylib.{name}", getattr(privacylib, name))
    for name in MODULES:
        if importlib.util.find_spec(f"privacylib.{name}") is None:
            continue
        module = importlib.import_module(f"privacylib.{name}")
        yield from (f"## privacylib.{name}", "", *prose(module.__doc__ or ""))
        for public in module.__all__:
            yield from entry(f"privacylib.{name}.{public}", getattr(module, public))


def entry(name: str, thing: Any) -> Iterator[str]:
    """Yield what is said about one public name."""
    yield from (f"### {name}", "")
    if not inspect.isclass(thing):
        yield from ("```text", f"{name}({signature(thing)})", "```", "")
    yield from prose(thing.__doc__ or "")
    for member, function in vars(thing).items() if inspect.isclass(thing) else ():
        said = inspect.getdoc(function) if isinstance(function, property) or inspect.isfunction(function) else None
        if said and not member.startswith("_"):
            call = f"({signature(function).removeprefix('self').removeprefix(', ')})" if callable(function) else ""
            yield from (f"`.{member}{call}`", "", *prose(said))


def signature(function: Callable[..., Any]) -> str:
    """Return the parameters as the source has them, whatever version of Python reads it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    found = list(parameters(definition.args))
    line = ", ".join(found)
    return line if len(line) <= LINE else "".join(f"\n    {one}," for one in found) + "\n"


def parameters(given: ast.arguments) -> Iterator[str]:
    """Yield each parameter with its type and default."""
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    for one, default in zip(positional, defaults, strict=True):
        yield parameter(one, default)
    if given.vararg is not None:
        yield f"*{parameter(given.vararg, None)}"
    elif given.kwonlyargs:
        yield "*"
    for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield parameter(one, default)
    if given.kwarg is not None:
        yield f"**{parameter(given.kwarg, None)}"


def parameter(one: ast.arg, default: ast.expr | None) -> str:
    """Return one parameter as people write it."""
    kind = "" if one.annotation is None else f": {ast.unparse(one.annotation).strip(chr(39))}"
    joint = " = " if kind else "="
    return one.arg + kind + ("" if default is None else joint + ast.unparse(default).replace("'", '"'))


def prose(docstring: str) -> Iterator[str]:
    """Yield a Google-style docstring as Markdown."""
    text = inspect.cleandoc(docstring).replace("``", "`")
    parts = re.split(rf"^({'|'.join(SECTIONS)}):\n", text, flags=re.MULTILINE)
    for paragraph in parts[0].strip().split("\n\n"):
        yield from ("```text", paragraph, "```", "") if paragraph.startswith(">>>") else (paragraph, "")
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        inside = textwrap.dedent(body).strip()
        yield from (f"**{heading}**", "")
        if heading in {"Returns", "Yields"}:
            yield from (inside, "")
            continue
        for item in re.split(r"\n(?=\S)", inside):
            name, _, meaning = item.partition(": ")
            yield f"- `{name}`: {' '.join(meaning.split())}"
        yield ""
