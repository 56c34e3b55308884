"""What other tracers say of a trace goes on with it, by every carrier, and nowhere else."""

import asyncio
import queue
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import privacylib
from privacylib.asgi import Middleware
from privacylib.context import set_frame
from privacylib.model import Kind, Operation
from privacylib.naming import asset
from privacylib.propagation.tracestate import KEPT, passed_on
from privacylib.runtime import begin, end, site_now
from privacylib.runtime.messages import carry, deliver
from privacylib.testing import capture
from tests.asgi.serving import serving
from tests.growing import LINEAR, growth
from tests.grpc import ends
from tests.propagation.worlds import CONTEXT, HERE, OTHER_TRACE, TRACE, injected, propagator
from tests.watched import watched

STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
CAME = {"traceparent": PARENT, "tracestate": STATE}


@pytest.mark.parametrize(
    ("values", "goes_on"),
    [
        ([STATE], STATE),
        (["a=1", "b=2"], "a=1,b=2"),
        (["a=1 \t,\t b=2 , ,"], "a=1,b=2"),
        (["a= x y"], "a= x y"),
        (["fw529a3039@dt=FfAQUFBQUFBQ,0a_b-c*d/e@=!~"], "fw529a3039@dt=FfAQUFBQUFBQ,0a_b-c*d/e@=!~"),
        (["a=1,a=2"], "a=1,a=2"),
        ([""], ""),
        (["a"], ""),
        (["a="], ""),
        (["A=1"], ""),
        (["@a=1"], ""),
        (["a=1=2"], ""),
        (["a=é"], ""),
        (["a=1\x00"], ""),
        ([",".join(f"k{n}=1" for n in range(32))], ",".join(f"k{n}=1" for n in range(32))),
        ([",".join(f"k{n}=1" for n in range(33))], ""),
        (["a=" + "x" * 256], "a=" + "x" * 256),
        (["a=" + "x" * 257], ""),
        (["k" * 256 + "=1"], "k" * 256 + "=1"),
        (["k" * 257 + "=1"], ""),
        (["a=1," + "b=" + "x" * 255 + "," + "c=" + "x" * 250 + ",d=1"], "a=1," + "b=" + "x" * 255 + ",d=1"),
        ([",".join(f"k{n}=" + "x" * 100 for n in range(9))], ",".join(f"k{n}=" + "x" * 100 for n in range(4))),
    ],
)
def test_what_goes_on(values: list[str], goes_on: str) -> None:
    assert passed_on(values) == goes_on
    assert len(goes_on) <= KEPT


@pytest.mark.parametrize("piece", ["a=1,", ",", "a", "a=", "@", " ", "a=x y,"])
def test_fault_49_no_text_takes_long_to_look_through(piece: str) -> None:
    assert growth(lambda size: passed_on([(piece * size)[:size]]), 2_048) < LINEAR


def sent_on(came: Any, carrier: Any = None) -> Any:
    """Return a carrier that goes on with what came in."""
    carrier = {} if carrier is None else carrier
    propagator().inject(carrier, propagator().extract(came, peer=None), span=5, pair=7, endpoint=HERE)
    return carrier


@pytest.mark.parametrize(
    ("came", "state"),
    [
        (CAME, STATE),
        (injected() | {"tracestate": STATE}, STATE),
        ([*CAME.items(), ("Tracestate", "more=1")], f"{STATE},more=1"),
        ({"tracestate": STATE}, None),
        (CAME | {"traceparent": "rubbish"}, None),
        ([*CAME.items(), ("traceparent", PARENT)], None),
        (injected() | CAME | {"traceparent": PARENT.replace(TRACE, OTHER_TRACE)}, None),
        (CAME | {"baggage": "privacylib=forged"}, STATE),
        (CAME | {"tracestate": "a=1,a"}, None),
    ],
    ids=["foreign", "ours", "two lines", "alone", "bad parent", "two parents", "another trace", "forged", "malformed"],
)
def test_it_goes_on_with_the_trace_that_it_came_with(came: Any, state: str | None) -> None:
    assert sent_on(came).get("tracestate") == state


