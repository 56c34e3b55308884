"""Run a script of steps through the real runtime, and return what was recorded."""

import contextlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from attrs import frozen

import privacylib
from privacylib.context import PROCESS, set_frame
from privacylib.model import NO_ZONE, Asset, Flow, Kind, Mode, Operation, PolicyContext, Record, Verdict
from privacylib.model.policy import Policy
from privacylib.policy.engine import Engine
from privacylib.runtime import Site, answer, begin, begin_answer, commanded, end, finish, respond, serve, site_now
from privacylib.runtime.messages import deliver, judge_delivery, leave_delivery
from privacylib.testing import capture

__all__ = ["Recorded", "recorded"]

SERVED = Operation(Kind.SERVE, Asset("http://served", "ask"), site="tests:serve")


def transform() -> None:
    """Stand for a reviewed transform."""


@frozen
class Recorded:
    """Hold what a script left in the record.

    Args:
        flows: Those of the operations in their order. They end where a request or response was stopped: what would
            have followed from it is missing from there on.
        seen: For each of these how many were over, and are behind it if they are read by the whole process.
        taken: Those of what endpoints brought in.
        late: Those of writes that were judged by more than they began with.
        all: All that were defined.
    """

    flows: list[Flow]
    seen: list[list[Flow]]
    taken: set[Flow]
    late: set[Flow]
    all: set[Flow]


def recorded(
    script: Sequence[Any], policy: Policy, mode: Mode, region: str | None, *, command: str | None = None
) -> Recorded:
    """Return what a script leaves in the record under a policy.

    Args:
        script: Its steps.
        policy: The policy.
        mode: The ceiling.
        region: Where the service runs.
        command: URI of the command that runs the script in one scope, with the policy's zones around it.
    """
    with capture(policy, mode=mode.name.lower(), region=region) as seen:
        PROCESS.frame.zone = NO_ZONE  # the command is the one that was given, or none
        if command is not None:
            PROCESS.frame.zone = commanded(PROCESS.frame.zone, command, Engine(policy).zones(command))
        _do(script if command is None else [("scope", False, script)])
        producer = seen._producer  # pyright: ignore[reportPrivateUsage] - flows show nowhere else
        flows, records = producer.flows, list(producer.records())
    taken = {flow for flow in flows.values() if flow.terms is not None and flow.terms.taken is not None}
    stopped = (flows[each.flow] in taken and flows[each.flow].decision.verdict is Verdict.DENY for each in records)
    unstopped = [each for each, _ in takewhile(lambda pair: not pair[1], zip(records, stopped, strict=True))]
    operations = _first_of_each_span(each for each in unstopped if flows[each.flow] not in taken)
    return Recorded(
        [flows[each.flow] for each in operations],
        [[flows[other.flow] for other in operations[:at] if _over(other, each, flows)]
         for at, each in enumerate(operations)],
        taken,
        {flow for flow in flows.values() if flow.terms is not None and flow.terms.late},
        set(flows.values()),
    )  # fmt: skip


def _first_of_each_span(records: Iterable[Record]) -> list[Record]:
    """Return the records of operations, without those of what was found of a write when it was over."""
    found: dict[int, Record] = {}
    for record in records:
        found.setdefault(record.span, record)
    return list(found.values())


def _over(read: Record, other: Record, flows: Mapping[int, Flow]) -> bool:
    """Return whether a read is behind another operation, which is decided when it ends, unless it is a call."""
    return flows[other.flow].kind is not Kind.CALL or read.start < other.start


def _do(script: Sequence[Any]) -> None:
    for name, *arguments in script:
        with contextlib.suppress(privacylib.PolicyDenied):
            _STEPS[name](*arguments)


def _read(asset: str, fields: tuple[str, ...]) -> None:
    with privacylib.read(asset, fields):
        pass


def _write(asset: str, fields: tuple[str, ...], derived_from: tuple[str, ...] | None) -> None:
    with privacylib.write(asset, fields, derived_from):
        pass


def _call(asset: str, brought: PolicyContext | None) -> None:
    namespace, _, name = asset.rpartition("/")
    site = _site(Operation(Kind.CALL, Asset(namespace, name), site="tests:call"))
    handle = begin(site)
    end(handle)
    if handle is not None:
        answer(handle, brought)


def _stream(asset: str, begun: PolicyContext | None, script: Sequence[Any], brought: PolicyContext | None) -> None:
    """Call what answers in a stream, whose trailers may tell of more than it began with."""
    namespace, _, name = asset.rpartition("/")
    handle = begin(_site(Operation(Kind.CALL, Asset(namespace, name), site="tests:stream")))
    if handle is None:
        return
    try:
        begin_answer(handle, begun)
        _do(script)
    finally:
        end(handle)
        answer(handle, brought)


def _statement(*operations: Operation) -> None:
    for handle in [begin(_site(operation)) for operation in operations]:
        end(handle)


def _scope(isolated: bool, script: Sequence[Any]) -> None:
    with privacylib.scope("s", isolated=isolated):
        _do(script)


def _zone(step: tuple[str, frozenset[str] | None], script: Sequence[Any]) -> None:
    with privacylib.zone(*step):
        _do(script)


def _body(asset: str, script: Sequence[Any]) -> None:
    privacylib.writes(asset)(_do)(script)


def _lower(label: str, to: frozenset[str], sink: str, script: Sequence[Any]) -> None:
    declared = privacylib.reclassify(
        {label}, to=to, sink=sink, transform=transform, reason="counts", reviewer="p@x", expires="2999-01-01"
    )
    with declared:
        _do(script)


def _attach(context: PolicyContext, script: Sequence[Any]) -> None:
    with privacylib.attached(context):
        _do(script)


def _message(context: PolicyContext, script: Sequence[Any]) -> None:
    site = _site(Operation(Kind.READ, SERVED.asset))
    frame = deliver(site, [(site, context)])
    assert frame is not None
    set_frame(frame)
    try:
        judge_delivery(frame)
        _do(script)
    finally:
        leave_delivery(frame)


def _serve(context: PolicyContext, script: Sequence[Any]) -> None:
    handle = serve(_site(SERVED), context)
    if handle is None:
        return
    with _finished(handle):
        _do(script)
        respond(handle, verified=context.verified)


@contextlib.contextmanager
def _finished(handle: Any) -> Generator[None]:
    try:
        yield
    finally:
        finish(handle)


def _site(operation: Operation) -> Site:
    site = site_now(operation)
    assert site is not None
    return site


_STEPS: dict[str, Any] = {
    "read": _read, "write": _write, "call": _call, "scope": _scope, "zone": _zone, "body": _body, "lower": _lower,
    "attach": _attach, "stream": _stream, "message": _message, "serve": _serve, "statement": _statement,
}  # fmt: skip
