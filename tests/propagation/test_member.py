"""The signed member: what travels arrives, and nothing else is believed."""

import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import PolicyContext, Zone
from privacylib.propagation import Codec, Keyring, Vocabulary
from privacylib.propagation.keys import Signer
from tests.propagation.worlds import CONTEXT, KEYRING, NOW, SECRET, TRACE, injected, member, propagator
from tests.strategies import LABELS, PURPOSES, contexts

CODEC = Codec(KEYRING, Vocabulary(LABELS, PURPOSES))


def encoded(context: PolicyContext, codec: Codec = CODEC, audience: str = "") -> str:
    return codec.encode(context, now=NOW, lifetime=300, audience=audience, pair=context.pair)


@given(contexts)
def test_what_travels_arrives(context: PolicyContext) -> None:
    assert CODEC.decode(encoded(context), now=NOW) == context


@given(contexts)
def test_a_member_fits_and_needs_no_escape(context: PolicyContext) -> None:
    text = encoded(context)
    assert len(text) <= 2048
    assert text.isascii()
    assert all(char.isalnum() or char in "-_." for char in text)


@given(st.data())
def test_fault_47_any_changed_character_leaves_the_context_unknown(data: st.DataObject) -> None:
    text = member()
    at = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.characters().filter(lambda char: char != text[at]))
    changed = propagator().extract({"baggage": f"privacylib={text[:at]}{char}{text[at + 1 :]}"}, peer=None)
    assert changed.unknown is not None
    assert not changed.verified
    assert changed.labels == frozenset()


def test_fault_47_what_begins_as_one_that_was_believed_is_verified_again() -> None:
    codec, text = Codec(KEYRING, Vocabulary(LABELS, PURPOSES)), member()
    assert codec.decode(text, now=NOW) == CONTEXT
    for at in range(len(text)):
        changed = f"{text[:at]}{'1' if text[at] == '0' else '0'}{text[at + 1 :]}"
        assert codec.decode(changed, now=NOW).unknown is not None, at
        assert codec.decode(text, now=NOW) == CONTEXT


def test_fault_53_what_was_believed_before_expires_all_the_same() -> None:
    codec, text = Codec(KEYRING, Vocabulary(LABELS, PURPOSES)), encoded(CONTEXT)
    assert codec.decode(text, now=NOW) == codec.decode(text, now=NOW + 300) == CONTEXT
    assert codec.decode(text, now=NOW + 301).unknown == "expired"
    assert codec.decode(encoded(CONTEXT), now=NOW) == CONTEXT


@given(st.data())
def test_fault_47_a_cut_member_leaves_the_context_unknown(data: st.DataObject) -> None:
    text = member()
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    assert CODEC.decode(cut, now=NOW).unknown in {"malformed", "bad-signature"}


@given(st.text() | st.text("2.k0-abf", max_size=200))
def test_fault_47_unsigned_text_is_never_believed(text: str) -> None:
    context = propagator().extract(
        {"baggage": f"privacylib={text}", "traceparent": f"00-{TRACE}-{1:016x}-01"}, peer=None
    )
    assert context.unknown is not None
    assert not context.verified
    assert context.correlation_key == TRACE
    assert context.zone == Zone(unknown=context.unknown)


def test_a_signature_of_another_secret_does_not_hold() -> None:
    other = Codec(Keyring.of(("k1", SECRET[::-1])), Vocabulary(LABELS, PURPOSES))
    assert other.decode(member(), now=NOW).unknown == "bad-signature"


def test_a_key_that_nobody_here_has_is_the_reason() -> None:
    other = Codec(Keyring.of(("k2", SECRET)), Vocabulary(LABELS, PURPOSES))
    assert other.decode(member(), now=NOW).unknown == "unknown-key"


def test_every_key_verifies_and_the_first_signs() -> None:
    both = Codec(Keyring.of(("k2", SECRET[::-1]), ("k1", SECRET)), Vocabulary(LABELS, PURPOSES))
    assert both.decode(member(), now=NOW) == CONTEXT
    assert encoded(CONTEXT, both).startswith("2.k2.")
    assert both.decode(encoded(CONTEXT, both), now=NOW) == CONTEXT


