"""Every forged, stolen or damaged context that was tried, over every kind of carrier: the table in the docs."""

from typing import Any

import pytest

from privacylib.doctor import unknowns
from privacylib.model import PolicyContext
from privacylib.propagation.reasons import CODES
from tests.growing import LINEAR, growth
from tests.propagation.forging import CARRIERS, CASES, lines, receiver
from tests.propagation.worlds import CONTEXT

each_case = pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in CASES])
each_carrier = pytest.mark.parametrize("name", CARRIERS)


def taken(case: dict[str, Any], name: str) -> PolicyContext:
    carrier = CARRIERS[name]
    return carrier.took(receiver(), carrier.holds(lines(case, carrier)))


@each_carrier
@each_case
def test_fault_47_the_verdict_is_the_one_in_the_table(case: dict[str, Any], name: str) -> None:
    context = taken(case, name)
    assert context.unknown == case["verdict"]
    if context.unknown is None:
        assert context.zone in (CONTEXT.zone, None)
    else:
        assert context.verified is case.get("verified", False)
        assert context.labels == (CONTEXT.labels if case.get("labels") else frozenset())
        assert context.zone is None or context.zone.unknown or context.verified


@each_carrier
def test_fault_49_a_thousand_lines_are_bounded_work(name: str) -> None:
    carrier, here = CARRIERS[name], receiver()
    for case in (case for case in CASES if case["kind"] == "oversized"):
        for member, size in (("times", 200), ("fill", 2_000)):
            if member in case:
                made = {each: carrier.holds(lines(case | {member: each}, carrier)) for each in (size, 8 * size)}
                assert (
                    growth(lambda size, made=made: [carrier.took(here, made[size]) for _ in range(20)], size) < LINEAR
                )


def test_every_reason_is_in_the_table_and_has_advice() -> None:
    tried = {case["verdict"] for case in CASES} - {None}
    assert tried == set(CODES) - {"missing"}, "one that presents nothing is no forgery"
    assert set(CODES) <= set(unknowns.ADVICE)


def test_no_case_stands_there_twice() -> None:
    names = [(case["kind"], case["case"]) for case in CASES]
    assert len(set(names)) == len(names)
