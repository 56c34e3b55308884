"""What else may be kept under a name with a template in it than what the policy says of that name.

A name is judged when it has become impersonal. An entry that spells what was templated, such as ``users/4711``, or a
word around it, such as ``*@example.org``, does not match what is kept; what it says counts all the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from privacylib.model.policy import Annotated, Naming
from privacylib.naming import Glob, Globs, escaped, is_cut
from privacylib.policy.kept import forms

__all__ = ["Behind"]


class Behind:
    """Find the entries that may be meant by a name that is kept.

    Args:
        entries: The policy's, from the top.
        naming: Its templates.
    """

    def __init__(self, entries: Sequence[Annotated], naming: Sequence[Naming]) -> None:
        self._entries = entries
        self._naming = naming

    def may_be(self, uri: str, matching: Iterable[int]) -> Iterator[Annotated]:
        """Yield what else may be meant, from the top: not what stands below an entry for all that is kept so.

        Args:
            uri: The name, with a template in it.
            matching: Positions of the entries that match it.
        """
        own, wanted = frozenset(matching), {"labels", "fields", "resident"}
        for position in sorted(own | self._meant(uri)):
            entry = self._entries[position]
            told = {key for key in wanted if getattr(entry, key) is not None}
            if position in own:
                wanted -= told
            elif told:
                yield entry

    def _meant(self, uri: str) -> set[int]:
        globs, owners = self._forms
        found = {owners[number] for number in globs.matching(uri)}
        name = uri.partition("://")[2].partition("/")[2]
        if is_cut(name) or is_cut(f"/{name}"):
            place = escaped(uri).replace("{…}", "**")
            found |= {position for position, entry in enumerate(self._entries) if Glob(entry.match).meets(place)}
        return found

    @cached_property
    def _forms(self) -> tuple[Globs, list[int]]:
        """Return what names are kept as that an entry matches, and the position of each form's entry."""
        made = [(form, at) for at, entry in enumerate(self._entries) for form in forms(entry.match, self._naming)]
        return Globs(form for form, _ in made), [at for _, at in made]
