"""Parsing without surprises: bounded in length and depth, silent, and an error is an answer."""

import logging
import re
import threading
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType  # pyright: ignore[reportPrivateImportUsage] - its home since version 1

from privacylib.sql.text.rewriting import forms

__all__ = ["DEEPEST", "parsed", "split"]

DEEPEST = 40
"""Parentheses, and the like, inside each other that are looked at: sqlglot takes some fifteen frames for each."""

_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})
_CHAINED = frozenset({TokenType.NOT, TokenType.DASH, TokenType.TILDE, TokenType.PLUS})
"""Words that nest without parentheses where one follows the other."""


class _Silence(logging.Filter):
    """Keep sqlglot from writing statements, with what is in them, into the host's log, while it works for us."""

    def __init__(self) -> None:
        super().__init__()
        self.now = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - the interface of logging
        """Return whether a line is the host's own."""
        return not getattr(self.now, "on", False)


_SILENCE = _Silence()
logging.getLogger("sqlglot").addFilter(_SILENCE)


def parsed(text: str, dialect: str) -> Any:
    """Return the tree of one statement, or None where it cannot be parsed."""
    trees = [tree for _, tree in split(text, dialect)]
    return trees[0] if len(trees) == 1 else None


def split(text: str, dialect: str) -> list[tuple[str, Any]]:
    """Return the statements of a script with their trees; None for a tree that cannot be had."""
    rules = Dialect.get_or_raise(dialect or None)
    _SILENCE.now.on = True
    try:
        return [(part, _tree(chunk, text, part, rules)) for part, chunk in _chunks(text, rules)]
    finally:
        _SILENCE.now.on = False


def _chunks(text: str, rules: Any) -> list[tuple[str, list[Any]]]:
    """Return the statements of a script with their tokens; none where it cannot be told where they end."""
    try:
        tokens = rules.tokenize(text)
    except (SqlglotError, RecursionError):
        return [(text, [])]
    found: list[tuple[str, list[Any]]] = []
    chunk: list[Any] = []
    open_ = 0
    for token in [*tokens, None]:
        if token is None or (token.token_type is TokenType.SEMICOLON and not open_):
            if chunk:
                found.append((text[chunk[0].start : chunk[-1].end + 1], chunk))
            chunk, open_ = [], 0
        else:
            chunk.append(token)
            word = token.text.upper()
            if word in _BLOCKS and (open_ or _makes_a_trigger(chunk)):
                open_ += _BLOCKS[word]
    return found


_BLOCKS = {"BEGIN": 1, "CASE": 1, "END": -1}


def _makes_a_trigger(chunk: list[Any]) -> bool:
    """Return whether a statement is a trigger, whose own statements end with a semicolon too."""
    words = [token.text.upper() for token in chunk[:5]]
    return words[0] == "CREATE" and "TRIGGER" in words and chunk[-1].text.upper() == "BEGIN"


def _tree(chunk: list[Any], text: str, part: str, rules: Any) -> Any:
    tree = _read(chunk, text, part, rules)
    if tree is not None and _SUMMARY.search(part):
        return tree.transform(_selected, copy=False)
    return tree


_SUMMARY = re.compile(r"\bSUMMARIZE\b", re.IGNORECASE)


def _selected(node: Any) -> Any:
    """Put a summary, which stands in the place of a query, as a query of it."""
    is_item = isinstance(node.parent, exp.From)
    return exp.Select(expressions=[exp.Star()]).from_(node) if isinstance(node, exp.Summarize) and not is_item else node


def _read(chunk: list[Any], text: str, part: str, rules: Any) -> Any:
    tree = _parse(chunk, text, rules)
    if tree is not None and not isinstance(tree, (exp.Command, exp.ExecuteSql)):
        return tree
    for form in forms(part):
        chunks = _chunks(form, rules)
        tree = _parse(chunks[0][1], form, rules) if len(chunks) == 1 else None
        if tree is not None and not isinstance(tree, exp.Command):
            return tree
    return None


def _parse(chunk: list[Any], text: str, rules: Any) -> Any:
    if not chunk or _depth(chunk) > DEEPEST:
        return None
    try:
        trees = rules.parser(error_level=sqlglot.ErrorLevel.IMMEDIATE).parse(chunk, text)
    except (SqlglotError, RecursionError):
        return None
    except Exception:  # noqa: BLE001 - the parser's own errors on what is no SQL are of every type
        return None
    return trees[0] if len(trees) == 1 else None


def _depth(chunk: list[Any]) -> int:
    deepest = depth = run = 0
    for token in chunk:
        kind = token.token_type
        if kind in _OPEN:
            depth += 1
            deepest = max(deepest, depth)
        elif kind in _CLOSE and depth:
            depth -= 1
        run = run + 1 if kind in _CHAINED else 0
        deepest = max(deepest, run)
    return deepest
