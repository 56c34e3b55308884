"""Names on the wire: labels and purposes travel as keyed ids, which tell a third party nothing."""

import base64
import hmac
from collections.abc import Iterable, Mapping
from functools import lru_cache

from privacylib.model.policy import Policy
from privacylib.propagation.keys import SigningKey

__all__ = ["ID_LENGTH", "LABEL", "PURPOSE", "Vocabulary", "keyed_id"]

LABEL = "label"
PURPOSE = "purpose"
ID_LENGTH = 8
"""Characters of an id: 6 bytes as base64url."""


def keyed_id(key: SigningKey, kind: str, name: str) -> str:
    """Return the id of a name under a key: 8 characters of base64url.

    Args:
        key: The key that the member is signed with.
        kind: ``label``, ``purpose`` or ``audience``.
        name: What is named.
    """
    digest = hmac.digest(key.naming, f"{kind}:{name}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest[:6]).decode("ascii")


class Vocabulary:
    """Map ids back to the names that this process knows.

    Args:
        labels: Labels known, their ancestors included without being given.
        purposes: Purposes known, likewise.
    """

    def __init__(self, labels: Iterable[str] = (), purposes: Iterable[str] = ()) -> None:
        self._names = {LABEL: _with_ancestors(labels), PURPOSE: _with_ancestors(purposes)}
        # Called for keys of the keyring only, of which there are few.
        self.names = lru_cache(maxsize=64)(self._table)

    @classmethod
    def of(cls, policy: Policy, labels: Iterable[str] = (), purposes: Iterable[str] = ()) -> "Vocabulary":
        """Take in every name that a policy uses, and the names that code uses besides."""
        return cls({*_labels(policy), *labels}, {*_purposes(policy), *purposes})

    def _table(self, key: SigningKey, kind: str) -> Mapping[str, str]:
        """Return the names of one kind by their ids under `key`."""
        return {keyed_id(key, kind, name): name for name in self._names[kind]}


def _with_ancestors(names: Iterable[str]) -> frozenset[str]:
    known: set[str] = set()
    for name in names:
        parts = name.split(".")
        known.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return frozenset(known)


def _labels(policy: Policy) -> Iterable[str]:
    yield from policy.labels
    for asset in policy.assets:
        yield from asset.labels or ()
        for labels in (asset.fields or {}).values():
            yield from labels
    for zone in policy.zones:
        yield from zone.labels or ()
    for requirement in policy.requirements:
        yield from requirement.applies_to
    for reclassification in policy.reclassifications:
        yield from reclassification.from_ | reclassification.to


def _purposes(policy: Policy) -> Iterable[str]:
    yield from policy.purposes
    for zone in policy.zones:
        yield zone.purpose
    for requirement in policy.requirements:
        yield from requirement.allow.purposes or ()
