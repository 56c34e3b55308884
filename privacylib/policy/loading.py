"""Policy files: from text to the classes of the model, with errors that say where and what instead."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from attrs import frozen

from privacylib.errors import PolicyFileError
from privacylib.model.policy import Policy
from privacylib.policy.meaning import problems
from privacylib.policy.structuring import Node, Structurer

__all__ = ["Document", "load", "parse", "read"]

_SIZE_LIMIT = 1_000_000


@frozen
class Document:
    """Hold a policy with the places of its parts in the file.

    Args:
        policy: The policy.
        source: The file's name.
        lines: Line of every dotted path, counted from 1; members of sets by value (``applies_to[CONTACT]``).
    """

    policy: Policy
    source: str
    lines: Mapping[str, int]


def load(path: str | os.PathLike[str]) -> Policy:
    """Load a policy file.

    Raises:
        PolicyFileError: The file cannot be read, or is no policy.
    """
    return read(path).policy


def parse(text: str, source: str) -> Policy:
    """Read a policy from text.

    Args:
        text: YAML.
        source: What to call it in errors.

    Raises:
        PolicyFileError: The text is no policy.
    """
    return _document(text, source).policy


def read(path: str | os.PathLike[str]) -> Document:
    """Load a policy file with the lines of its parts.

    Raises:
        PolicyFileError: The file cannot be read, or is no policy.
    """
    source = os.fspath(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
        raise PolicyFileError(source, 1, "", problem, "check its path and rights") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PolicyFileError(source, line, "", "the file is not UTF-8", "save it as UTF-8") from None
    return _document(text, source)


def _document(text: str, source: str) -> Document:
    if len(text) > _SIZE_LIMIT:
        problem = f"the file has more than {_SIZE_LIMIT:,} characters"
        raise PolicyFileError(source, 1, "", problem, "match more assets per pattern")
    lines: dict[str, int] = {}
    policy = Structurer(source, lines).build(Policy, _root(text, source))
    found = [(lines.get(problem.path, 1), problem) for problem in problems(policy)]
    if found:
        line, first = min(found, key=lambda pair: pair[0])
        raise PolicyFileError(source, line, first.path, first.problem, first.remedy)
    return Document(policy, source, lines)


def _root(text: str, source: str) -> Node:
    import yaml
    from yaml.reader import ReaderError

    try:
        node = cast("Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType] - no stub
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"the YAML cannot be read on: {error.problem or error.context}"
        remedy = "check indentation, quotes and brackets here and above"
        raise PolicyFileError(source, mark.line + 1 if mark else 1, "", problem, remedy) from None
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise PolicyFileError(source, line, "", "a control character stands here", "remove it") from None
    except RecursionError:
        raise PolicyFileError(source, 1, "", "lists or mappings are nested too deeply", "write them flat") from None
    if node is None:
        raise PolicyFileError(source, 1, "", "the file is empty", "start with 'version: 1'")
    return node