def test_it_is_not_believed_where_nothing_is() -> None:
    assert propagator(ingress="strip").extract(CAME, peer=None).tracestate == ""


def test_what_the_hosts_own_tracer_writes_stands_once() -> None:
    own = {"traceparent": PARENT.replace("00f067aa0ba902b7", "b7ad6b7169203331"), "tracestate": "newer=1"}
    sent = sent_on(CAME, dict(own))
    assert {name: sent[name] for name in own} == own
    other = sent_on(CAME, {"TraceParent": PARENT.replace(TRACE, OTHER_TRACE), "TraceState": "of=that"})
    assert sorted(other) == ["baggage", "traceparent", "tracestate"]
    assert other["tracestate"] == STATE


def test_it_does_not_go_where_context_does_not() -> None:
    carrier: dict[str, str] = {}
    propagator().inject(carrier, propagator().extract(CAME, peer=None), span=5, pair=7, endpoint="https://api.example/")
    assert carrier == {}


def test_it_is_shown_to_nobody() -> None:
    assert "rojo" not in repr(propagator().extract(CAME, peer=None))
    assert CONTEXT.tracestate == ""


def state_here() -> str:
    return privacylib.inject(dict[str, str]()).get("tracestate", "")


def ways() -> dict[str, str]:
    """Return what goes on from where work stands, from its parts, and from workers that get an item of it."""
    found = {"here": state_here()}
    with privacylib.scope("part"), privacylib.zone("reply"):
        found["zone"] = state_here()
    with privacylib.scope("other", fresh=True):
        found["fresh"] = state_here()
    items: queue.Queue[str] = queue.Queue()
    worker = threading.Thread(target=lambda: found.update({items.get(): state_here()}))
    with privacylib.scope("starter", fresh=True):
        worker.start()
    items.put("queue")
    worker.join()
    return found


def test_it_goes_through_a_request_and_its_workers_and_is_recorded_nowhere(tmp_path: Path) -> None:
    def told(_: Request) -> Response:
        with ProcessPoolExecutor(1) as pool:
            return JSONResponse(ways() | {"pool": pool.submit(state_here).result()})

    with (
        watched(tmp_path) as here,
        serving(Middleware(Starlette(routes=[Route("/told", told)]))) as address,
    ):
        answer = httpx.get(f"http://{address}/told", headers=CAME).json()
        assert answer == dict.fromkeys(("here", "zone", "queue", "pool"), STATE) | {"fresh": ""}
        assert here.spool.is_dir()
    assert not any(b"rojo" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize("style", ends.STYLES)
def test_it_goes_through_grpc(style: str) -> None:
    there: list[str] = []

    async def call() -> None:
        async with ends.serving(style, ends.working(style, lambda _: there.append(state_here()))) as target:
            for state in ("a=1", "", "b=2", ""):  # after the first, calls go in the shortest way
                came = {"traceparent": PARENT, "tracestate": state}
                with privacylib.attached(privacylib.extract(came)):
                    await ends.ask(style, "unary_unary", target)

    with capture():
        asyncio.run(call())
    assert there == ["a=1", "", "b=2", ""]


def test_it_goes_through_messages() -> None:
    letters = asset("kafka://127.0.0.1:9092/letters")
    headers: list[tuple[str, str]] = []
    with capture():
        with privacylib.attached(privacylib.extract(CAME)):
            writing, reading = (site_now(Operation(kind, letters)) for kind in (Kind.WRITE, Kind.READ))
            assert writing is not None
            assert reading is not None
            handle = begin(writing)
            assert handle is not None
            carry(handle, headers)
            end(handle)
        frame = deliver(reading, [(reading, privacylib.extract(headers))])
        assert frame is not None
        set_frame(frame)
        assert dict(headers)["tracestate"] == STATE
        assert state_here() == STATE
        set_frame(None)
