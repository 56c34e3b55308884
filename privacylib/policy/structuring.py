"""The way from YAML nodes to the classes of the policy file, driven by their types alone.

Nothing here knows a key of the file. A new key needs a field of a class and nothing else.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, Protocol, TypeVar, Union, cast, get_args, get_origin

from attrs import NOTHING, Attribute, AttrsInstance, define, fields, has

from privacylib.errors import PolicyFileError
from privacylib.policy.classes import whole
from privacylib.policy.forms import FORMS

__all__ = ["Node", "Structurer", "file_key", "suggestion"]

T = TypeVar("T")
Meta = Mapping[str, Any]

_NODES_LIMIT = 200_000
"""Nodes read of one file, counted once per use: aliases of aliases multiply."""
_TAG = "tag:yaml.org,2002:"
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_SHAPES = {"mapping": "a mapping", "sequence": "a list", "scalar": "one value"}
_EXAMPLES = {
    "mapping": "'key: value' lines, or {} for none",
    "sequence": "a list, or [] for none",
    "scalar": "one value",
}
_SCALARS = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false", "null": "nothing"}
_TAGS = {"map", "seq", "timestamp", "value", *_SCALARS}


class Node(Protocol):
    """What is needed of a YAML node."""

    id: str
    tag: str
    value: Any
    start_mark: Any


@define
class Structurer:
    """Build instances of attrs classes from YAML nodes.

    Args:
        source: The file's name for errors.
        lines: Filled with the line of every path that was read.
    """

    source: str
    lines: dict[str, int]
    visits: int = 0

    def build(self, cls: type[T], node: Node, path: str = "") -> T:
        """Return an instance of an attrs class from a mapping.

        Raises:
            PolicyFileError: At the first thing that does not fit.
        """
        cls = whole(cls)
        known = {file_key(attribute): attribute for attribute in fields(cast("type[AttrsInstance]", cls))}
        values: dict[str, Any] = {}
        for name, key, child in self._items(node, path):
            attribute = known.get(name)
            if attribute is None:
                remedy = suggestion(name, known, f"known keys: {', '.join(known)}")
                self._fail(key, path, f"unknown key {name!r}", remedy)
            values[attribute.name] = self._value(child, attribute.type, _at(path, name), attribute.metadata)
        for name, attribute in known.items():
            if attribute.default is NOTHING and attribute.name not in values:
                remedy = f"add '{name}:' ({attribute.metadata['description']})"
                self._fail(node, path, f"the key {name!r} is missing", remedy)
        return cls(**values)

    def _value(self, node: Node, kind: Any, path: str, meta: Meta) -> Any:
        self.lines[path] = node.start_mark.line + 1
        self.visits += 1
        if self.visits > _NODES_LIMIT:
            self._fail(node, path, "aliases make the file grow beyond bounds", "use fewer aliases")
        kind = _fitting(node, kind)
        origin = get_origin(kind) or kind
        if has(origin):
            return self.build(origin, node, path)
        if origin is Literal or issubclass(origin, Enum):
            return self._choice(node, kind, path)
        readers: dict[Any, Callable[[Node, Any, str, Meta], Any]] = {
            str: self._text,
            bool: self._bool,
            datetime.date: self._date,
            frozenset: self._frozenset,
            tuple: self._tuple,
            Mapping: self._mapping,
        }
        return readers[origin](node, kind, path, meta)

    def _items(self, node: Node, path: str) -> Iterable[tuple[str, Node, Node]]:
        self._expect(node, "mapping", path)
        seen: set[str] = set()
        for key, child in node.value:
            if key.tag == f"{_TAG}merge":
                self._fail(key, path, "merge keys are not supported", "write the keys out, or alias a whole value")
            name = self._text(key, str, path, {})
            if name in seen:
                self._fail(key, _at(path, name), f"the key {name!r} stands here twice", "keep one of them")
            seen.add(name)
            yield name, key, child

    def _mapping(self, node: Node, kind: Any, path: str, meta: Meta) -> Mapping[str, Any]:
        inner = get_args(kind)[1]
        result: dict[str, Any] = {}
        for name, key, child in self._items(node, path):
            self._form(key, name, _at(path, name), meta["keys"])
            result[name] = self._value(child, inner, _at(path, name), meta)
        return result

    def _tuple(self, node: Node, kind: Any, path: str, meta: Meta) -> tuple[Any, ...]:
        return tuple(value for _, value in self._list(node, get_args(kind)[0], path, meta))

    def _frozenset(self, node: Node, kind: Any, path: str, meta: Meta) -> frozenset[Any]:
        result: set[Any] = set()
        for child, value in self._list(node, get_args(kind)[0], path, meta):
            if value in result:
                self._fail(child, path, f"{value!r} stands in the list twice", "keep one of them")
            result.add(value)
            self.lines[f"{path}[{value}]"] = child.start_mark.line + 1
        return frozenset(result)

    def _list(self, node: Node, inner: Any, path: str, meta: Meta) -> Iterable[tuple[Node, Any]]:
        self._expect(node, "sequence", path)
        if len(node.value) < meta["least"]:
            self._fail(node, path, "the list is empty", f"name at least {meta['least']}")
        for i, child in enumerate(node.value):
            yield child, self._value(child, inner, f"{path}[{i}]", meta)

    def _choice(self, node: Node, kind: Any, path: str) -> Any:
        self._expect(node, "scalar", path)
        members: dict[str, Any] = (
            {str(value): value for value in get_args(kind)}
            if get_origin(kind) is Literal
            else {member.name.lower(): member for member in kind}
        )
        value = members.get(node.value)
        is_number = isinstance(value, int) and not isinstance(value, Enum)
        if is_number and node.tag == f"{_TAG}str":
            self._fail(node, path, "expected a number, found text", f"write {node.value} without quotes")
        if value is None or is_number is not (node.tag == f"{_TAG}int"):
            remedy = suggestion(node.value, members, f"write {' or '.join(members)}")
            self._fail(node, path, f"{node.value!r} is not one of the choices", remedy)
        return value

    def _text(self, node: Node, _kind: Any, path: str, meta: Meta) -> str:
        self._expect(node, "scalar", path)
        if node.tag != f"{_TAG}str":
            remedy = "write a text, or leave the key out" if node.tag == f"{_TAG}null" else f'quote it: "{node.value}"'
            self._fail(node, path, f"expected text, found {_found(node)}", remedy)
        self._form(node, node.value, path, meta.get("form", ""))
        return node.value

    def _bool(self, node: Node, _kind: Any, path: str, _meta: Meta) -> bool:
        self._expect(node, "scalar", path)
        if node.tag != f"{_TAG}bool":
            self._fail(node, path, f"expected true or false, found {_found(node)}", "write true or false")
        return _BOOLEANS[node.value.lower()]

    def _date(self, node: Node, _kind: Any, path: str, _meta: Meta) -> datetime.date:
        self._expect(node, "scalar", path)
        try:
            if len(node.value) != len("2027-06-30"):
                raise ValueError  # noqa: TRY301 - newer versions of Python accept more forms
            return datetime.date.fromisoformat(node.value)
        except ValueError:
            self._fail(node, path, f"{node.value!r} is no day", "write year-month-day, such as 2027-06-30")

    def _form(self, node: Node, text: str, path: str, name: str) -> None:
        if name and not FORMS[name].accepts(text):
            self._fail(node, path, f"{text!r} {FORMS[name].problem}", FORMS[name].remedy)

    def _expect(self, node: Node, shape: str, path: str) -> None:
        if node.tag.removeprefix(_TAG) not in _TAGS:
            self._fail(node, path, "tags of one's own are not supported", f"leave out {node.tag!r}")
        if node.id != shape:
            one = shape == "sequence" and node.id == "scalar" and node.value
            remedy = f"write [{node.value}]" if one else f"write {_EXAMPLES[shape]}"
            self._fail(node, path, f"expected {_SHAPES[shape]}, found {_found(node)}", remedy)

    def _fail(self, node: Node, path: str, problem: str, remedy: str) -> NoReturn:
        raise PolicyFileError(self.source, node.start_mark.line + 1, path, problem, remedy)


def file_key(attribute: "Attribute[Any]") -> str:
    """Return how a field of a class is written in the file."""
    return attribute.name.rstrip("_")


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return which known word was meant, or what to do otherwise."""
    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise


def _fitting(node: Node, kind: Any) -> Any:
    """Return the member of a union that the shape of the node fits, or its first."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    options = [option for option in get_args(kind) if option is not NoneType]
    return next((option for option in options if _shape(option) == node.id), options[0])


def _shape(kind: Any) -> str:
    origin = get_origin(kind) or kind
    if has(origin) or origin is Mapping:
        return "mapping"
    return "sequence" if origin in (tuple, frozenset) else "scalar"


def _found(node: Node) -> str:
    if node.id != "scalar":
        return _SHAPES[node.id]
    return _SCALARS.get(node.tag.removeprefix(_TAG), "a " + node.tag.removeprefix(_TAG))


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
