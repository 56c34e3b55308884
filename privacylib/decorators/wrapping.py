"""Wrap any kind of function without changing what it looks like.

A wrapper has the kind of what it wraps: a coroutine function stays one, a generator function too.
Generators attach their frame around each step and hold no token while they are suspended.
"""

import contextlib
import functools
import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol, TypeVar, cast

from privacylib.context import UNSEEN, Stage, get_frame
from privacylib.runtime.handing import hand_out, into

__all__ = ["Around", "EachCall", "around_calls", "makes_managers", "wrap", "wrap_steps"]

F = TypeVar("F", bound=Callable[..., Any])


_CACHE = ("cache_info", "cache_clear", "cache_parameters")
"""What `functools.lru_cache` adds, and does not keep where other attributes are."""


def _nothing() -> Any:
    yield


_MANAGERS: dict[object, Callable[..., Any]] = {
    make(_nothing).__code__: make for make in (contextlib.contextmanager, contextlib.asynccontextmanager)
}
"""The code that all functions of a kind share which make context managers, with what makes them."""


class Around(Protocol):
    """What stands around a call. `enter` may raise; then the function is never called."""

    def enter(self, yields: bool, /) -> Any:
        """Begin, and return what `exit` takes.

        Args:
            yields: Whether the function hands values to a consumer, and takes some, before it ends.
        """
        ...

    def exit(self, token: Any, failed: bool, /) -> None:
        """End."""
        ...


class EachCall:
    """What stands around the calls of a generator function, by the arguments of each.

    Args:
        of: Returns what stands around a call.
    """

    def __init__(self, of: Callable[[tuple[Any, ...], dict[str, Any]], Around]) -> None:
        self.of = of


def wrap(function: F, around: Around) -> F:
    """Return `function` with `around` around each call.

    Args:
        function: A function, coroutine function, generator function, async generator function, method,
            class or static method, builtin or callable object.
        around: What stands around a call.
    """
    if isinstance(function, staticmethod | classmethod):
        inner = cast("Any", function)
        return cast("F", type(inner)(wrap(inner.__func__, around)))
    again = makes_managers(function)
    if again is not None:
        return cast("F", _manager(function, again, around))
    wrapped = around_calls(function, around)
    functools.update_wrapper(wrapped, function)
    for name in _CACHE:
        if hasattr(function, name):
            setattr(wrapped, name, getattr(function, name))
    return cast("F", wrapped if _is_bound(function) else staticmethod(wrapped))


def around_calls(function: Callable[..., Any], around: Around) -> Callable[..., Any]:
    """Return a function of the same kind with something around each call, which does not look like the function.

    Args:
        function: As in `wrap`, but no method and nothing that makes context managers.
        around: What stands around a call.
    """
    return _kind(function)(function, around)


def wrap_steps(function: Callable[..., Any], each: EachCall) -> Callable[..., Any]:
    """Return a function that makes generators, or context managers of them, with something around each call."""
    again = makes_managers(function)
    if again is not None:
        return _manager(function, again, each)
    return (_async_generator if inspect.isasyncgenfunction(function) else _generator)(function, each)


def makes_managers(function: Any) -> Callable[..., Any] | None:
    """Return what made a function that makes context managers of a generator; None for any other function."""
    return _MANAGERS.get(getattr(function, "__code__", None))


def _is_bound(function: Callable[..., Any]) -> bool:
    """Return whether a function becomes a method in a class body; builtins do not, nor partials before Python 3.14."""
    if isinstance(function, functools.partial):
        return sys.version_info >= (3, 14)
    return hasattr(type(function), "__get__")


def _manager(function: Any, again: Callable[..., Any], around: Around | EachCall) -> Any:
    """Wrap the generator of a context manager: its call alone does nothing yet but take the arguments."""
    inner = function.__wrapped__
    kind = _async_generator if inspect.isasyncgenfunction(inner) else _generator

    def begun(*args: Any, **kwargs: Any) -> Any:
        made = inner(*args, **kwargs)
        return kind(lambda: made, around.of(args, kwargs) if isinstance(around, EachCall) else around)()

    wrapped = again(functools.update_wrapper(begun, inner))
    own = cast("dict[str, Any]", function.__dict__)
    wrapped.__dict__.update({**own, "__wrapped__": wrapped.__wrapped__})
    return wrapped


