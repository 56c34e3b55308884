"""Context goes out with the metadata, labels come back behind the response, and both ends decide."""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
import grpc.aio
import pytest

import privacylib
import privacylib.grpc
from privacylib.context import frame_now
from privacylib.model import PolicyContext, Source
from privacylib.naming import asset as named
from privacylib.testing import Capture, capture
from tests.grpc import services
from tests.grpc.ends import MESSAGES, STYLES, Work, ask, eventually, idle, serving, working

POLICY: dict[str, Any] = {
    "labels": {"CONTACT": {}, "INTERACTION": {}},
    "purposes": {"reply": {}, "ads": {}},
    "assets": [
        {"match": "db://users", "labels": ["CONTACT"]},
        {"match": "db://asked", "labels": ["INTERACTION"]},
        {"match": "file://**/plain", "labels": []},
        {"match": "file://**/contacts", "labels": ["CONTACT"]},
        {"match": "file://**/everything", "labels": ["CONTACT", "INTERACTION"]},
    ],
    "requirements": [
        {"id": "contact-reply", "applies_to": ["CONTACT"], "allow": {"purposes": ["reply"]}, "mode": "enforce"},
        {"id": "interaction-reply", "applies_to": ["INTERACTION"], "allow": {"purposes": ["reply"]}, "mode": "enforce"},
    ],
}
ASSET = {kind: f"grpc://{services.SERVICE}/{kind}" for kind in services.KINDS}

each_kind = pytest.mark.parametrize("kind", services.KINDS)
each_client = pytest.mark.parametrize("client", STYLES)
each_server = pytest.mark.parametrize("server", STYLES)


def with_policy(**more: Any) -> dict[str, Any]:
    return {**POLICY, **more}


def read(asset: str) -> None:
    with privacylib.read(asset):
        pass


def write(asset: str) -> None:
    with privacylib.write(asset):
        pass


def reading(asset: str) -> Work:
    """Return work that reads an asset each time."""
    return lambda _: read(asset)


def forgotten(continuation: Any) -> None:
    """Know nothing of a target."""


def looking(inside: list[PolicyContext]) -> Work:
    """Return work that notes the context it is done in."""
    return lambda _: inside.append(privacylib.current())


def violations(seen: Capture) -> list[tuple[str, str, str | None]]:
    return [(each.kind, each.asset, each.decision.requirement) for each in seen.violations]


@each_kind
@each_client
@each_server
async def test_context_goes_out_and_labels_come_back(kind: str, client: str, server: str) -> None:
    inside: list[PolicyContext] = []

    def work(number: int) -> None:
        if number == 0:
            inside.append(privacylib.current())
            read("db://asked")

    with capture(POLICY, mode="enforce") as seen:
        async with serving(server, working(server, work)) as target:
            with privacylib.zone("reply", labels={"CONTACT", "INTERACTION"}):
                read("db://users")
                messages = await ask(client, kind, target)
                after = privacylib.current()

    assert len(messages) == (1 if kind.endswith("unary") else MESSAGES)
    assert inside[0].labels == {"CONTACT"}
    assert inside[0].zone is not None
    assert inside[0].zone.purposes == ("reply",)
    assert inside[0].correlation_key == after.correlation_key
    assert after.labels == {"CONTACT", "INTERACTION"}
    assert seen.violations == []


@each_kind
async def test_both_ends_of_a_call_are_one_pair(kind: str) -> None:
    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", working("aio", reading("db://asked"))) as target:
            with privacylib.zone("reply"):
                read("db://users")
                await ask("sync", kind, target)
                write("file:///tmp/everything")

    (call,), (served,) = seen.of("CALL"), seen.of("SERVE")
    assert (served.parent, served.key, served.asset) == (call.span, call.key, call.asset)
    request, response = f"{ASSET[kind]}#request", f"{ASSET[kind]}#response"
    assert seen.pairs == {
        ("db://users", request),
        (request, response),
        ("db://asked", response),
        ("db://users", "file:///tmp/everything"),
        (response, "file:///tmp/everything"),
    }


@each_kind
@each_client
async def test_a_denied_call_is_never_sent(kind: str, client: str) -> None:
    invoked: list[int] = []
    with capture(with_policy(trust={"egress": []}), mode="enforce") as seen:
        async with serving("aio", working("aio", invoked.append)) as target:
            with privacylib.zone("reply"):
                read("db://users")
                with pytest.raises(privacylib.PolicyDenied) as refused:
                    await ask(client, kind, target)

    assert refused.value.decision.requirement == "flow"
    assert invoked == []
    assert [each.kind for each in seen.denied] == ["CALL"]
    assert seen.of("SERVE") == []


