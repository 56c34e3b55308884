"""A context counts where it was made for: elsewhere its labels do, and nothing is believed."""

import pytest

from privacylib.model import PolicyContext, Zone
from privacylib.model.policy import Label, Policy, Purpose, Trust
from privacylib.propagation import Keyring, Propagator, host_of
from privacylib.propagation.member import Taken
from tests.propagation.worlds import CONTEXT, KEYRING, NOW, SECRET, TRACE
from tests.strategies import LABELS, PURPOSES

RANKER = "http://Ranker:8080/rank"
ELSEWHERE = PolicyContext(
    CONTEXT.labels, Zone(("assistant.reply",), frozenset({"CONTACT", "INTERACTION"}), "wrong-audience"), TRACE,
    unknown="wrong-audience",
)  # fmt: skip


def service(name: str = "", keys: Keyring = KEYRING, **trust: object) -> Propagator:
    policy = Policy(
        labels={label: Label() for label in LABELS},
        purposes={purpose: Purpose() for purpose in PURPOSES},
        trust=Trust(egress=("**",), **trust),  # pyright: ignore[reportArgumentType] - any of its keys
    )
    return Propagator(policy, keys, clock=lambda: NOW, service=name)


def sent_to(endpoint: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    assert service().inject(headers, CONTEXT, span=5, pair=7, endpoint=endpoint)
    return headers


def on_http(here: Propagator, host: str, endpoint: str = RANKER) -> PolicyContext:
    return here.extract(sent_to(endpoint), peer=None, audiences=here.hosted(host))


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        (RANKER, "ranker:8080"),
        (RANKER, "RANKER:8080"),
        ("http://ranker/rank", "ranker:80"),
        ("http://ranker:80/rank", "ranker"),
        ("https://ranker/rank", "ranker:443"),
        ("http://[::1]:8080/rank", "[::1]:8080"),
    ],
)
def test_a_request_for_the_host_that_was_called_is_believed(sent: str, host: str) -> None:
    assert on_http(service(), host, sent) == CONTEXT


@pytest.mark.parametrize("host", ["billing:8080", "ranker:9090", "ranker", "", "ranker:8080.", "r" * 1000])
def test_replayed_elsewhere_it_is_unknown_with_its_labels(host: str) -> None:
    assert on_http(service("billing"), host) == ELSEWHERE


def test_the_name_of_the_service_is_a_name_of_its_host() -> None:
    assert on_http(service("ranker"), "10.0.0.7:8000", "http://ranker/rank") == CONTEXT


def test_where_the_policy_says_how_a_service_is_called_the_request_does_not() -> None:
    here = service("rank", served={"rank": frozenset({"Ranker:8080"}), "bill": frozenset({"billing"})})
    assert on_http(here, "10.0.0.7:8000") == CONTEXT
    assert on_http(here, "ranker:9090", "http://ranker:9090/rank") == ELSEWHERE
    assert on_http(here, "billing", "http://billing/rank") == ELSEWHERE
    assert here.extract(sent_to(RANKER), peer=None) == CONTEXT
    assert here.extract(sent_to("http://billing/rank"), peer=None) == ELSEWHERE


def test_by_hand_nothing_tells_what_was_called_unless_the_policy_does() -> None:
    assert service("billing").extract(sent_to(RANKER), peer=None) == CONTEXT


def test_a_grpc_method_tells_what_was_called() -> None:
    here = service("shop")
    headers = sent_to("grpc://shop.Reviews/Get")
    assert here.extract(headers, peer=None, audiences=here.addressed("grpc://shop.Reviews/List")) == CONTEXT
    assert here.extract(headers, peer=None, audiences=here.addressed("grpc://shop.Billing/Get")) == ELSEWHERE


def test_what_is_meant_for_anybody_is_believed_everywhere() -> None:
    headers: dict[str, str] = {}
    service().inject(headers, CONTEXT, span=5, pair=7, endpoint="kafka://b/t", kind="message")
    here = service("billing", served={"billing": frozenset({"billing"})})
    assert here.extract(headers, peer=None) == CONTEXT


def test_what_a_service_passes_on_counts_where_the_policy_names_it() -> None:
    here = service("billing", forwards=frozenset({"Ranker:8080"}))
    passed = on_http(here, "billing:8080")
    assert passed == PolicyContext(CONTEXT.labels, CONTEXT.zone, TRACE)
    assert not passed.verified, "whoever passed it on cannot judge a response"
    assert on_http(here, "billing:8080", "http://other/rank") == ELSEWHERE


def test_every_key_has_its_own_ids_of_audiences() -> None:
    both = service(keys=Keyring.of(("k2", SECRET[::-1]), ("k1", SECRET)))
    found = both.take(sent_to(RANKER), "accept")
    assert isinstance(found, Taken)
    assert found.lasting.audience in both.hosted("ranker:8080")
    assert found.lasting.audience not in both.hosted("ranker")


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("http://User@Ranker:8000/x", "ranker:8000"),
        ("http://ranker:80/x", "ranker"),
        ("grpc://shop.Reviews/Get", "shop.reviews"),
        ("file:///x", ""),
        ("x", ""),
    ],
)
def test_the_host_of_a_uri(uri: str, host: str) -> None:
    assert host_of(uri) == host
