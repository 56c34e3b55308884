"""Whatever is wrapped looks and behaves as before; only what stands around it is added."""

import asyncio
import contextlib
import contextvars
import copy
import functools
import gc
import inspect
import os
import pickle
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib.context import Frame, get_frame
from privacylib.testing import Capture, capture

HERE = "file:///var/in.csv"
THERE = "file:///var/out.csv"


@pytest.fixture(autouse=True)
def seen() -> Any:
    with capture() as seen:
        yield seen


def plain(one: int, *, two: str = "2") -> str:
    """Say it."""
    return f"{one}{two}"


async def coroutine(one: int, *, two: str = "2") -> str:
    """Say it later."""
    await asyncio.sleep(0)
    return f"{one}{two}"


def generator(one: int, *, two: str = "2") -> Generator[str, str, str]:
    """Say it twice."""
    sent = yield f"{one}{two}"
    yield sent
    return "end"


async def async_generator(one: int, *, two: str = "2") -> AsyncGenerator[str, str]:
    """Say it twice, later."""
    sent = yield f"{one}{two}"
    yield sent


FUNCTIONS = (plain, coroutine, generator, async_generator)
DECORATORS: dict[str, Callable[[Any], Any]] = {
    "reads": privacylib.reads(HERE),
    "writes": privacylib.writes(HERE),
    "calls": privacylib.calls("http://there/x"),
    "zone": privacylib.zone("reply"),
    "scope": privacylib.scope("work"),
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("decorate", DECORATORS.values(), ids=DECORATORS)
def test_fault_39_the_kind_of_a_function_stays(function: Any, decorate: Callable[[Any], Any]) -> None:
    wrapped = decorate(function)
    for question in ("isfunction", "iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction"):
        assert getattr(inspect, question)(wrapped) == getattr(inspect, question)(function), question
    assert inspect.signature(wrapped) == inspect.signature(function)
    assert (wrapped.__name__, wrapped.__qualname__, wrapped.__module__) == (
        function.__name__, function.__qualname__, function.__module__,
    )  # fmt: skip
    assert wrapped.__doc__ == function.__doc__
    assert wrapped.__wrapped__ is function


async def test_each_kind_gives_what_it_gave(seen: Capture) -> None:
    read = privacylib.reads(HERE)
    assert read(plain)(1, two="x") == "1x"
    assert await read(coroutine)(1) == "12"
    steps = read(generator)(1)
    assert (next(steps), steps.send("sent")) == ("12", "sent")
    with pytest.raises(StopIteration) as stopped:
        next(steps)
    assert stopped.value.value == "end"
    later = read(async_generator)(1)
    assert (await anext(later), await later.asend("sent"), [each async for each in later]) == ("12", "sent", [])
    assert len(seen.of("READ")) == 4
    assert not any(each.failed for each in seen.records)


@privacylib.reads(HERE)
def module_level() -> int:
    return 1


@privacylib.zone("reply")
@privacylib.writes(THERE)
async def stacked() -> None:
    """Do nothing, twice decorated."""


listed = privacylib.reads(HERE)(os.listdir)


@pytest.mark.parametrize("function", [module_level, stacked], ids=["one", "two"])
def test_fault_40_a_wrapper_is_pickled_by_its_name(function: Any) -> None:
    assert pickle.loads(pickle.dumps(function)) is function  # noqa: S301 - it was pickled here
    assert copy.deepcopy(function) is function


class Things:
    """Methods of every kind."""

    @privacylib.reads(HERE)
    def method(self) -> object:
        return self

    @classmethod
    @privacylib.reads(HERE)
    def of_class(cls) -> object:
        return cls

    @privacylib.reads(HERE)
    @classmethod
    def of_class_outside(cls) -> object:
        return cls

    @staticmethod
    @privacylib.reads(HERE)
    def static() -> int:
        return 1

    @privacylib.reads(HERE)
    @staticmethod
    def static_outside() -> int:
        return 1

    @property
    @privacylib.reads(HERE)
    def prop(self) -> object:
        return self

    open: Any = privacylib.reads(HERE)(os.open)
    part = privacylib.reads(HERE)(functools.partial(plain, 1))


def test_methods_are_bound_as_ever(seen: Capture) -> None:
    things = Things()
    assert things.method() is things
    assert things.of_class() is Things
    assert Things.of_class_outside() is Things
    assert things.static() == Things.static_outside() == 1
    assert things.prop is things
    assert len(seen.of("READ")) == 6
    bound = pickle.loads(pickle.dumps(things.method))  # noqa: S301 - it was pickled here
    assert isinstance(bound.__self__, Things)


def test_fault_41_a_builtin_in_a_class_is_not_bound(tmp_path: Path, seen: Capture) -> None:
    descriptor = Things().open(str(tmp_path / "file"), os.O_CREAT)
    os.close(descriptor)
    assert Things().part() == "12"
    assert Things.part(two="y") == "1y"
    assert str(tmp_path) not in str(seen.records)
    assert listed(str(tmp_path)) == ["file"]
    assert len(seen.of("READ")) == 4


def test_a_failure_is_marked_and_raised(seen: Capture) -> None:
    @privacylib.reads(HERE)
    def fails() -> None:
        raise LookupError

    @privacylib.reads(HERE)
    def fails_midway() -> Generator[int, None, None]:
        yield 1
        raise LookupError

    with pytest.raises(LookupError):
        fails()
    with pytest.raises(LookupError):
        list(fails_midway())
    assert [each.failed for each in seen.records] == [True, True]


def test_nothing_happens_before_the_first_step(seen: Capture) -> None:
    steps = privacylib.reads(HERE)(generator)(1)
    assert seen.records == []
    steps.close()
    assert seen.records == []


def test_a_generator_has_its_own_frame_for_each_step(seen: Capture) -> None:
    found: list[object] = []

    @privacylib.zone("reply")
    def numbers() -> Generator[int, None, None]:
        for number in range(2):
            found.append(privacylib.current().purpose)
            with privacylib.zone("inner"):
                found.append(privacylib.current().purpose)
                yield number
                found.append(privacylib.current().purpose)

    with privacylib.zone("ads"):
        outside = get_frame()
        for _ in numbers():
            assert get_frame() is outside
        assert get_frame() is outside
    assert found == ["reply", "inner", "inner"] * 2


def test_interleaved_generators_keep_apart(seen: Capture) -> None:
    def numbers() -> Generator[str | None, None, None]:
        while True:
            yield privacylib.current().purpose

    one, two = privacylib.zone("one")(numbers)(), privacylib.zone("two")(numbers)()
    assert [next(steps) for steps in (one, two, one, two)] == ["one", "two", "one", "two"]
    one.close()
    assert next(two) == "two"
    assert get_frame() is None


def test_throw_and_close_reach_the_body(seen: Capture) -> None:
    met: list[str] = []

    @privacylib.reads(HERE)
    def body() -> Generator[int, None, None]:
        try:
            yield 1
        except LookupError:
            met.append("thrown")
        try:
            yield 2
        finally:
            met.append("closed")

    steps = body()
    assert next(steps) == 1
    assert steps.throw(LookupError()) == 2
    steps.close()
    assert met == ["thrown", "closed"]
    assert [each.failed for each in seen.records] == [False]


async def test_throw_and_close_reach_an_async_body(seen: Capture) -> None:
    met: list[str] = []

    @privacylib.reads(HERE)
    async def body() -> AsyncGenerator[int, None]:
        try:
            yield 1
        except LookupError:
            met.append("thrown")
        try:
            yield 2
        finally:
            await asyncio.sleep(0)
            met.append("closed")

    steps = body()
    assert await anext(steps) == 1
    assert await steps.athrow(LookupError()) == 2
    await steps.aclose()
    assert met == ["thrown", "closed"]
    assert [each.failed for each in seen.records] == [False]


def test_a_recursive_and_a_nested_generator(seen: Capture) -> None:
    @privacylib.zone("reply")
    def down(depth: int) -> Generator[int, None, None]:
        zone = privacylib.current().zone
        yield 0 if zone is None else len(zone.purposes)
        if depth:
            yield from down(depth - 1)

    assert list(down(3)) == [1, 2, 3, 4]
    assert get_frame() is None


def test_a_suspended_generator_pins_nothing_of_its_consumer(seen: Capture) -> None:
    def frames() -> int:
        gc.collect()
        return sum(isinstance(each, Frame) and each.scope.name == "its consumer" for each in gc.get_objects())

    steps = privacylib.reads(HERE)(generator)(1)
    next(steps)
    with privacylib.scope("its consumer"):
        assert frames() == 1
        steps.send("sent")
    assert frames() == 0
    steps.close()


def test_wrong_arguments_raise_as_ever(seen: Capture) -> None:
    with pytest.raises(TypeError, match="positional"):
        privacylib.reads(HERE)(plain)(1, "two", 3)  # pyright: ignore[reportCallIssue] - the mistake that is tested


class AsyncCallable:
    """An object that is called and awaited."""

    async def __call__(self) -> str:
        await asyncio.sleep(0)
        return privacylib.current().purpose or ""


async def test_an_object_that_is_awaited_stays_inside_for_its_body(seen: Capture) -> None:
    assert await privacylib.zone("reply")(AsyncCallable())() == "reply"


def test_what_a_cache_offers_stays(seen: Capture) -> None:
    cached: Any = privacylib.reads(HERE)(functools.lru_cache(abs))
    assert cached(-1) == cached(-1) == 1
    assert cached.cache_info().hits == 1
    cached.cache_clear()
    assert cached.cache_info().hits == 0
    assert len(seen.of("READ")) == 2


@pytest.mark.parametrize("outside", [True, False])
def test_a_context_managers_own_code_runs_inside(seen: Capture, outside: bool) -> None:
    def opened() -> Generator[Any, None, None]:
        try:
            yield privacylib.current().purpose
        finally:
            with privacylib.read(HERE):
                pass

    around = [contextlib.contextmanager, privacylib.zone("reply"), privacylib.writes(THERE)]
    manager: Any = opened
    for decorate in around if outside else [*around[1:], around[0]]:
        manager = decorate(manager)
    with manager() as purpose:
        assert (purpose, privacylib.current().purpose) == ("reply", None)
    assert seen.pairs == {(HERE, THERE)}


async def test_an_async_context_managers_own_code_runs_inside(seen: Capture) -> None:
    @privacylib.zone("reply")
    @contextlib.asynccontextmanager
    async def opened() -> AsyncGenerator[str | None, None]:
        await asyncio.sleep(0)
        yield privacylib.current().purpose

    async with opened() as purpose:
        assert (purpose, privacylib.current().purpose) == ("reply", None)


@privacylib.scope("part", isolated=True)
def isolated_rows() -> Generator[str]:
    for asset in (HERE, "file:///var/more.csv"):
        with privacylib.read(asset):
            yield asset


@privacylib.reads("file:///var/first.csv")
async def isolated_rows_later() -> AsyncGenerator[str]:
    with privacylib.scope("part", isolated=True), privacylib.scope("inner", isolated=True):
        for asset in (HERE, "file:///var/more.csv"):
            with privacylib.read(asset):
                yield asset


async def test_an_isolated_generator_returns_what_it_read_with_each_step(seen: Capture) -> None:
    with privacylib.scope("whole"), privacylib.scope("around", isolated=True):
        for _ in isolated_rows():
            with privacylib.write(THERE):
                pass
    with privacylib.scope("whole"), privacylib.scope("around", isolated=True):
        async for _ in isolated_rows_later():
            with privacylib.write(THERE):
                pass
    more, first = "file:///var/more.csv", "file:///var/first.csv"
    assert [set(each.sources) for each in seen.of("WRITE", THERE)] == [
        {HERE}, {HERE, more}, {first, HERE}, {first, HERE, more},
    ]  # fmt: skip


@pytest.mark.parametrize("within", [contextlib.nullcontext, lambda: privacylib.scope("inner")])
def test_but_not_what_its_consumers_own_isolated_scope_holds(
    seen: Capture, within: "Callable[[], contextlib.AbstractContextManager[object]]"
) -> None:
    def write() -> None:
        with privacylib.write(THERE):
            pass

    with privacylib.scope("whole"):
        beside = contextvars.copy_context()
        with privacylib.scope("part", isolated=True), privacylib.read(HERE):
            generator = generator_in_a_zone()
            assert next(generator) == "row"
            with within():
                assert next(generator) == "row"
            beside.run(write)
    assert [each.sources for each in seen.of("WRITE", THERE)] == [()]


@privacylib.zone("reply")
def generator_in_a_zone() -> Generator[str]:
    yield "row"
    yield "row"
