"""Loosening is reclassification and nothing else."""

import datetime
import logging
import pickle
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from attrs import evolve

import privacylib
from privacylib.model import Mode
from privacylib.policy.engine import Engine
from privacylib.policy.fingerprint import fingerprint
from privacylib.policy.fingerprint.watch import Watch
from privacylib.policy.loading import parse
from privacylib.policy.lowering import Lowering
from privacylib.runtime import enter_lowering
from privacylib.testing import Capture, capture
from tests.runtime.world import CLICKS, CLOSED, POLICY, USERS, denied, only, read, stopped, write

REVIEWED = (
    POLICY
    + """
reclassifications:
  - {from: [INTERACTION], to: [AGGREGATE], sink: "duckdb://**/daily", transform: "tests.runtime.test_reclassify:count",
     reason: "counts over 50 people", reviewer: "privacy@example.org", expires: 2999-01-01}
"""
)
DAILY = "duckdb:///warehouse/daily"
EXPIRED = datetime.date(2020, 1, 1)


def count() -> int:
    return 0


def lowered(sink: str = DAILY, to: tuple[str, ...] = ("AGGREGATE",), expires: str = "2998-01-01"):  # noqa: ANN201 - what reclassify returns
    return privacylib.reclassify(
        {"INTERACTION"}, to=to, sink=sink, transform=count, reason="counts", reviewer="p@x", expires=expires
    )


def pinned(fingerprint: str, more: str = "") -> str:
    return annotated(REVIEWED.replace("reason:", f'fingerprint: "{fingerprint}", {more} reason:'))


def annotated(policy: str) -> str:
    return policy.replace("assets:\n", 'assets:\n  - {match: "duckdb:///warehouse/daily", labels: [AGGREGATE]}\n')


@pytest.mark.parametrize("mode", ["observe", "simulate"])
def test_a_declared_one_counts_in_observe_and_simulate(mode: str) -> None:
    with capture(annotated(POLICY), mode=mode) as seen, privacylib.zone("train"):
        read(CLICKS)
        with lowered():
            write(DAILY)
        assert only(seen.of("WRITE")).decision.allowed


