"""What takes the shortest way is decided and recorded as on the long one, wherever it happens."""

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import pytest
from opentelemetry.sdk.trace import TracerProvider

import privacylib
from privacylib.context import frame_now, set_frame
from privacylib.model import Asset, Kind, Operation, PolicyContext
from privacylib.runtime import begin, begin_answer, end, finish, serve, site_now
from privacylib.runtime.decorated import Around
from privacylib.testing import Captured, capture
from tests.runtime.world import CLICKS, CLOSED, LOG, MODEL, POLICY, PUBLIC, USERS

KEPT = ("kind", "asset", "sources", "evidence", "labels", "purposes", "decision", "failed", "outlived", "messages")

SILENT = POLICY.replace("labels: [INTERACTION]}", "labels: [INTERACTION], record: never}")


class Work(NamedTuple):
    """The same operations as functions, or as coroutines that are run to their end."""

    read: Callable[[], None]
    """Of clicks."""
    user: Callable[[], None]
    model: Callable[[], None]
    write: Callable[..., None]
    """Of the log, which may take all; calls its argument in its body."""
    closed: Callable[..., None]
    """Of what may take nothing labelled."""
    derived: Callable[[], None]


def body(during: Callable[[], Any] | None = None) -> None:
    if during is not None:
        during()


async def later(during: Callable[[], Any] | None = None) -> None:
    body(during)


def to_its_end(function: Any) -> Callable[..., None]:
    def run(*arguments: Any) -> None:
        with contextlib.suppress(StopIteration):
            function(*arguments).send(None)

    return run


def functions() -> Work:
    return Work(*(decorator(body) for decorator in decorators()))


def coroutines() -> Work:
    return Work(*(to_its_end(decorator(later)) for decorator in decorators()))


def decorators() -> tuple[Callable[[Any], Any], ...]:
    return (
        privacylib.reads(CLICKS), privacylib.reads(USERS, ["email", "id"]), privacylib.reads(MODEL),
        privacylib.writes(LOG), privacylib.writes(CLOSED), privacylib.writes(LOG, derived_from=[PUBLIC]),
    )  # fmt: skip


def fail() -> None:
    raise LookupError


def refused(call: Callable[[], Any]) -> None:
    with contextlib.suppress(privacylib.PolicyDenied, LookupError):
        call()


def plainly(work: Work) -> None:
    with privacylib.zone("assistant"):
        work.write()
        work.read()
        work.write()
        work.user()
        work.write()


def below_a_scope(work: Work) -> None:
    with privacylib.scope("outer"):
        for _ in range(2):
            with privacylib.zone("assistant"):
                work.read()
                work.write()
        refused(work.write)


def in_other_zones(work: Work) -> None:
    for purpose in ("assistant", "train", "assistant", "ads"):
        with privacylib.zone(purpose):
            refused(work.read)
            refused(work.write)
            refused(work.closed)


def after_the_scope(work: Work) -> None:
    with privacylib.scope("outer"):
        with privacylib.zone("assistant"):
            work.read()
            inner = frame_now()
        within = frame_now()
    for frame in (inner, within):
        set_frame(frame)
        refused(work.read)
        refused(work.write)
        set_frame(None)


def while_the_scope_is_left(work: Work) -> None:
    """The scope is left between the beginning and the end of an operation."""
    with privacylib.zone("assistant"):
        work.read()
        work.write(lambda: setattr(frame_now().scope, "left", True))


def failing(work: Work) -> None:
    with privacylib.zone("assistant"):
        for call in (work.read, work.user, work.write, work.closed):
            refused(lambda call=call: call(fail))  # type: ignore[misc]


def in_a_span_of_the_host(work: Work) -> None:
    tracer = TracerProvider().get_tracer("host")
    with privacylib.zone("assistant"), tracer.start_as_current_span("host"):
        work.read()
        work.write()
    with tracer.start_as_current_span("host"), privacylib.zone("assistant"):
        work.read()
        work.write(lambda: tracer.start_span("other"))


def in_parts(work: Work) -> None:
    with privacylib.zone("assistant"):
        for read in (work.read, work.user):
            with privacylib.scope("part", isolated=True):
                read()
                work.write()
            work.write()
            refused(work.closed)


def in_parts_of_an_open_write(work: Work) -> None:
    with privacylib.zone("assistant"), privacylib.write(CLOSED), privacylib.scope("part", isolated=True):
        refused(work.read)
        work.write()


def while_a_write_is_open(work: Work) -> None:
    with privacylib.zone("assistant"):
        with privacylib.write(CLOSED):
            refused(work.read)
        with privacylib.write(LOG):
            work.read()
        work.read()


def in_the_body_of_a_write(work: Work) -> None:
    with privacylib.zone("assistant"):
        work.write(work.read)
        work.write(lambda: work.write(work.user))
        refused(lambda: work.closed(lambda: refused(work.read)))


def in_a_part_in_the_body_of_a_write(work: Work) -> None:
    def part() -> None:
        with privacylib.scope("part", isolated=True):
            work.read()

    with privacylib.zone("assistant"):
        work.write(part)


