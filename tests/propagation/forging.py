"""Contexts that are forged, stolen or damaged in every way that the cases name, and the world that receives them."""

import hmac
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import evolve, frozen

from privacylib.model import PolicyContext, Zone
from privacylib.model.policy import Label, Policy, Purpose, Trust
from privacylib.propagation import CarrierKind, Keyring, Propagator
from privacylib.propagation.member import ECHO
from tests.propagation.worlds import CONTEXT, NOW, SECRET
from tests.strategies import LABELS, PURPOSES

__all__ = ["CARRIERS", "CASES", "Carrier", "lines", "receiver"]

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases/forged.json").read_text())

_SERVICE = "ranker"
_HOST = "localhost:8080"
_METHOD = "grpc://shop.Reviews/Get"
_OLD, _OTHER = b"o" * 32, b"x" * 32
_FIELDS = ("form", "key", "audience", "data", "zone", "admitted", "head", "signature")


@frozen
class Carrier:
    """Say how context comes in through one kind of carrier.

    Args:
        kind: What fixes the lifetime.
        endpoint: What its sender addresses.
        elsewhere: What a sender of contexts for another service addresses.
        port: The same host, or package, and another port or service.
        holds: Makes the carrier of lines of ``baggage``.
        took: Takes it in.
    """

    kind: CarrierKind
    endpoint: str
    elsewhere: str
    port: str
    holds: Callable[[list[str]], Any]
    took: Callable[[Propagator, Any], PolicyContext]


CARRIERS = {
    "HTTP headers": Carrier(
        "rpc", f"http://{_HOST}/ask", "http://billing/ask", "http://localhost:9090/ask",
        lambda lines: [(b"baggage", line.encode("utf-8", "surrogatepass")) for line in lines],
        lambda here, held: here.extract(held, peer="10.0.0.7", audiences=here.hosted(_HOST)),
    ),
    "gRPC metadata": Carrier(
        "rpc", _METHOD, "grpc://shop.Billing/Get", "grpc://shop.Reviews2/Get",
        lambda lines: tuple(("baggage", line) for line in lines),
        lambda here, held: here.extract(held, peer="10.0.0.7", audiences=here.addressed(_METHOD)),
    ),
    "message headers": Carrier(
        "message", "kafka://broker/topic", "http://billing/ask", "http://localhost:9090/ask",
        lambda lines: [("baggage", line.encode("utf-8", "surrogatepass")) for line in lines],
        lambda here, held: here.extract(held, peer="broker"),
    ),
    "environment": Carrier(
        "process", "", "http://billing/ask", "http://localhost:9090/ask",
        lambda lines: {"PATH": "/bin", "BAGGAGE": lines},
        lambda here, held: here.extract(held, peer="process", audiences=here.addressed("")),
    ),
}  # fmt: skip


def _propagator(keys: Keyring, now: float = NOW, labels: tuple[str, ...] = LABELS) -> Propagator:
    served = {_SERVICE: frozenset({_HOST})}
    trust = Trust(egress=("**",), served=served, forwards=frozenset({"gateway"}))
    policy = Policy(
        labels={name: Label() for name in labels}, purposes={name: Purpose() for name in PURPOSES}, trust=trust
    )
    return Propagator(policy, keys, clock=lambda: now, service=_SERVICE)


def receiver() -> Propagator:
    """Return who takes contexts in: one key signs, another did."""
    return _propagator(Keyring.of(("k1", SECRET), ("k0", _OLD)))


def lines(case: dict[str, Any], carrier: Carrier) -> list[str]:
    """Return the lines of ``baggage`` that a case presents in a carrier."""
    names = _members(carrier) | {"fill": "0" * case.get("fill", 0)}
    if "signed" in case:
        text = case["signed"].format_map(names)
        names["signed"] = f"{text}.{_sign(SECRET, text)[:32]}"
    return [line.format_map(names) for line in case["lines"]] * case.get("times", 1)


def _sign(secret: bytes, text: str) -> str:
    return Keyring.of(("k1", secret)).first.signer.sign(text)


@cache
def _members(carrier: Carrier) -> dict[str, str]:
    """Return members, and the fields of the first of them, by the names that cases use."""
    member = _sent(carrier)
    fields = dict(zip(_FIELDS, member.split("."), strict=True))
    proof = _sign(SECRET, member.rpartition(".")[0])
    empty = _sent(carrier, evolve(CONTEXT, labels=frozenset(), zone=None)).split(".")
    unknown = _sent(carrier, PolicyContext(unknown="expired", zone=Zone(unknown="expired")))
    ages = {"rpc": 300, "message": 604_800, "process": 86_400}[carrier.kind]
    body = member.rpartition(".")[0]
    answer: dict[str, str] = {}
    receiver().respond(answer, CONTEXT, pair=7)
    head = fields["head"]
    return fields | {
        "member": member,
        "SIGNATURE": fields["signature"].upper(),
        "half": fields["signature"][:16],
        "rest": proof[32:],
        "echo": ECHO + proof[32:],
        "trace": head[:32],
        "pair": head[32:48],
        "expiry": head[48:],
        "second": "k0",
        "foreign_head": empty[6],
        "foreign_signature": empty[7],
        "unknown_signature": unknown.rpartition(".")[2],
        "percent": quote(member, safe="").replace(".", "%2E"),
        "answer": answer["privacylib"],
        "anybody": _sent(evolve(carrier, kind="message")),
        "rotated": _sent(carrier, keys=Keyring.of(("k0", _OLD))),
        "ending": _sent(carrier, now=NOW - ages),
        "expired": _sent(carrier, now=NOW - ages - 1),
        "late_clock": _sent(carrier, now=NOW - ages - 3600),
        "year_old": _sent(carrier, now=NOW - 365 * 86_400),
        "elsewhere": _sent(evolve(carrier, kind="rpc", endpoint=carrier.elsewhere)),
        "port": _sent(evolve(carrier, kind="rpc", endpoint=carrier.port)),
        "forwarded": _sent(evolve(carrier, kind="rpc", endpoint="http://gateway/ask")),
        "unknown_key": _sent(carrier, keys=Keyring.of(("k9", SECRET))),
        "stranger": _sent(carrier, keys=Keyring.of(("k1", _OTHER))),
        "naming": f"{body}.{_naming(body)}",
        "overflowing": _sent(carrier, PolicyContext(labels=frozenset(f"L{i}" for i in range(400)))),
        "unnamed_label": _sent(carrier, evolve(CONTEXT, labels=CONTEXT.labels | {"HEALTH"})),
        "unnamed_purpose": _sent(carrier, evolve(CONTEXT, zone=Zone(("ads",)))),
        "upstream": _sent(carrier, PolicyContext(unknown="a worker died")),
    }


def _naming(text: str) -> str:
    naming = Keyring.of(("k1", SECRET)).first.naming
    return hmac.digest(naming, text.encode("ascii"), "sha256").hex()[:32]


def _sent(carrier: Carrier, context: PolicyContext = CONTEXT, *, keys: Keyring | None = None, now: float = NOW) -> str:
    """Return the member that a sender writes."""
    held: dict[str, str] = {}
    sender = _propagator(keys or Keyring.of(("k1", SECRET)), now)
    sender.inject(held, context, span=5, pair=7, endpoint=carrier.endpoint, kind=carrier.kind)
    return next(value for name, value in held.items() if name.lower() == "baggage").removeprefix("privacylib=")