def test_in_enforce_only_entries_of_the_reviewed_policy_count(caplog: pytest.LogCaptureFixture) -> None:
    with capture(annotated(POLICY), mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        with lowered(), pytest.raises(privacylib.PolicyDenied):
            write(DAILY)
    assert "not in the reviewed policy" in caplog.text
    with capture(pinned(fingerprint(count)), mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        with lowered():
            write(DAILY)


@pytest.mark.parametrize("entry", [REVIEWED, REVIEWED.replace("reason:", "fingerprint: 'sha256:…', reason:")])
def test_an_entry_without_the_fingerprint_that_was_reviewed_does_not_count_in_enforce(
    entry: str, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    with capture(annotated(entry), mode=mode) as seen, privacylib.zone("train"):
        read(CLICKS)
        with lowered(), stopped(mode, "flow"):
            write(DAILY)
        assert only(seen.of("WRITE")).decision.allowed == (mode != "enforce")
    remedy = "privacylib policy fingerprint tests.runtime.test_reclassify:count"
    assert (remedy in caplog.text) == (mode == "enforce")


def test_an_expired_one_is_void(caplog: pytest.LogCaptureFixture) -> None:
    with capture(annotated(POLICY)) as seen, privacylib.zone("train"), caplog.at_level(logging.WARNING):
        read(CLICKS)
        with lowered(expires="2020-01-01"):
            write(DAILY)
        assert only(seen.of("WRITE")).decision.requirement == "flow"
    assert "expired" in caplog.text


def test_one_that_expires_in_the_middle_of_its_block_ends_there() -> None:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    past, last = (Lowering(frozenset({"INTERACTION"}), frozenset(), DAILY, until=day) for day in (EXPIRED, today))
    with capture(annotated(POLICY), mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        enter_lowering(last)
        write(DAILY)
        enter_lowering(past)
        write(DAILY)  # by the one around it
    with capture(annotated(POLICY), mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        enter_lowering(past)
        with pytest.raises(privacylib.PolicyDenied):
            write(DAILY)
        assert not privacylib.check("write", DAILY).allowed


@pytest.mark.parametrize(
    ("policy", "expires", "why"),
    [
        (pinned("sha256:" + "0" * 64), "2998-01-01", "the transform is not what was reviewed: "),
        (
            pinned(fingerprint(count)).replace("2999-01-01", "2021-02-03"),
            "2998-01-01",
            "the entry expired on 2021-02-03",
        ),
        (pinned(fingerprint(count)), "2020-01-01", "expired on 2020-01-01"),
    ],
)
def test_a_refusal_names_the_reclassification_that_is_void(policy: str, expires: str, why: str) -> None:
    with capture(policy, mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        with lowered(expires=expires), pytest.raises(privacylib.PolicyDenied) as refused:
            write(DAILY)
        told = "the reclassification by tests.runtime.test_reclassify:count is void: "
        assert told in refused.value.decision.reason
        assert why in refused.value.decision.reason
        assert "\n" not in refused.value.decision.reason
        with lowered(sink=CLOSED), pytest.raises(privacylib.PolicyDenied) as refused:
            write(DAILY)
        assert "void" not in refused.value.decision.reason  # it is for another flow


@pytest.mark.parametrize("entry", ["2998-01-01", "2997-01-01"])
def test_it_lasts_until_the_earlier_of_both_days(entry: str) -> None:
    policy = parse(pinned(fingerprint(count)).replace("2999-01-01", entry), "policy.yaml")
    declared = evolve(policy.reclassifications[0], sink=DAILY, expires=datetime.date(2998, 1, 1))
    found = Engine(policy, Mode.ENFORCE).lowering(declared, EXPIRED)
    assert isinstance(found, Lowering)
    assert str(found.until) == entry


class Lazy:
    """Stands for something that is there within a request only, as some frameworks have it among their globals."""

    @property
    def __class__(self) -> type:
        raise RuntimeError("outside of a request")

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise AttributeError


LAZY: object = None


def count_lazily() -> object:
    return LAZY


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_one_whose_fingerprint_cannot_be_taken_is_void(
    mode: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.LAZY", Lazy())
    policy = pinned(fingerprint(count)).replace("reclassify:count", "reclassify:count_lazily")
    with capture(policy, mode=mode), privacylib.zone("train"):
        read(CLICKS)
        with privacylib.reclassify(
            {"INTERACTION"}, to={"AGGREGATE"}, sink=DAILY, transform=count_lazily, reason="r", reviewer="p@x",
            expires=datetime.datetime(2998, 1, 1, tzinfo=datetime.timezone.utc),
        ):  # fmt: skip
            assert not privacylib.check("write", DAILY).allowed
    assert "its fingerprint cannot be taken (RuntimeError)" in caplog.text


def test_it_holds_for_its_sink_and_inside_its_block_only() -> None:
    with capture(annotated(POLICY)) as seen, privacylib.zone("train"):
        read(CLICKS)
        with lowered():
            write(CLOSED)
            write(DAILY)
        write(DAILY)
        assert [each.decision.allowed for each in seen.of("WRITE")] == [False, True, False]


def test_it_lowers_a_flow_and_not_what_is_held() -> None:
    with capture(annotated(POLICY)), privacylib.zone("train"):
        read(CLICKS)
        with lowered():
            write(DAILY)
            assert privacylib.current().labels == {"INTERACTION"}


def test_it_lowers_what_it_names_and_what_is_beneath_and_nothing_else(mode: str) -> None:
    with capture(pinned(fingerprint(count)), mode=mode), privacylib.zone("assistant"):
        read(CLICKS)
        read(USERS)
        with lowered(), denied(mode, "flow"):
            write(DAILY)


def test_what_it_lowers_to_must_be_covered_by_the_sink() -> None:
    with capture(POLICY) as seen, privacylib.zone("train"):
        read(CLICKS)
        with lowered(sink=CLOSED):
            write(CLOSED)
        with lowered(sink=CLOSED, to=()):
            write(CLOSED)
        assert [each.decision.allowed for each in seen.of("WRITE")] == [False, True]


def test_it_reaches_into_sub_scopes_and_not_into_fresh_ones(observed: Capture) -> None:
    with privacylib.zone("train"):
        read(CLICKS)
        with lowered(sink=CLOSED, to=()):
            with privacylib.scope("inner"):
                write(CLOSED)
            with privacylib.scope("item", fresh=True), privacylib.zone("train"):
                read(CLICKS)
                write(CLOSED)
    assert [each.decision.allowed for each in observed.of("WRITE")] == [True, False]


def test_outside_any_scope_it_sees_what_was_read(observed: Capture) -> None:
    with privacylib.scope("first"):
        pass
    read(CLICKS)
    with lowered(sink="**", to=("CONTACT",)):
        write(CLOSED)
    assert only(observed.of("WRITE")).sources == (CLICKS,)


def test_an_impossible_date_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="year-month-day"):
        lowered(expires="soon")


def test_fault_17_a_void_one_is_told_once_and_not_at_each_use(caplog: pytest.LogCaptureFixture) -> None:
    with capture(annotated(POLICY)), privacylib.zone("train"):
        for _ in range(100):
            with lowered(expires="2020-02-02"):
                pass
    assert caplog.text.count("expired on 2020-02-02") == 1


@pytest.mark.parametrize("digits", [8, 32, 56])
def test_one_whose_transform_is_as_reviewed_counts(digits: int) -> None:
    with (
        capture(pinned(fingerprint(count)[: len("sha256:") + digits]), mode="enforce") as seen,
        privacylib.zone("train"),
    ):
        read(CLICKS)
        with lowered():
            write(DAILY)
    assert only(seen.of("WRITE")).decision.allowed


def other() -> int:
    return 1


@pytest.mark.parametrize("mode", ["observe", "simulate", "enforce"])
def test_one_whose_transform_changed_is_void_in_every_mode_and_says_what_changed(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = fingerprint(other)
    with capture(pinned(before), mode=mode), privacylib.zone("train"):
        read(CLICKS)
        with lowered(), denied(mode, "flow"):
            write(DAILY)
    assert "its code and its constants changed" in caplog.text
    assert before.split()[0] in caplog.text
    assert fingerprint(count).split()[0] in caplog.text


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("from: [INTERACTION]", "from: [CONTACT]", "lowers CONTACT, not INTERACTION"),
        ("to: [AGGREGATE]", "to: [AGGREGATE, CONTACT]", "leaves AGGREGATE, CONTACT, and CONTACT is not left"),
        ("**/daily", "**/weekly", "is for duckdb://**/weekly, not for duckdb:///warehouse/daily"),
        ("2999-01-01", "2021-02-03", "the entry expired on 2021-02-03"),
        (":count", ":other", "not in the reviewed policy, which alone counts under enforce"),
    ],
)
def test_in_enforce_it_says_why_the_reviewed_entry_does_not_permit_it(
    old: str, new: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert old in REVIEWED
    with capture(annotated(REVIEWED.replace(old, new)), mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        with lowered(), pytest.raises(privacylib.PolicyDenied):
            write(DAILY)
    assert why in caplog.text


@pytest.mark.parametrize(
    ("entry", "declared", "written", "allowed"),
    [
        ("", "#total", ("total",), True),
        ("", "#total", ("total", "name"), False),
        ("", "#total", (), False),
        ("fields: [total, day],", "", ("total",), True),
        ("fields: [total, day],", "", ("total", "day"), True),
        ("fields: [total, day],", "", ("name",), False),
        ("fields: [total, day],", "", (), False),
        ("fields: [total, day],", "#day", ("day",), True),
        ("fields: [total, day],", "#day", ("total",), False),
        ("fields: [total, day],", "#name", ("name",), False),
    ],
)
def test_a_column_breaker_holds_for_its_columns_alone(
    entry: str, declared: str, written: tuple[str, ...], allowed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    del caplog
    with capture(pinned(fingerprint(count), entry), mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        with lowered(DAILY + declared):
            store = privacylib.writes(DAILY, fields=written)(lambda: None)
            with nullcontext() if allowed else pytest.raises(privacylib.PolicyDenied):
                store()


@pytest.mark.parametrize("mode", ["observe", "simulate", "enforce"])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        (("total", "name", "age"), "columns day, total alone, and age, name is written with them: write it apart"),
        (("name",), "named under `fields` of its entry and by the declaration"),
        ((), "columns day, total alone, and which are written is not told: name the columns of the write"),
    ],
)
def test_a_column_breaker_that_misses_a_column_is_named_with_it_and_what_to_do(
    mode: str, written: tuple[str, ...], said: str
) -> None:
    with capture(pinned(fingerprint(count), "fields: [total, day],"), mode=mode) as seen, privacylib.zone("train"):
        read(CLICKS)
        with lowered(), suppress(privacylib.PolicyDenied):
            privacylib.writes(DAILY, fields=written)(lambda: None)()
    reason = only(seen.of("WRITE")).decision.reason
    assert f"the reclassification by {__name__}:count is for the" in reason
    assert said in reason


def test_nothing_is_said_of_a_column_breaker_that_is_for_other_labels_or_another_sink() -> None:
    with capture(pinned(fingerprint(count), "fields: [total],")) as seen, privacylib.zone("train"):
        read(USERS)
        with lowered():
            privacylib.writes(DAILY, fields=("name",))(lambda: None)()
            privacylib.writes(CLOSED, fields=("name",))(lambda: None)()
    assert [each.decision.allowed for each in seen.of("WRITE")] == [False, False]
    assert not [each for each in seen.of("WRITE") if "columns" in each.decision.reason]


@pytest.mark.parametrize(
    ("declared", "allowed"), [(DAILY, True), ("duckdb:///*/daily", True), ("duckdb:///**/daily", False)]
)
def test_in_enforce_a_declared_pattern_counts_where_the_reviewed_one_is_as_wide(
    declared: str, allowed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    policy = pinned(fingerprint(count)).replace("duckdb://**/daily", "duckdb:///*/daily")
    with capture(policy, mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        with lowered(declared), nullcontext() if allowed else pytest.raises(privacylib.PolicyDenied):
            write(DAILY)
    assert ("is for duckdb:///*/daily, not for duckdb:///**/daily" in caplog.text) is not allowed


LIMITS = [50]


def least() -> int:
    return 50


def by_another() -> int:
    return least()


def by_generator() -> int:
    return sum(least() for _ in "a")


def by_comprehension() -> int:
    return len([least() for _ in "a"])  # before 3.12 it has code of its own


def by_inner() -> int:
    def inner() -> int:
        return sum(least() for _ in "a")

    return inner()


def by_list() -> int:
    return LIMITS[0]


def made(limit: int) -> tuple[Any, Callable[[int], None]]:
    """Return a function that takes a number from around it, and one that changes that."""

    def counted() -> int:
        return limit

    def change(to: int) -> None:
        nonlocal limit
        limit = to

    counted.__qualname__ = "counted"  # as if a factory's wrapper had done so: no policy can name a local function
    return counted, change


def wrote(mode: str, transform: Any, *between: Callable[[], object], reviewed: str = "") -> list[bool]:
    """Return for each write in one block whether it was allowed; something is done before each but the first."""
    policy = pinned(reviewed or fingerprint(transform)).replace(":count", f":{transform.__qualname__}")
    with capture(policy, mode=mode) as seen, privacylib.zone("train"):
        read(CLICKS)
        with privacylib.reclassify(
            {"INTERACTION"}, to=("AGGREGATE",), sink=DAILY, transform=transform, reason="r", reviewer="p@x",
            expires="2998-01-01",
        ):  # fmt: skip
            for step in (lambda: None, *between):
                step()
                with suppress(privacylib.PolicyDenied):
                    write(DAILY)
    return [each.decision.allowed for each in seen.of("WRITE")]


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_a_value_around_the_transform_that_changes_inside_its_block_lets_it_lower_nothing(mode: str) -> None:
    counted, change = made(50)
    assert wrote(mode, counted, lambda: change(1), lambda: change(50)) == [True, False, True]


@pytest.mark.parametrize("inside", [True, False])
def test_the_log_says_which_reclassification_is_void_and_why_inside_its_block_too(
    inside: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    policy, told = pinned(fingerprint(by_list)).replace(":count", ":by_list"), "is void: "
    told += "since its block began the transform is another: " if inside else "the transform is not what was reviewed: "
    exchange = lambda: monkeypatch.setitem(globals(), "LIMITS", [1])  # noqa: E731
    with capture(policy, mode="enforce"), privacylib.zone("train"):
        read(CLICKS)
        if not inside:
            exchange()
        block = privacylib.reclassify(
            {"INTERACTION"}, to=("AGGREGATE",), sink=DAILY, transform=by_list, reason="r", reviewer="p@x",
            expires="2998-01-01",
        )  # fmt: skip
        with block:
            if inside:
                exchange()
            for _ in range(2):
                with pytest.raises(privacylib.PolicyDenied):
                    write(DAILY)
    assert caplog.text.count(f"{told}its closure changed (LIMITS)") == 1


def test_another_object_of_the_same_value_is_no_change() -> None:
    counted, change = made(5_000_000)
    assert wrote("enforce", counted, lambda: change(int("5000000")), lambda: None) == [True, True, True]


def test_other_code_in_the_same_function_lowers_nothing() -> None:
    counted, _ = made(50)
    other = made(50)[0].__code__.replace(co_name="other", co_consts=(None, 1))
    with_source = fingerprint(counted)
    changed = wrote("enforce", counted, lambda: setattr(counted, "__code__", other), reviewed=with_source)
    assert changed == [True, fingerprint(counted) == with_source]
    assert wrote("enforce", counted, lambda: setattr(counted, "__defaults__", (1,))) == [True, False]


def test_a_transform_that_is_exchanged_under_its_name_lowers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = lambda: monkeypatch.setattr(f"{__name__}.count", by_list), monkeypatch.undo
    assert wrote("enforce", count, *steps) == [True, False, True]


def test_a_function_that_it_calls_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    step = lambda: monkeypatch.setattr(f"{__name__}.least", by_list)  # noqa: E731
    assert wrote("enforce", by_another, step) == [True, False]


@pytest.mark.parametrize("transform", [by_generator, by_comprehension, by_inner])
def test_a_function_that_code_inside_of_it_calls_is_looked_at_too(
    transform: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = lambda: monkeypatch.setattr(f"{__name__}.least", by_list)  # noqa: E731
    assert wrote("enforce", transform, lambda: None, step, monkeypatch.undo) == [True, True, False, True]


def test_what_changes_in_place_is_noticed_at_the_next_block(monkeypatch: pytest.MonkeyPatch) -> None:
    reviewed = fingerprint(by_list)
    monkeypatch.setitem(globals(), "LIMITS", [50])
    assert wrote("enforce", by_list, lambda: LIMITS.append(1)) == [True, True]
    assert wrote("enforce", by_list, reviewed=reviewed) == [False]


def test_what_watches_stays_in_its_process() -> None:
    assert pickle.loads(pickle.dumps(Watch(made(1)[0]))) is None  # noqa: S301 - its own
