"""Context between processes: signed, compact, and only where the policy lets it travel."""

from privacylib.propagation.audience import host_of
from privacylib.propagation.ingress import egress_allowed, ingress_rule
from privacylib.propagation.keys import Keyring, SigningKey, keyring
from privacylib.propagation.member import Codec, unknown
from privacylib.propagation.propagator import LIFETIMES, CarrierKind, Propagator
from privacylib.propagation.reasons import Reason
from privacylib.propagation.vocabulary import Vocabulary

__all__ = [
    "LIFETIMES", "CarrierKind", "Codec", "Keyring", "Propagator", "Reason", "SigningKey", "Vocabulary",
    "egress_allowed", "host_of", "ingress_rule", "keyring", "unknown",
]  # fmt: skip