def test_a_denied_future_holds_the_denial() -> None:
    with (
        capture(with_policy(trust={"egress": []}), mode="enforce"),
        services.serving() as target,
        grpc.insecure_channel(target) as bare,
        privacylib.zone("reply"),
    ):
        read("db://users")
        channel = grpc.intercept_channel(bare, privacylib.grpc.client_interceptor())
        future = services.method(channel, "unary_unary").future(b"ok")
        assert isinstance(future.exception(), privacylib.PolicyDenied)


async def test_context_stays_here_where_it_may_not_go() -> None:
    told: list[Any] = []

    async def handler(request: bytes, context: Any) -> bytes:
        told.extend(name for name, _ in context.invocation_metadata())
        return request

    policy = with_policy(trust={"egress": ["grpc://elsewhere/**"]})
    with capture(policy, mode="observe"):
        async with serving("aio", {"unary_unary": handler}) as target:
            await ask("aio", "unary_unary", target)
            await ask("sync", "unary_unary", target)
    assert not {"baggage", "traceparent"} & set(told)


@each_client
async def test_a_channel_is_asked_where_it_leads(client: str) -> None:
    """Where the policy names nobody, context goes to this machine and nowhere else."""
    told: list[Any] = []

    async def handler(request: bytes, context: Any) -> bytes:
        told.append("baggage" in dict(context.invocation_metadata()))
        return request

    with capture(POLICY):
        async with serving("aio", {"unary_unary": handler}) as target:
            await ask(client, "unary_unary", target)
            interceptors = privacylib.grpc.aio_client_interceptors(target="reviews.example.org:443")
            async with grpc.aio.insecure_channel(target, interceptors=interceptors) as channel:
                await services.method(channel, "unary_unary")(b"a")
    assert told == [True, False]


