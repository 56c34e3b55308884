"""What the policy says about assets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Literal

from attrs import Factory, evolve, field, fields, frozen

from privacylib.labels import join
from privacylib.model.policy import Annotated, Policy
from privacylib.naming import Globs
from privacylib.policy.behind import Behind
from privacylib.policy.beneath import ANYTHING, beneath

__all__ = ["Annotation", "Annotator"]

_REMEMBERED = 4096
"""Assets, 450 bytes each."""

_NOTHING: frozenset[str] = frozenset()


@frozen
class Annotation:
    """Say what is known of an asset.

    Args:
        labels: Its labels; None when no entry gives any.
        fields: Labels of the fields that have their own, replacing the asset's.
        region: Where it lies, or None.
        retention: How long it is kept (``30d``), or None.
        resident: Whether its reads belong to the whole process.
        record: ``never`` where operations on it that no rule refuses leave no record.
        feeds: URIs of the tables that what is logged here is loaded into.
        stated: What is stated under keys that further kinds of requirements add, by key.
        beneath: Where the name has a part ``{…}``, the labels of all that may stand there; None where it has none, or
            nothing there is annotated.
        others: What the policy says of names that are kept under this one as well.
    """

    labels: frozenset[str] | None = None
    fields: Mapping[str, frozenset[str]] = Factory(dict[str, frozenset[str]])
    region: str | None = None
    retention: str | None = None
    resident: bool = False
    record: Literal["always", "never"] = "always"
    feeds: tuple[str, ...] = ()
    stated: tuple[tuple[str, Any], ...] = ()
    beneath: frozenset[str] | None = None
    others: "tuple[Annotation, ...]" = ()
    _all: frozenset[str] | None = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        known = self.labels is not None or self.fields
        object.__setattr__(self, "_all", join(self.labels or _NOTHING, *self.fields.values()) if known else None)

    def of(self, field_names: tuple[str, ...], *, opaque: bool = False) -> frozenset[str] | None:
        """Return the labels of what is read.

        Args:
            field_names: The fields that are read; none means all.
            opaque: Whether nobody can tell what is read, so that ``{…}`` may be anything.

        Returns:
            A set that may be empty, or None where nothing is annotated.
        """
        if opaque and self.beneath is not None:
            return self.beneath
        mine = self._of(field_names)
        if not self.others:
            return mine
        known = [labels for one in (self, *self.others) if (labels := one._of(field_names)) is not None]
        return join(*known) if known else None

    def accepts(self, field_names: tuple[str, ...]) -> tuple[frozenset[str], ...] | None:
        """Return what a sink may take: label sets of which each must cover what is held.

        Args:
            field_names: The fields that are written; none means all, and the sets are joined into one.

        Returns:
            One set per field, or None where nothing is annotated. A field without annotation
            beside one that has it takes nothing.
        """
        mine = self._accepts(field_names)
        if mine is None or not self.others:
            return mine
        further = (sets for one in self.others if (sets := one._accepts(field_names)) is not None)
        return tuple(dict.fromkeys(chain(mine, *further)))

    def _of(self, field_names: tuple[str, ...]) -> frozenset[str] | None:
        if not field_names:
            return self._all
        known = [labels for labels in map(self._field, field_names) if labels is not None]
        return join(*known) if known else None

    def _accepts(self, field_names: tuple[str, ...]) -> tuple[frozenset[str], ...] | None:
        if not field_names:
            return None if self._all is None else (self._all,)
        found = [self._field(name) for name in field_names]
        return None if all(labels is None for labels in found) else tuple(labels or _NOTHING for labels in found)

    def _field(self, name: str) -> frozenset[str] | None:
        return self.fields.get(name, self.labels)


@frozen
class Annotator:
    """Look up annotations, key by key the first match from the top, and remember them.

    Args:
        policy: The policy whose `assets` are read.
    """

    policy: Policy
    annotation: Callable[[str], Annotation] = field(init=False, eq=False, repr=False)
    """Return the annotation of an asset by its URI without field."""

    def __attrs_post_init__(self) -> None:
        entries = self.policy.assets
        globs = Globs(entry.match for entry in entries)
        given = tuple(map(_given, entries))
        remember = lru_cache(maxsize=_REMEMBERED)
        behind = Behind(entries, self.policy.naming)
        look_up = partial(_annotation, globs=globs, given=given, entries=entries, behind=behind)
        object.__setattr__(self, "annotation", remember(look_up))


def _annotation(
    uri: str, globs: Globs, given: Sequence[dict[str, Any]], entries: Sequence[Annotated], behind: Behind
) -> Annotation:
    found: dict[str, Any] = {}
    matching = globs.matching(uri)
    for position in matching:
        found = given[position] | found
    below = beneath(uri, entries) if ANYTHING in uri else None
    further = found.keys() - _keys(Annotated)
    stated = tuple((key, found.pop(key)) for key in sorted(further))
    own = Annotation(**found, stated=stated, beneath=below)
    return _with_others(own, behind.may_be(uri, matching)) if "{" in uri else own


def _with_others(own: Annotation, entries: Iterable[Annotated]) -> Annotation:
    """Return an annotation with what else the name may stand for; a key that such an entry lacks is as of the name."""
    given = tuple(map(_given, entries))
    if not given:
        return own
    others = tuple(Annotation(each.get("labels", own.labels), each.get("fields", own.fields)) for each in given)
    return evolve(own, others=others, resident=own.resident or any(each.get("resident") for each in given))


def _given(entry: Annotated) -> dict[str, Any]:
    """Return what an entry says of its assets, by key."""
    return {key: value for key in _keys(type(entry)) if (value := getattr(entry, key)) is not None}


@lru_cache(maxsize=16)
def _keys(cls: type[Annotated]) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in fields(cls) if attribute.name != "match")