def _kind(function: Callable[..., Any]) -> Callable[[Callable[..., Any], Around], Callable[..., Any]]:
    code = _code_of(function)
    if inspect.iscoroutinefunction(code):
        return _coroutine
    if inspect.isasyncgenfunction(code):
        return _async_generator
    if inspect.isgeneratorfunction(code):
        return _generator
    return _plain


def _code_of(function: Any) -> Any:
    """Return what runs in a call: of an object that is called, its class says."""
    kind = cast("Any", type(function))
    return function if inspect.isroutine(function) or kind is functools.partial else kind.__call__


def _plain(function: Callable[..., Any], around: Around) -> Callable[..., Any]:
    enter, exit_ = around.enter, around.exit

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        token = enter(False)
        try:
            result = function(*args, **kwargs)
        except BaseException:
            exit_(token, True)
            raise
        exit_(token, False)
        return result

    return wrapper


def _coroutine(function: Callable[..., Any], around: Around) -> Callable[..., Any]:
    enter, exit_ = around.enter, around.exit

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        token = enter(False)
        try:
            result = await function(*args, **kwargs)
        except BaseException:
            exit_(token, True)
            raise
        exit_(token, False)
        return result

    return wrapper


def _generator(function: Callable[..., Any], around: Around | EachCall) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        stage, failed = Stage(get_frame()), True
        own = around.of(args, kwargs) if isinstance(around, EachCall) else around
        with stage:
            token = own.enter(True)
        stage.share()
        try:
            result = yield from _steps(function(*args, **kwargs), stage, token)
            failed = False
        except GeneratorExit:
            failed = False
            raise
        finally:
            with stage:
                own.exit(token, failed)
        return result

    return wrapper


def _steps(inner: Generator[Any, Any, Any], stage: Stage, token: Any) -> Generator[Any, Any, Any]:
    """Drive a generator as ``yield from`` does (PEP 380), with its frame in place for each step."""
    step: Callable[[], Any] = functools.partial(next, inner)
    reads = into(token)
    while True:
        try:
            with stage:
                item = step()
        except StopIteration as stop:
            return stop.value
        if reads is not None and (get_frame() or UNSEEN).scope.reads is not reads:
            try:
                hand_out(token)
            except BaseException:
                with stage:
                    inner.close()
                raise
        try:
            sent = yield item
        except GeneratorExit:
            with stage:
                inner.close()
            raise
        except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, and handed on
            step = functools.partial(inner.throw, error)
        else:
            step = functools.partial(inner.send, sent)


def _async_generator(function: Callable[..., Any], around: Around | EachCall) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        stage, failed = Stage(get_frame()), True
        own = around.of(args, kwargs) if isinstance(around, EachCall) else around
        with stage:
            token = own.enter(True)
        stage.share()
        inner: AsyncGenerator[Any, Any] = function(*args, **kwargs)
        step: Callable[[], Any] = functools.partial(anext, inner)
        reads = into(token)
        try:
            while True:
                try:
                    with stage:
                        item = await step()
                except StopAsyncIteration:
                    break
                if reads is not None and (get_frame() or UNSEEN).scope.reads is not reads:
                    try:
                        hand_out(token)
                    except BaseException:
                        with stage:
                            await inner.aclose()
                        raise
                try:
                    sent = yield item
                except GeneratorExit:
                    with stage:
                        await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, and handed on
                    step = functools.partial(inner.athrow, error)
                else:
                    step = functools.partial(inner.asend, sent)
            failed = False
        except GeneratorExit:
            failed = False
            raise
        finally:
            with stage:
                own.exit(token, failed)

    return wrapper