def lowered(work: Work) -> None:
    given: Any = {"sink": CLOSED, "transform": body, "reason": "r", "reviewer": "r", "expires": "2999-01-01"}
    with privacylib.zone("assistant"):
        work.read()
        refused(work.closed)
        with privacylib.reclassify({"INTERACTION"}, to=(), **given):
            refused(work.closed)
        refused(work.closed)


def outside_scopes(work: Work) -> None:
    def other() -> None:
        refused(work.read)
        refused(work.write)

    other()
    for _ in range(2):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()


def below_the_process(work: Work) -> None:
    refused(work.read)
    with privacylib.zone("assistant"):
        work.write()
        work.user()
        work.write()
    refused(work.model)
    with privacylib.zone("assistant"):
        work.model()
        work.write()


def under_a_brought_context(work: Work) -> None:
    brought = PolicyContext(labels=frozenset({"CONTACT"}), reads=(USERS,), correlation_key="0" * 31 + "1", pair=7)
    with privacylib.attached(brought), privacylib.zone("assistant"):
        work.write()
        work.read()
        work.write()
        refused(work.closed)


def with_a_request_that_nobody_judged(work: Work) -> None:
    for purpose in ("assistant", None, "ads"):
        site = site_now(Operation(Kind.SERVE, Asset("http://test", "ask")))
        assert site is not None
        handle = serve(site, PolicyContext())
        block = contextlib.nullcontext() if purpose is None else privacylib.zone(purpose)
        with contextlib.suppress(privacylib.PolicyDenied), block:
            refused(work.write)
            refused(work.closed)
        finish(handle)


def beside_an_open_response(work: Work) -> None:
    site = site_now(Operation(Kind.CALL, Asset("http://ranker.internal", "rank")))
    assert site is not None
    with privacylib.zone("assistant"):
        handle = begin(site)
        assert handle is not None
        begin_answer(handle, None)
        work.write()
        assert handle.meanwhile
        end(handle)


def naming_what_it_is_made_of(work: Work) -> None:
    with privacylib.zone("assistant"):
        work.derived()
        work.read()
        work.derived()


def wide(work: Work) -> None:
    with privacylib.zone("assistant"):
        for number in range(1030):
            with privacylib.read(f"{PUBLIC}{number}"):
                pass
        work.read()
        work.write()


PLACES = (
    plainly, below_a_scope, in_other_zones, after_the_scope, while_the_scope_is_left, failing, in_a_span_of_the_host,
    in_parts, in_parts_of_an_open_write, while_a_write_is_open, in_the_body_of_a_write,
    in_a_part_in_the_body_of_a_write, lowered, outside_scopes, below_the_process, under_a_brought_context,
    with_a_request_that_nobody_judged, beside_an_open_response, naming_what_it_is_made_of, wide,
)  # fmt: skip


def said(records: list[Captured]) -> list[Any]:
    """Return what records say, with spans by their place."""
    places = {record.span: place for place, record in enumerate(records)}
    return [
        (
            *(getattr(record, name) for name in KEPT), record.unknown, record.trace == record.key,
            bool(record.parent), places.get(record.parent),
            sorted(places.get(span, -1) for _, span in record.links), [key == record.key for key, _ in record.links],
        )
        for record in records
    ]  # fmt: skip


@contextlib.contextmanager
def only_slowly(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    with monkeypatch.context() as patch:
        for way in ("AroundRead", "AroundWrite"):
            patch.setattr(f"privacylib.decorators.operations.{way}", Around)
        yield


def found(place: Callable[[Work], None], work: Work, policy: str, mode: str) -> list[Any]:
    """Return what is recorded in a place, where all of it was seen before."""
    with capture(policy, mode=mode) as seen:
        place(work)
        before = len(seen.records)
        place(work)
        return said(seen.records[before:])


@pytest.mark.parametrize("mode", ["observe", "enforce"])
@pytest.mark.parametrize("kind", [functions, coroutines])
@pytest.mark.parametrize("place", PLACES)
def test_both_ways_say_the_same(
    place: Callable[[Work], None], kind: Callable[[], Work], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for policy in (POLICY, SILENT):
        with only_slowly(monkeypatch):
            expected = found(place, kind(), policy, mode)
        assert found(place, kind(), policy, mode) == expected


@pytest.mark.parametrize("kind", [functions, coroutines])
@pytest.mark.parametrize("policy", [POLICY, SILENT])
def test_what_is_plain_takes_the_shortest_way(
    kind: Callable[[], Work], policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = kind()
    with capture(policy, mode="enforce") as seen, privacylib.scope("outer"):
        for _ in range(2):
            with privacylib.zone("assistant"):
                work.read()
                work.write()
        slowly: list[bool] = []

        def noted(way: object, yields: bool) -> None:
            slowly.append(yields)

        monkeypatch.setattr("privacylib.runtime.decorated._slowly", noted)
        before = len(seen.of("WRITE"))
        with privacylib.zone("assistant"):
            work.read()
            work.write()
        assert len(seen.of("WRITE")) == before + 1
        assert slowly == []
