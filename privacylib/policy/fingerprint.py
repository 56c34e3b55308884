"""Fingerprints of transforms: what a reviewer has seen of a function, so that a change of it is noticed.

A fingerprint has three parts: the *code* (its structure, without constants), the *constants* in it, and the
*closure* (what it takes from outside: variables around it, defaults, and the globals it names, functions of its own
package with their fingerprints). It is made from the syntax tree, so that comments, docstrings, formatting and a
newer Python change nothing; where there is no source, from the compiled code of this very version of Python.
"""

import ast
import functools
import hashlib
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, cast

__all__ = ["changed", "fingerprint"]

_WHOLE, _PART = 32, 8
"""Hex digits of the digest over everything, which alone counts, and of each part, which only tell where a change is."""
_DEEPEST = 8


class _Parts(NamedTuple):
    """What a fingerprint is made of, as texts."""

    code: str
    constants: str
    closure: str


def fingerprint(transform: Any) -> str:
    """Return the fingerprint of a transform, as ``sha256:`` and 56 hex digits.

    Args:
        transform: A function, method, class, partial or callable object.
    """
    parts = _parts(transform, ())
    return "sha256:" + _digest("\0".join(parts))[:_WHOLE] + "".join(_digest(part)[:_PART] for part in parts)


def changed(reviewed: str, now: str) -> str | None:
    """Return what is not as it was reviewed, in words, or None where all of it is.

    Args:
        reviewed: The fingerprint in the policy; its first digits, at least 8, are enough.
        now: What `fingerprint` gives.
    """
    before, after = reviewed.removeprefix("sha256:"), now.removeprefix("sha256:")
    if after.startswith(before) or before[:_WHOLE] == after[:_WHOLE]:
        return None
    told = [
        (name, before[at : at + _PART], after[at : at + _PART])
        for name, at in zip(_Parts._fields, range(_WHOLE, len(after), _PART), strict=True)
    ]
    names = [name for name, one, other in told if one and one != other]
    return f"its {' and its '.join(names)} changed" if names else "it changed"


def _parts(transform: Any, above: tuple[object, ...]) -> _Parts:
    function = inspect.unwrap(getattr(transform, "__func__", transform))
    if isinstance(function, functools.partial):
        inner = _parts(function.func, above)
        return inner._replace(closure=f"{inner.closure}{_value((function.args, function.keywords), above)}")
    if isinstance(function, type):
        return _of_class(function, above)
    if not isinstance(function, FunctionType):
        call = getattr(cast("Any", type(function)), "__call__", None)  # noqa: B004 - it is looked at, not only for
        inner = _parts(call, above) if isinstance(call, FunctionType) else _Parts(_name(function), "", "")
        return inner._replace(closure=f"{inner.closure}{_value(getattr(function, '__dict__', {}), above)}")
    return _Parts(
        *_syntax(function.__code__, function.__code__.co_filename), "".join(_outside(function, (*above, function)))
    )


def _of_class(cls: type, above: tuple[object, ...]) -> _Parts:
    """Return what the methods of a class are made of, and what else stands in its body."""
    members = {name: getattr(value, "__func__", value) for name, value in sorted(vars(cls).items())}
    methods = {name: value for name, value in members.items() if isinstance(value, FunctionType)}
    made = [_parts(value, (*above, cls)) for value in methods.values()]
    others = {name: value for name, value in members.items() if name not in methods and not name.startswith("__")}
    return _Parts(
        f"{list(methods)}{[one.code for one in made]}{[_name(base) for base in cls.__bases__]}",
        "".join(one.constants for one in made),
        "".join(one.closure for one in made) + _value(others, above),
    )


@functools.lru_cache(maxsize=256)
def _syntax(what: CodeType, _file: str = "") -> tuple[str, str]:
    """Return the structure and the constants of a function's code.

    Codes of two files may be equal where their sources are not, by a decorator.
    """
    try:
        found = ast.parse(textwrap.dedent(inspect.getsource(what))).body[0]
    except (OSError, TypeError, SyntaxError):
        found = None
    # A lambda stands in a line with others, and what was typed in has no source.
    if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
        return _compiled(what)
    constants: list[str] = []
    return _structure(found, constants), "".join(constants)


def _structure(node: Any, constants: list[str]) -> str:
    """Return a tree as text with its constants apart; empty fields are left out, which differ between versions."""
    if isinstance(node, list):
        return f"[{''.join(_structure(one, constants) for one in cast('list[Any]', node))}]"
    if isinstance(node, ast.Constant):
        constants.append(f"{node.value!r};")
        return "C"
    if not isinstance(node, ast.AST):
        return f"{node};"
    fields = [(name, value) for name, value in ast.iter_fields(node) if name not in {"type_comment", "kind", "ctx"}]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
        fields = [(name, value[1:] if name == "body" else value) for name, value in fields]
    if isinstance(node, ast.JoinedStr):  # 3.12 finds texts of no length in it
        fields = [("values", [one for one in node.values if not isinstance(one, ast.Constant) or one.value])]
    inner = "".join(f"{name}={_structure(value, constants)}" for name, value in fields if value not in (None, []))
    return f"{type(node).__name__}({inner})"


def _compiled(what: CodeType) -> tuple[str, str]:
    nested = [_compiled(one) for one in what.co_consts if isinstance(one, CodeType)]
    constants = [repr(one) for one in what.co_consts if not isinstance(one, CodeType)]
    code = f"{what.co_code.hex()}{what.co_names}{[inner for inner, _ in nested]}"
    return code, f"{constants}{[inner for _, inner in nested]}"


def _outside(function: FunctionType, above: tuple[object, ...]) -> Iterator[str]:
    """Give what a function takes from outside, each with its name."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield f"{name}={_content(cell, above)}"
    yield _value((function.__defaults__, function.__kwdefaults__), above)
    for name in sorted(_named(function.__code__)):
        if name in function.__globals__:
            yield f"{name}={_value(function.__globals__[name], above)}"


def _content(cell: CellType, above: tuple[object, ...]) -> str:
    try:
        return _value(cell.cell_contents, above)
    except ValueError:  # not filled yet
        return "?;"


def _named(code: CodeType) -> set[str]:
    nested = (_named(one) for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*nested)


def _value(value: Any, above: tuple[object, ...]) -> str:
    """Return a value as text: constants and containers whole, functions of one package by what they do, else a name."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | type(...)):
        return f"{value!r};"
    if isinstance(value, ModuleType):
        return f"{value.__name__};"
    if len(above) > _DEEPEST or any(value is one for one in above):
        return f"{_name(value)};"
    if isinstance(value, dict):
        return _members(cast("dict[Any, Any]", value).items(), above, ordered=False)
    if isinstance(value, list | tuple):
        return _members(cast("Iterable[Any]", value), above, ordered=True)
    if isinstance(value, set | frozenset):
        return _members(cast("Iterable[Any]", value), above, ordered=False)
    if isinstance(value, FunctionType) and _package(value) == _package(above[0] if above else value):
        return _digest("\0".join(_parts(value, above)))
    return f"{_name(value)};"


def _members(values: Iterable[Any], above: tuple[object, ...], *, ordered: bool) -> str:
    texts = [_value(value, (*above, values)) for value in values]
    return f"({''.join(texts if ordered else sorted(texts))})"


def _package(function: object) -> str:
    return str(getattr(function, "__module__", "")).partition(".")[0]


def _name(value: object) -> str:
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}:{getattr(named, '__qualname__', '')}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