async def test_channels_that_forget_their_target_tell_it_when_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is gRPC before 1.81."""
    channel: Any = grpc.aio.Channel
    (kind,) = [each for each in channel.__subclasses__() if each.__module__.startswith("grpc.")]
    monkeypatch.setattr(kind, "__init__", kind.__init__)  # put back afterwards
    monkeypatch.setattr("privacylib.grpc.client_aio.channels_tell", lambda: False)
    monkeypatch.setattr("privacylib.grpc.client_aio.target_of", forgotten)
    inside: list[PolicyContext] = []
    with capture(POLICY):
        async with serving("aio", working("aio", looking(inside))) as target:
            with privacylib.zone("reply"):
                await ask("aio", "unary_unary", target)
    assert inside[0].purpose == "reply"


@each_kind
@each_client
async def test_a_response_that_the_zone_does_not_admit_never_reaches_the_host(kind: str, client: str) -> None:
    taken: list[int] = []
    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", working("aio", taking_in("db://users", "CONTACT"))) as target:
            with privacylib.zone("reply", labels={"INTERACTION"}), pytest.raises(privacylib.PolicyDenied) as refused:
                await ask(client, kind, target, each=taken.append)

    assert refused.value.decision.requirement == "zone"
    assert taken == []
    assert ("READ", ASSET[kind], "zone") in violations(seen)


def taking_in(asset: str, label: str) -> Work:
    """Return work that lets its scope hold a label without asking the zone that came with the call."""
    source = Source(named(asset), None, frozenset({label}))
    return lambda _: frame_now().scope.reads.add(source, 1)


@each_kind
@each_server
async def test_a_denied_response_says_which_requirement_and_nothing_else(kind: str, server: str) -> None:
    """A caller without a context gets labelled data only where the response is annotated for it."""

    def work(number: int) -> None:
        if number == 0:
            read("db://users")

    policy = with_policy(zones=[{"match": "grpc://**", "purpose": "reply"}])
    with capture(policy, mode="enforce") as seen:
        async with serving(server, working(server, work)) as target, grpc.aio.insecure_channel(target) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await bare(channel, kind)

    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.PERMISSION_DENIED, "flow")
    assert not refused.value.trailing_metadata()
    assert [(each.kind, each.asset) for each in seen.denied] == [("SERVE", ASSET[kind])]


async def bare(channel: Any, kind: str) -> list[bytes]:
    """Call without interceptors of ours."""

    async def requests() -> Any:
        yield b"a"

    call = services.method(channel, kind)(requests() if kind.startswith("stream") else b"a", timeout=20)
    return [await call] if kind.endswith("unary") else [message async for message in call]


@each_server
async def test_a_handler_may_stay_in_a_zone_from_message_to_message(server: str) -> None:
    zone = privacylib.zone("reply")

    def work(number: int) -> None:
        if number == 0:
            zone.__enter__()
        read("db://users")
        if number == MESSAGES - 1:
            zone.__exit__(None, None, None)

    with capture(POLICY, mode="enforce") as seen:
        async with serving(server, working(server, work)) as target:
            with privacylib.zone("reply"):
                assert len(await ask("aio", "unary_stream", target)) == MESSAGES
    purposes = [each.purposes for each in seen.of("READ", "db://users")]
    assert purposes == [("reply", "reply")] * MESSAGES + [("reply",)], "the last step is behind the zone"


@each_server
async def test_a_stream_is_aborted_where_it_becomes_denied(server: str) -> None:
    def work(number: int) -> None:
        if number == 2:
            read("db://users")

    policy = with_policy(zones=[{"match": "grpc://**", "purpose": "reply"}])
    with capture(policy, mode="enforce") as seen:
        async with serving(server, working(server, work)) as target, grpc.aio.insecure_channel(target) as channel:
            call = services.method(channel, "unary_stream")(b"a", timeout=20)
            messages = [await call.read(), await call.read()]
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call.read()

    assert messages == [b"a", b"a"]
    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.PERMISSION_DENIED, "flow")
    assert [each.kind for each in seen.denied] == ["SERVE"]


@each_kind
@each_server
async def test_a_denial_inside_a_handler_ends_the_call(kind: str, server: str) -> None:
    def work(number: int) -> None:
        read("db://users")
        write("file:///tmp/plain")

    with capture(POLICY, mode="enforce") as seen:
        async with serving(server, working(server, work)) as target:
            with privacylib.zone("reply"), pytest.raises(grpc.RpcError) as refused:
                await ask("aio", kind, target)

    error: Any = refused.value
    assert (error.code(), error.details()) == (grpc.StatusCode.PERMISSION_DENIED, "flow")
    assert [(each.kind, each.asset) for each in seen.denied] == [("WRITE", "file:///tmp/plain")]


@each_kind
@each_server
async def test_zones_of_the_policy_stand_around_what_is_served(kind: str, server: str) -> None:
    inside: list[PolicyContext] = []
    policy = with_policy(zones=[{"match": "grpc://shop.Reviews/*", "purpose": "reply", "labels": ["CONTACT"]}])
    with capture(policy, mode="enforce"):
        handlers = working(server, looking(inside))
        async with serving(server, handlers) as target, grpc.aio.insecure_channel(target) as channel:
            await bare(channel, kind)
    assert inside[0].purpose == "reply"
    assert inside[0].zone is not None
    assert inside[0].zone.admitted == {"CONTACT"}


@each_server
async def test_a_request_that_a_zone_of_the_policy_does_not_admit_is_refused(server: str) -> None:
    invoked: list[int] = []
    policy = with_policy(zones=[{"match": "grpc://**", "purpose": "reply", "labels": ["INTERACTION"]}])
    with capture(policy, mode="enforce"):
        async with serving(server, working(server, invoked.append)) as target:
            with privacylib.zone("reply"):
                read("db://users")
                with pytest.raises(grpc.RpcError) as refused:
                    await ask("aio", "unary_unary", target)
    error: Any = refused.value
    assert (error.code(), error.details()) == (grpc.StatusCode.PERMISSION_DENIED, "zone")
    assert invoked == []


@pytest.mark.parametrize(
    ("rule", "presents", "unknown"),
    [
        pytest.param("accept", "tampered", "bad-signature", id="accept-tampered"),
        pytest.param("accept", "nothing", None, id="accept-nothing"),
        pytest.param("require", "nothing", "missing", id="require-nothing"),
        pytest.param("require", "own", None, id="require-own"),
        pytest.param("strip", "own", None, id="strip-own"),
        pytest.param("accept", "another's", "wrong-audience", id="accept-another's"),
        pytest.param("require", "another's", "wrong-audience", id="require-another's"),
        pytest.param([{"peer": "127.0.0.*", "rule": "require"}], "nothing", "missing", id="require-of-an-address"),
        pytest.param([{"peer": "10.**", "rule": "require"}], "nothing", None, id="require-of-others"),
    ],
)
@each_server
async def test_what_a_caller_presents(rule: Any, presents: str, unknown: str | None, server: str) -> None:
    inside: list[PolicyContext] = []
    with capture(with_policy(trust={"ingress": rule, "egress": ["**"]})):
        async with serving(server, working(server, looking(inside))) as target:
            metadata: list[tuple[str, str]] = []
            with privacylib.zone("reply"):
                read("db://users")
                if presents != "nothing":
                    service = "shop.Billing" if presents == "another's" else services.SERVICE
                    privacylib.inject(metadata, to=f"grpc://{service}/Get")
            if presents == "tampered":
                metadata = [(name, value[:-1] + ("0" if value[-1] != "0" else "1")) for name, value in metadata]
            async with grpc.aio.insecure_channel(target) as channel:
                await services.method(channel, "unary_unary")(b"a", metadata=metadata)
    assert inside[0].unknown == unknown
    assert inside[0].labels == ({"CONTACT"} if presents in ("own", "another's") and rule != "strip" else frozenset())


@each_client
async def test_a_response_that_was_tampered_with_is_unknown(client: str) -> None:
    async def handler(request: bytes, context: Any) -> bytes:
        context.set_trailing_metadata((("privacylib", "1r.forged"),))
        return request

    with capture(POLICY):
        async with services.serving_aio(behaviors={"unary_unary": handler}) as target:
            with privacylib.scope("asking"):
                await ask(client, "unary_unary", target)
                assert privacylib.current().unknown == "malformed"


async def test_a_response_without_labels_is_unknown_where_context_is_required() -> None:
    with capture(with_policy(trust={"ingress": "require"})):
        async with services.serving_aio() as target:
            with privacylib.scope("asking"):
                await ask("aio", "unary_unary", target)
                assert privacylib.current().unknown == "missing"


@each_client
async def test_labels_that_a_stream_brings_late_are_flows_of_what_was_written_meanwhile(client: str) -> None:
    def work(number: int) -> None:
        if number == MESSAGES:
            read("db://users")

    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", working("aio", work)) as target:
            with privacylib.zone("reply"):
                await ask(client, "unary_stream", target, each=lambda _: write("file:///tmp/plain"))
                assert privacylib.current().labels == {"CONTACT"}
                write("file:///tmp/contacts")

    assert violations(seen) == [("WRITE", "file:///tmp/plain", "flow")]
    (late,) = seen.violations
    assert late.decision.verdict.name == "WOULD_DENY"
    assert f"{ASSET['unary_stream']}#response" in late.sources


async def test_an_open_stream_announces_its_labels() -> None:
    held: list[frozenset[str]] = []
    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", working("aio", reading("db://users"))) as target:
            with privacylib.zone("reply"):
                await ask("aio", "unary_stream", target, each=lambda _: held.append(privacylib.current().labels))
    assert held == [{"CONTACT"}] * MESSAGES
    assert seen.violations == []
    assert [each.messages for each in seen.of("CALL") + seen.of("SERVE")] == [MESSAGES, MESSAGES]


@each_client
async def test_a_request_stream_carries_what_is_read_while_it_is_made(client: str) -> None:
    """A peer was told of the context when the call began: what is read later is more than it can judge."""

    def requests() -> Iterable[bytes]:
        yield b"a"
        read("db://asked")
        yield b"b"

    with capture(POLICY, mode="observe") as seen:
        async with serving("aio", working("aio", idle)) as target:
            with privacylib.zone("reply"):
                await ask(client, "stream_unary", target, requests=requests)
    assert ("db://asked", f"{ASSET['stream_unary']}#request") in seen.pairs
    assert {("CALL", "flow")} == {(kind, requirement) for kind, _, requirement in violations(seen)}


@each_client
async def test_a_request_stream_stops_where_it_becomes_denied(client: str) -> None:
    sent: list[bytes] = []

    def requests() -> Iterable[bytes]:
        yield b"a"
        read("db://asked")
        sent.append(b"b")
        yield b"b"

    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", working("aio", idle)) as target:
            with privacylib.zone("reply"), pytest.raises(privacylib.PolicyDenied):
                await ask(client, "stream_unary", target, requests=requests)
    assert sent == []
    assert [each.kind for each in seen.denied] == ["CALL"]


@each_kind
async def test_a_call_that_was_broken_off_leaves_nothing_open(kind: str) -> None:
    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", working("aio", idle)) as target:
            with privacylib.zone("reply"):

                def stop(number: int) -> None:
                    raise InterruptedError

                with pytest.raises(InterruptedError):
                    await ask("sync", kind, target, each=stop)
                reads = frame_now().scope.reads
                assert not reads.open
                assert not reads.watched
    assert len(seen.of("CALL")) == 1


async def test_fault_32_a_hundred_calls_at_once_never_cross() -> None:
    names = [f"{chr(97 + number // 10)}{chr(97 + number % 10)}" for number in range(100)]
    assets = [{"match": f"db://users-{name}", "labels": [name.upper()]} for name in names]
    policy: dict[str, Any] = {"labels": {name.upper(): {} for name in names}, "assets": assets}
    served: dict[bytes, frozenset[str]] = {}

    async def handler(request: bytes, context: Any) -> bytes:
        await asyncio.sleep(0.01)
        served[request] = privacylib.current().labels
        return request

    async def one(name: str, channel: Any) -> frozenset[str]:
        with privacylib.scope("one", fresh=True):
            read(f"db://users-{name}")
            await ask("aio", "unary_unary", "", requests=lambda: (name.encode(),), channel=channel)
            return privacylib.current().labels

    with capture(policy):
        async with serving("aio", {"unary_unary": handler}) as target:
            interceptors = privacylib.grpc.aio_client_interceptors()
            async with grpc.aio.insecure_channel(target, interceptors=interceptors) as channel:
                held = await asyncio.gather(*(one(name, channel) for name in names))
    assert held == [{name.upper()} for name in names]
    assert served == {name.encode(): {name.upper()} for name in names}


@each_kind
async def test_a_plain_handler_on_an_asyncio_server_is_governed_too(kind: str) -> None:
    inside: list[PolicyContext] = []

    def work(number: int) -> None:
        inside.append(privacylib.current())
        read("db://users")
        if number == 1 or kind.endswith("unary"):
            write("file:///tmp/plain")

    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", working("sync", work)) as target:
            with privacylib.zone("reply"), pytest.raises(grpc.aio.AioRpcError) as refused:
                await ask("aio", kind, target)
    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.PERMISSION_DENIED, "flow")
    assert inside[0].purpose == "reply"
    answered = 0 if kind.endswith("unary") else 1  # one that got nothing but the refusal is no flow
    assert await eventually(lambda: len(seen.of("SERVE")) == answered)
    assert [(each.kind, each.asset) for each in seen.violations] == [("WRITE", "file:///tmp/plain")]


async def test_a_handler_that_writes_to_its_context_is_governed_too() -> None:
    async def handler(request: bytes, context: Any) -> None:
        for _ in range(MESSAGES):
            await context.write(request)
        read("db://users")

    with capture(POLICY, mode="enforce") as seen:
        async with serving("aio", {"unary_stream": handler}) as target:
            with privacylib.zone("reply"):
                assert await ask("aio", "unary_stream", target) == [b"a"] * MESSAGES
                assert privacylib.current().labels == {"CONTACT"}
    assert [each.messages for each in seen.of("SERVE")] == [MESSAGES]


@each_client
async def test_fault_43_interceptors_put_in_twice_do_their_work_once(client: str) -> None:
    server = [privacylib.grpc.aio_server_interceptor(), privacylib.grpc.aio_server_interceptor()]
    with capture(POLICY, mode="enforce") as seen:
        async with services.serving_aio(server, working("aio", reading("db://users"))) as target:
            with privacylib.zone("reply"):
                await ask(client, "unary_unary", target, times=2)
                assert privacylib.current().labels == {"CONTACT"}
                assert privacylib.current().unknown is None
    assert sorted(each.kind for each in seen.records) == ["CALL", "READ", "SERVE"]


class Hiding(grpc.UnaryStreamClientInterceptor):
    """An interceptor of somebody else that hands on messages alone, without the call."""

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        yield from continuation(client_call_details, request)


@pytest.mark.parametrize("ours_outside", [True, False])
def test_a_stream_whose_labels_nobody_lets_us_see_is_unknown(ours_outside: bool) -> None:
    stack: list[Any] = [privacylib.grpc.client_interceptor(), Hiding()]
    handlers = working("sync", reading("db://users"))
    with (
        capture(POLICY, mode="observe"),
        services.serving([privacylib.grpc.server_interceptor()], handlers) as target,
        grpc.insecure_channel(target) as bare,
        privacylib.zone("reply"),
    ):
        channel = grpc.intercept_channel(bare, *(stack if ours_outside else stack[::-1]))
        assert list(services.method(channel, "unary_stream")(b"a")) == [b"a"] * MESSAGES
        held = privacylib.current()
    assert (held.labels, held.unknown) == ((frozenset(), "missing") if ours_outside else ({"CONTACT"}, None))
