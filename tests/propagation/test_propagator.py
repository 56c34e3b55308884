"""The facade: audiences, lifetimes, responses."""

import pytest
from attrs import evolve

from privacylib.model.policy import Policy
from privacylib.propagation import CarrierKind, Propagator
from privacylib.propagation.member import Taken
from tests.propagation.worlds import CONTEXT, HERE, KEYRING, NOW, injected, propagator


@pytest.mark.parametrize(("kind", "lifetime"), [("rpc", 300), ("message", 604_800), ("process", 86_400)])
def test_a_context_lives_as_long_as_its_carrier(kind: CarrierKind, lifetime: int) -> None:
    headers: dict[str, str] = {}
    propagator().inject(headers, CONTEXT, span=5, pair=7, endpoint=HERE, kind=kind)
    assert propagator(now=NOW + lifetime).extract(headers, peer=None).verified
    assert propagator(now=NOW + lifetime + 1).extract(headers, peer=None).unknown == "expired"


def test_a_response_brings_its_context_back_to_its_request() -> None:
    trailers: list[tuple[str, str]] = []
    propagator().respond(trailers, CONTEXT, pair=7)
    assert propagator().response(trailers, pair=7) == CONTEXT
    assert propagator().response(trailers, pair=8).unknown == "wrong-audience"
    assert propagator().response((), pair=7).unknown == "missing"
    assert propagator().response([*trailers, *trailers], pair=7).unknown == "duplicate"


def test_a_response_is_no_request() -> None:
    trailers: dict[str, str] = {}
    propagator().respond(trailers, CONTEXT, pair=7)
    assert propagator().extract({"baggage": f"privacylib={trailers['privacylib']}"}, peer=None).unknown == "malformed"
    assert propagator().response({"privacylib": injected()["baggage"].partition("=")[2]}, pair=7).unknown == "malformed"


def test_an_echo_says_that_the_data_are_those_of_the_request() -> None:
    headers: dict[str, str] = {}
    echo = propagator().inject(headers, CONTEXT, span=5, pair=7, endpoint=HERE)
    taken = propagator().take(headers, "accept")
    assert isinstance(taken, Taken)
    assert taken.echo == echo
    told = propagator().response({"privacylib": taken.echo}, pair=7, echo=echo, labels=CONTEXT.labels)
    assert (told.verified, told.labels, told.unknown, told.pair) == (True, CONTEXT.labels, None, 7)


@pytest.mark.parametrize("pair", [7, 8])
def test_an_echo_answers_its_own_request_and_no_other(pair: int) -> None:
    headers: dict[str, str] = {}
    other = propagator().inject({}, evolve(CONTEXT, labels=frozenset()), span=5, pair=pair, endpoint=HERE)
    echo = propagator().inject(headers, CONTEXT, span=5, pair=7, endpoint=HERE)
    for reply in (other, headers["baggage"][-32:], f"2e.{headers['baggage'][-32:]}", "2e.", echo[:-1], echo + "é", ""):
        told = propagator().response({"privacylib": reply}, pair=7, echo=echo, labels=CONTEXT.labels)
        assert (told.verified, told.unknown) == (False, "malformed")
    assert propagator().response({"privacylib": echo}, pair=7).unknown == "malformed"


def test_without_a_policy_no_name_is_known() -> None:
    receiver = Propagator(Policy(), KEYRING, clock=lambda: NOW)
    assert receiver.extract(injected(), peer=None).unknown == "unknown-label"
