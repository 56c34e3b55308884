"""Whom context is taken from, and whom it is sent to."""

import pytest

from privacylib.model import PolicyContext, Zone
from privacylib.model.policy import Ingress, IngressRule, Trust
from privacylib.propagation import egress_allowed, ingress_rule
from tests.propagation.worlds import CONTEXT, TRACE, injected, propagator

PEERS = (Ingress(peer="10.0.*", rule="require"), Ingress(peer="svc-*", rule="accept"), Ingress(peer="**", rule="strip"))
ELSEWHERE = "https://api.example/x"
GRPC = "grpc://shop.Reviews/Get"


@pytest.mark.parametrize(
    ("trust", "peer", "rule"),
    [
        (Trust(), "anybody", "accept"),
        (Trust(), None, "accept"),
        (Trust(ingress="require"), None, "require"),
        (Trust(ingress=PEERS), "10.0.0.7", "require"),
        (Trust(ingress=PEERS), "svc-web", "accept"),
        (Trust(ingress=PEERS), "203.0.113.9", "strip"),
        (Trust(ingress=PEERS), None, "strip"),
        (Trust(ingress=PEERS[:1]), "203.0.113.9", "accept"),
        (Trust(ingress=PEERS[:1]), None, "accept"),
    ],
)
def test_the_first_entry_that_matches_rules(trust: Trust, peer: str | None, rule: IngressRule) -> None:
    assert ingress_rule(trust, peer) == rule


def test_without_context_the_rule_decides() -> None:
    headers = {"traceparent": injected()["traceparent"]}
    assert propagator().extract(headers, peer=None) == PolicyContext(correlation_key=TRACE)
    assert propagator(ingress="strip").extract(headers, peer=None) == PolicyContext()
    missing = PolicyContext(unknown="missing", zone=Zone(unknown="missing"), correlation_key=TRACE)
    assert propagator(ingress="require").extract(headers, peer=None) == missing


@pytest.mark.parametrize(
    ("ingress", "context"), [("accept", CONTEXT), ("require", CONTEXT), ("strip", PolicyContext())]
)
def test_a_verified_context_is_taken_unless_stripped(ingress: IngressRule, context: PolicyContext) -> None:
    assert propagator(ingress=ingress).extract(injected(), peer="anybody") == context


@pytest.mark.parametrize(("ingress", "unknown"), [("accept", "malformed"), ("require", "malformed"), ("strip", None)])
def test_fault_47_forged_context_is_unknown_unless_stripped(ingress: IngressRule, unknown: str | None) -> None:
    assert propagator(ingress=ingress).extract({"baggage": "privacylib=1.k1.x"}, peer=None).unknown == unknown


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("http://localhost:8080/users/{id}", None),
        ("http://LOCALHOST/", None),
        ("https://127.0.0.1/x", None),
        ("https://127.8.9.10:443/x", None),
        ("http://[::1]:8080/x", None),
        ("http://user:word@localhost/x", None),
        ("redis://localhost:6379/0/key", None),
        ("http+unix://%2Frun%2Fx.sock/info", None),
        ("unix:///run/x.sock", None),
        (GRPC, "localhost:50051"),
        (GRPC, "unix:/run/x.sock"),
        (GRPC, "unix:///run/x.sock"),
        (GRPC, "unix-abstract:x"),
        (GRPC, "dns:///localhost:50051"),
        (GRPC, "dns:localhost:50051"),
        (GRPC, "dns://8.8.8.8/localhost:50051"),
        (GRPC, "ipv4:127.0.0.1:50051,127.0.0.2:1"),
        (GRPC, "ipv6:[::1]:50051"),
        (GRPC, "[::1]:50051"),
    ],
)
def test_by_default_this_machine_gets_context(uri: str, target: str | None) -> None:
    assert egress_allowed(Trust(), uri, target)


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        (GRPC, "ipv4:127.0.0.1:50051,10.0.0.1:1"),
        (GRPC, "dns:///shop.internal:50051"),
        (GRPC, "dns://127.0.0.1/shop.internal:50051"),
        (GRPC, "xds:///localhost"),
        (GRPC, "10.0.0.1:50051"),
        (GRPC, ""),
        (GRPC, None),
        ("http://localhost/x", "10.0.0.1:80"),
        ("http://localhost@evil.example/x", None),
        ("http://evil.example\\@localhost/x", None),
        ("http://localhost\\@evil.example/x", None),
        ("http://localhost.evil.example/x", None),
        ("http://evil.example/localhost", None),
        ("http://evil.example?@localhost", None),
        ("http://evil.example#@localhost", None),
        ("http://127.0.0.1.evil.example/", None),
        ("http://127.1/", None),
        ("http://0.0.0.0/", None),
        ("http://[::1/", None),
        ("http://[::ffff:10.0.0.1]/", None),
        ("https://api.example/x", None),
        ("file:///data/x", None),
        ("", None),
    ],
)
def test_fault_48_by_default_nobody_else_gets_context(uri: str, target: str | None) -> None:
    assert not egress_allowed(Trust(), uri, target)


def test_fault_48_patterns_of_the_policy_replace_the_default() -> None:
    trust = Trust(egress=("grpc://**", "http://ranker.internal/*"))
    assert egress_allowed(trust, GRPC, "10.0.0.1:1")
    assert egress_allowed(trust, "http://ranker.internal/rank")
    assert not egress_allowed(trust, "http://ranker.internal/a/b")
    assert not egress_allowed(trust, "http://localhost/x")
    assert not egress_allowed(Trust(egress=()), "http://localhost/x", "localhost:80")


def test_fault_48_a_host_that_is_not_allowed_gets_no_header() -> None:
    headers = {"accept": "*/*"}
    assert not propagator().inject(headers, CONTEXT, span=5, pair=7, endpoint=ELSEWHERE)
    assert headers == {"accept": "*/*"}


def test_fault_48_a_host_that_is_not_allowed_does_not_get_what_others_left() -> None:
    headers = {"Baggage": f"a=b,{injected()['baggage']},c=d"}
    assert not propagator().inject(headers, CONTEXT, span=5, pair=7, endpoint=ELSEWHERE)
    assert headers == {"baggage": "a=b,c=d"}
    only = injected()
    assert not propagator().inject(only, CONTEXT, span=5, pair=7, endpoint=ELSEWHERE)
    assert sorted(only) == ["traceparent"]
