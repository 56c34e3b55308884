"""Whom members are meant for: what this service is called, and who passes contexts on without knowing them."""

from collections.abc import Iterable
from functools import lru_cache

from privacylib.model.policy import Trust
from privacylib.naming import host_and_port
from privacylib.propagation.keys import Keyring
from privacylib.propagation.vocabulary import AUDIENCE, keyed_id

__all__ = ["Audiences", "host_of"]

ANYBODY = ""
"""Audience of a member that is bound to nobody: of a message, or of a child's environment."""

_LONGEST = 260
"""Most characters that a host and its port have; what is longer is nobody's name."""


class Audiences:
    """Tell ids of audiences that are this service from those of others.

    Args:
        keyring: Keys that sign and verify; an id differs from key to key.
        trust: Whom the policy trusts.
        service: What this service is called.
    """

    def __init__(self, keyring: Keyring, trust: Trust, service: str = "") -> None:
        self._keys = keyring.keys
        self._service = service
        self._named = tuple(trust.served.get(service, ()))
        self.own = self._ids((service, *self._named)) if self._named else None
        """Audiences that are this service by its policy; None where the policy does not say."""
        self.forwarding = self._ids(trust.forwards) - {ANYBODY}
        """Audiences that pass on what was made for them."""
        self.addressed = lru_cache(maxsize=4096)(self._addressed)
        self.hosted = lru_cache(maxsize=1024)(self._hosted)

    def _addressed(self, uri: str) -> frozenset[str]:
        """Return the audiences that are this service where a URI names what was called, as a gRPC method does."""
        return self._ids((self._service, *self._named, host_of(uri)))

    def _hosted(self, host: str) -> frozenset[str]:
        """Return the audiences that are this service when a request says that it is for a host.

        Whoever sends a request can write any host into it, so what the policy says comes first.
        """
        return self._ids((self._service, host)) if self.own is None else self.own

    def _ids(self, names: Iterable[str]) -> frozenset[str]:
        known = {host_of(f"//{name}") for name in names if len(name) <= _LONGEST} - {""}
        return frozenset({ANYBODY} | {keyed_id(key, AUDIENCE, name) for key in self._keys for name in known})


def host_of(uri: str) -> str:
    """Return host and port, or gRPC service, that a URI names, in the spelling that all share; empty without one.

    The ports of HTTP are left out: some clients name them, and others do not.
    """
    host = host_and_port(uri.partition("//")[2].partition("/")[0].rpartition("@")[2])
    return host.removesuffix(":80").removesuffix(":443")
