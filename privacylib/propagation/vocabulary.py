"""Names on the wire: labels and purposes travel as keyed ids, which tell a third party nothing."""

import base64
import hmac
from collections.abc import Iterable, Mapping
from functools import lru_cache

from privacylib.model.policy import Policy
from privacylib.policy.meaning import mentions
from privacylib.propagation.keys import SigningKey

__all__ = ["AUDIENCE", "ID_LENGTH", "LABEL", "PURPOSE", "Vocabulary", "keyed_id"]

AUDIENCE = "audience"
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
        return cls(
            {*policy.labels, *_mentioned(policy, LABEL), *labels},
            {*policy.purposes, *_mentioned(policy, PURPOSE), *purposes},
        )

    def _table(self, key: SigningKey, kind: str) -> Mapping[str, str]:
        """Return the names of one kind by their ids under `key`."""
        return {keyed_id(key, kind, name): name for name in self._names[kind]}


def _with_ancestors(names: Iterable[str]) -> frozenset[str]:
    known: set[str] = set()
    for name in names:
        parts = name.split(".")
        known.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return frozenset(known)


def _mentioned(policy: Policy, form: str) -> Iterable[str]:
    return (mention.text for mention in mentions(policy) if mention.form == form)
