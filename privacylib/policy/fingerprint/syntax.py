"""The code of a function as text, made from its syntax tree, so that formatting and newer Pythons change nothing."""

import ast
import functools
import inspect
import textwrap
from types import CodeType
from typing import Any, cast

__all__ = ["syntax"]


@functools.lru_cache(maxsize=256)
def syntax(what: CodeType, _file: str = "") -> tuple[str, str]:
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
