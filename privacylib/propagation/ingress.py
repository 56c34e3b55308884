"""Whom context is taken from, and whom it is sent to."""

import ipaddress
import re
from urllib.parse import urlsplit

from privacylib.model.policy import IngressRule, Trust
from privacylib.naming import Glob, host_and_port

__all__ = ["egress_allowed", "ingress_rule", "is_local"]

_RESOLVER = re.compile(r"(?:dns|ipv4|ipv6):(?://[^/]*/)?")
# Clients disagree on which host such an address names.
_AMBIGUOUS = re.compile(r"[\\\s\x00-\x1f]")
_LOCAL_SCHEME = re.compile(r"(?:[a-z0-9.+-]*\+)?unix(?:-abstract)?:")


def ingress_rule(trust: Trust, peer: str | None) -> IngressRule:
    """Return what to do with context that a peer presents.

    Args:
        trust: Whom the policy trusts.
        peer: Name or address of the peer; None where it is not known, which only a pattern that
            matches everything covers.

    Returns:
        The policy's one rule, or that of the first entry that matches; ``accept`` where none does.
    """
    if not isinstance(trust.ingress, tuple):
        return trust.ingress
    for entry in trust.ingress:
        if Glob(entry.peer).matches(peer or ""):
            return entry.rule
    return "accept"


def egress_allowed(trust: Trust, uri: str, target: str | None = None) -> bool:
    """Return whether context may travel to an endpoint.

    Args:
        trust: Whom the policy trusts.
        uri: The endpoint as an asset (``http://host/users/{id}``, ``grpc://shop.Reviews/Get``).
        target: Where the call really goes, when the URI does not say (gRPC's channel target, the
            path of a socket as ``unix:/path``).

    Returns:
        With patterns in the policy, whether one matches the URI; else whether the target, or the
        host of the URI, is this machine.
    """
    if trust.egress is not None:
        return any(Glob(pattern).matches(uri) for pattern in trust.egress)
    return is_local(uri if target is None else target)


def is_local(address: str) -> bool:
    """Return whether an address, as a URI or as a gRPC target, is loopback or a unix socket."""
    if _AMBIGUOUS.search(address):
        return False
    if _LOCAL_SCHEME.match(address):
        return True
    if "://" in address and not address.startswith(("dns:", "ipv4:", "ipv6:")):
        authority = address.partition("://")[2]
    else:
        authority = _RESOLVER.sub("", address, count=1)
    # gRPC's ipv4: and ipv6: targets may list several addresses.
    return all(_is_loopback(one) for one in re.split(r"[/?#]", authority, maxsplit=1)[0].split(","))


def _is_loopback(authority: str) -> bool:
    try:
        host = host_and_port(urlsplit(f"//{authority}").hostname or "")
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
