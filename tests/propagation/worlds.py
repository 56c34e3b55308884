"""A policy, keys and a clock to propagate under."""

from privacylib.model import PolicyContext, Zone
from privacylib.model.policy import IngressRule, Label, Policy, Purpose, Trust
from privacylib.propagation import Keyring, Propagator
from tests.strategies import LABELS, PURPOSES

NOW = 1_800_000_000.0
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c"
HERE = "http://localhost:8080/users/{id}"
SECRET = b"0123456789abcdef0123456789abcdef"
KEYRING = Keyring.of(("k1", SECRET))
CONTEXT = PolicyContext(
    labels=frozenset({"CONTACT.EMAIL", "INTERACTION"}),
    zone=Zone(("assistant.reply",), frozenset({"CONTACT", "INTERACTION"})),
    correlation_key=TRACE,
    pair=7,
    verified=True,
)


def propagator(
    *, now: float = NOW, ingress: IngressRule = "accept", egress: tuple[str, ...] | None = None
) -> Propagator:
    policy = Policy(
        labels={name: Label() for name in LABELS},
        purposes={name: Purpose() for name in PURPOSES},
        trust=Trust(ingress=ingress, egress=egress),
    )
    return Propagator(policy, KEYRING, clock=lambda: now)


def injected(context: PolicyContext = CONTEXT) -> dict[str, str]:
    """Return headers that carry a context to this machine."""
    headers: dict[str, str] = {}
    propagator().inject(headers, context, span=5, pair=context.pair, endpoint=HERE)
    return headers


def member(context: PolicyContext = CONTEXT) -> str:
    return injected(context)["baggage"].removeprefix("privacylib=")
