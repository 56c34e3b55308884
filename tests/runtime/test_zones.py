"""Zones only tighten; what they admit, and which purposes count."""

import pytest

import privacylib
from privacylib.testing import Capture, capture
from tests.runtime.world import CLICKS, CLOSED, LOG, PUBLIC, UNKNOWN_SINK, USERS, denied, only, read, write


class TestReading:
    def test_a_labelled_read_outside_any_zone_breaks_the_rule_zone(self, mode: str, seen: Capture) -> None:
        with privacylib.scope("work"), denied(mode, "zone"):
            read(USERS)
        assert "outside any zone" in only(seen.of("READ")).decision.reason

    def test_a_read_without_labels_is_allowed_anywhere(self, strict: Capture) -> None:
        read(PUBLIC)
        read("s3://nobody/annotated-this")
        strict.assert_no_violations()

    def test_the_zone_must_admit_the_labels(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant", labels={"INTERACTION"}):
            read(CLICKS)
            with denied(mode, "zone"):
                read(USERS)

    def test_purpose_is_checked_already(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("ads"), denied(mode, "contact-use"):
            read(USERS)

    def test_a_field_listed_has_exactly_its_own_labels_and_any_other_the_assets(self, strict: Capture) -> None:
        with privacylib.zone("assistant", labels={"CONTACT.EMAIL"}):
            read(USERS, "email")
            read(USERS, "id")
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS, "name")
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS)


class TestPurposes:
    def test_a_permitted_purpose_inside_makes_up_for_none_around_it(self, strict: Capture) -> None:
        with privacylib.zone("ads"), privacylib.zone("assistant"), pytest.raises(privacylib.PolicyDenied) as denied:
            read(USERS)
        assert denied.value.decision.requirement == "contact-use"

    def test_every_purpose_on_the_stack_must_be_permitted(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant"):
            read(USERS)
            with privacylib.zone("ads"), denied(mode, "contact-use"):
                write(LOG)
            write(LOG)

    def test_an_empty_stack_is_purpose_none(self, mode: str, seen: Capture) -> None:
        with privacylib.scope("outer"):
            with privacylib.zone("assistant"):
                read(USERS)
            with denied(mode, "contact-use"):
                write(LOG)
        assert "none" in only(seen.of("WRITE")).decision.reason

    def test_a_purpose_covers_what_is_beneath_it(self, strict: Capture) -> None:
        with privacylib.zone("assistant.reply"):
            read(USERS)
            write(LOG)

    def test_they_stack_from_the_outside(self, observed: Capture) -> None:
        with privacylib.zone("assistant"), privacylib.zone("train"):
            write(LOG)
        assert only(observed.of("WRITE")).purposes == ("assistant", "train")


class TestAdmission:
    def test_intersects(self, strict: Capture) -> None:
        with privacylib.zone("assistant", labels={"CONTACT"}), privacylib.zone("assistant", labels={"INTERACTION"}):
            for asset in (USERS, CLICKS):
                with pytest.raises(privacylib.PolicyDenied):
                    read(asset)

    def test_of_a_label_beneath_narrows_to_that(self, strict: Capture) -> None:
        with privacylib.zone("assistant", labels={"CONTACT"}), privacylib.zone("assistant", labels={"CONTACT.EMAIL"}):
            read(USERS, "email")
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS, "name")

    def test_left_out_admits_what_the_zone_around_admits(self, strict: Capture) -> None:
        with privacylib.zone("assistant", labels={"INTERACTION"}), privacylib.zone("assistant"):
            read(CLICKS)
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS)

    def test_leaving_restores_the_outer_zone(self, strict: Capture) -> None:
        with privacylib.zone("assistant", labels={"INTERACTION"}):
            with privacylib.zone("assistant", labels=()), pytest.raises(privacylib.PolicyDenied):
                read(CLICKS)
            read(CLICKS)

    def test_admits_and_does_not_hold(self, observed: Capture) -> None:
        with privacylib.zone("assistant", labels={"CONTACT"}):
            assert privacylib.current().labels == frozenset()


class TestWriting:
    def test_labels_held_must_be_covered_by_the_sink(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant"):
            read(USERS)
            write(LOG)
            with denied(mode, "flow"):
                write(CLOSED)

    def test_an_unannotated_sink_is_incompatible_only_with_labelled_data(self, mode: str, seen: Capture) -> None:
        with privacylib.zone("assistant"):
            read(PUBLIC)
            read("s3://nobody/annotated-this")
            write(UNKNOWN_SINK)
            read(CLICKS)
            with denied(mode, "flow"):
                write(UNKNOWN_SINK)

    def test_a_label_on_a_sink_covers_what_is_beneath_and_not_the_other_way_round(self) -> None:
        policy = """
version: 1
labels: {CONTACT: {}, CONTACT.EMAIL: {}}
purposes: {reply: {}}
assets:
  - {match: "s3://b/above", labels: [CONTACT]}
  - {match: "s3://b/beneath", labels: [CONTACT.EMAIL]}
requirements:
  - {id: beneath, applies_to: [CONTACT.EMAIL], allow: {purposes: [reply]}, mode: enforce}
"""
        with capture(policy, mode="enforce"):
            with privacylib.zone("reply"):
                read("s3://b/beneath")
                write("s3://b/above")
            with privacylib.scope("other", fresh=True), privacylib.zone("reply"):
                read("s3://b/above")
                with pytest.raises(privacylib.PolicyDenied):
                    write("s3://b/beneath")

    @pytest.mark.parametrize(("own", "services", "allowed"), [
        ("eu", None, True), ("us", "eu", False), (None, "eu", True), (None, "us", False), (None, None, False),
    ])  # fmt: skip
    def test_a_sink_without_region_has_the_services(self, own: str | None, services: str | None, allowed: bool) -> None:
        region = f", region: {own}" if own else ""
        policy = f"""
version: 1
labels: {{A: {{}}}}
assets:
  - {{match: "s3://b/from", labels: [A]}}
  - {{match: "s3://b/to", labels: [A]{region}}}
requirements:
  - {{id: stay, applies_to: [A], allow: {{regions: [eu]}}, mode: enforce}}
"""
        with capture(policy, mode="enforce", region=services), privacylib.zone("any"):
            read("s3://b/from")
            decision = privacylib.check("write", "s3://b/to")
        assert decision.allowed is allowed
        if own is None and services is None:
            assert "region-unknown" in decision.reason