@pytest.mark.parametrize(
    ("seconds", "unknown"),
    [(-3600, None), (0, None), (300, None), (301, "expired"), (3600, "expired"), (1e9, "expired")],
)
def test_fault_53_expiry_holds_when_the_clock_steps(seconds: float, unknown: str | None) -> None:
    context = propagator(now=NOW + seconds).extract(injected(), peer=None)
    assert context.unknown == unknown
    assert context.verified is (unknown is None)


@given(st.integers(245, 400))
def test_too_much_is_not_cut_but_unknown(count: int) -> None:
    labels = frozenset(f"L{i}" for i in range(count))
    text = encoded(PolicyContext(labels=labels, zone=CONTEXT.zone, correlation_key=TRACE, pair=9))
    assert len(text) <= 2048
    context = CODEC.decode(text, now=NOW)
    assert (context.verified, context.unknown, context.zone) == (True, "too-large", Zone(unknown="too-large"))
    assert (context.correlation_key, context.pair, context.labels) == (TRACE, 9, frozenset())


def test_fault_49_an_oversized_member_is_not_looked_at() -> None:
    assert CODEC.decode(member() + "0" * 2048, now=NOW).unknown == "too-large"


def test_a_label_that_nobody_here_knows_leaves_the_data_unknown() -> None:
    here = Codec(KEYRING, Vocabulary(("INTERACTION",), PURPOSES))
    context = here.decode(encoded(CONTEXT), now=NOW)
    assert context.unknown == "unknown-label"
    assert context.labels == {"INTERACTION"}
    assert context.verified
    assert (context.correlation_key, context.pair) == (TRACE, 7)


def test_an_admitted_label_that_nobody_here_knows_is_admitted_no_more() -> None:
    here = Codec(KEYRING, Vocabulary(("INTERACTION",), PURPOSES))
    zone = Zone(("assistant",), frozenset({"INTERACTION", "CONTACT"}))
    context = here.decode(encoded(PolicyContext(zone=zone)), now=NOW)
    assert context.unknown is None
    assert context.zone == Zone(("assistant",), frozenset({"INTERACTION"}))


def test_a_purpose_that_nobody_here_knows_leaves_zone_and_data_unknown() -> None:
    here = Codec(KEYRING, Vocabulary(LABELS))
    context = here.decode(encoded(CONTEXT), now=NOW)
    assert context.unknown == "unknown-purpose"
    assert context.zone == Zone((), frozenset({"CONTACT", "INTERACTION"}), "unknown-purpose")


def test_ancestors_of_names_are_known_without_being_declared() -> None:
    here = Codec(KEYRING, Vocabulary(("CONTACT.EMAIL",), ("train.ranker.nightly",)))
    context = PolicyContext(labels=frozenset({"CONTACT"}), zone=Zone(("train", "train.ranker")), verified=True)
    assert here.decode(encoded(context), now=NOW) == context


def test_a_reason_without_a_code_travels_as_upstream() -> None:
    arrived = CODEC.decode(encoded(PolicyContext(unknown="a worker died")), now=NOW)
    assert (arrived.verified, arrived.unknown) == (True, "upstream")


def test_a_correlation_key_that_is_no_trace_id_stays_here() -> None:
    assert CODEC.decode(encoded(PolicyContext(correlation_key="nightly")), now=NOW).correlation_key == ""


@pytest.mark.parametrize("fields", ["0abc..", "y..", "0.y.", "0.0abc.", "0.0.abc", ".."])
def test_signed_nonsense_is_malformed(fields: str) -> None:
    text = f"2.k1..{fields}.{TRACE}{7:016x}{int(NOW):08x}"
    assert CODEC.decode(f"{text}.{KEYRING.first.signer.sign(text)[:32]}", now=NOW).unknown == "malformed"


@given(st.binary(min_size=32, max_size=32), st.text(st.characters(max_codepoint=127)))
def test_the_signature_is_hmac_sha256(key: bytes, text: str) -> None:
    assert Signer(key).sign(text) == hmac.digest(key, text.encode(), "sha256").hex()


def test_fault_50_names_do_not_travel() -> None:
    headers = json.dumps(injected())
    assert [name for name in (*LABELS, *PURPOSES) if name in headers] == []
    other = Codec(Keyring.of(("k1", SECRET[::-1])), Vocabulary(LABELS, PURPOSES))
    assert set(member().split(".")[3:6]).isdisjoint(encoded(CONTEXT, other).split(".")[3:6])
