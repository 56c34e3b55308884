"""The differential harness: the same calls of a library, bare and with its integration in place, have to be the same.

An integration's test module adds one subclass::

    class TestDifferential(Differential):
        name = "sqlite3"

        @contextmanager  # or @asynccontextmanager: the calls then run in its loop, and may be coroutine functions
        def world(self, directory: Path) -> Generator[sqlite3.Connection]:
            with closing(sqlite3.connect(directory / "shop.db")) as connection:
                connection.execute("create table a (x)")
                yield connection

        calls = (
            lambda db: db.execute("insert into a values (?)", (1,)),  # what is returned is looked at
            lambda db: db.execute("no sql"),                          # and so is what is raised
            lambda db: [list(db.execute("select x from a")), db.in_transaction],
        )

All calls run in order in one world, made anew in an empty directory of the same name for each of the `SETTINGS`. Of
each call these are compared: the value as far as it is plain data; its type with all bases and public attributes;
whether it is lazy (generator, coroutine, iterator, context manager); what pickling and copying do to it; or the
exception's type, arguments, text, cause and notes; and the warnings given. `effects` may return what the calls have
done outside so far, which shows that what was lazy stays so. Addresses in memory and the directory are taken out of
texts; what else differs from run to run (a port, a time) is taken out by `plain`. A subclass that passes for its base,
by module and name, counts as its base.

The functions that are patched are compared too: as descriptors (fault 41), and pickled and copied (fault 40).
"""

import asyncio
import copy
import importlib
import inspect
import pickle
import re
import shutil
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Target
from privacylib.runtime import faults
from tests.integrations.conformance import changeable, found, targets, users
from tests.watched import watched

__all__ = ["SETTINGS", "Differential"]

World = AbstractContextManager[Any] | AbstractAsyncContextManager[Any]

SETTINGS = ("before init", "in no scope", "in a zone", "after it was taken out")
"""When the calls are made again; the integration is in place in all but the last."""

PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray)
LAZY: tuple[Callable[[Any], bool], ...] = (
    inspect.isgenerator, inspect.iscoroutine, inspect.isasyncgen, inspect.isawaitable, callable,
)  # fmt: skip
PROTOCOLS = ("__iter__", "__next__", "__aiter__", "__anext__", "__enter__", "__aenter__", "__len__", "__buffer__")
DEPTH = 4


class Differential:
    """Values, exceptions, types, laziness, descriptors and pickling, bare and instrumented."""

    name: ClassVar[str]
    calls: ClassVar[Sequence[Callable[[Any], object]]]
    wrong: ClassVar[Sequence[Callable[[Any], object]]] = ()
    """Calls that the library refuses for their arguments; it has to be the one that refuses them, under enforce too."""
    more: ClassVar[str] = ""
    """Further keys of the policy; see `tests.watched`."""

    def world(self, directory: Path) -> World:
        """Make what each call gets; a context manager, or an asynchronous one."""
        raise NotImplementedError

    def effects(self, world: Any) -> object:
        """Return what the calls have done outside so far; asked after each of them. May be a coroutine."""
        return None

    def plain(self, text: str) -> str:
        """Take out of a text what differs from run to run."""
        return text

    @pytest.mark.parametrize("setting", SETTINGS)
    def test_calls_are_the_same(self, tmp_path: Path, setting: str) -> None:
        bare = self.observed(tmp_path)
        with self._set(tmp_path, setting):
            faults.counted.clear()
            instrumented = self.observed(tmp_path)
        assert not faults.counted, "an error of the library's is none of ours"
        for number, (one, other) in enumerate(zip(bare, instrumented, strict=True)):
            assert other == one, f"call {number} differs {setting}"

    def test_wrong_arguments_are_refused_by_the_library(self, tmp_path: Path) -> None:
        if not self.wrong:
            pytest.skip("no call is known that is refused")
        calls = (_holding, *self.wrong)
        bare = self.observed(tmp_path, calls)
        with self._set(tmp_path, "in a zone"):
            faults.counted.clear()
            instrumented = self.observed(tmp_path, calls)
        for number, (one, other) in enumerate(zip(bare[1:], instrumented[1:], strict=True)):
            assert other == one, f"wrong call {number} differs"
        assert not faults.counted, "an error of the host's is none of ours"

    @pytest.mark.parametrize("way", [pickle.loads, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
    def test_fault_40_a_patched_function_is_pickled_and_copied(self, way: Callable[[Any], Any]) -> None:
        def same(patch: Target) -> object:
            function = taken(patch)
            try:
                return way(pickle.dumps(function) if way is pickle.loads else function) == function
            except Exception as error:  # noqa: BLE001 - whatever it is, it has to stay
                return type(error)

        before = [same(patch) for patch in self._targets()]
        assert all(now is True for now, was in zip(self._patched(same), before, strict=True) if was is True)

    def test_fault_41_a_patched_function_binds_as_before(self) -> None:
        assert self._patched(binding) == [binding(patch) for patch in self._targets()]

    def observed(self, directory: Path, calls: Sequence[Callable[[Any], object]] | None = None) -> list[object]:
        """Make all calls, or others, in a new world, and return what was seen of each."""
        calls = self.calls if calls is None else calls
        place = directory / "world"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        look = _Looking(lambda text: self.plain(text.replace(str(place), "DIRECTORY")))
        world = self.world(place)
        if isinstance(world, AbstractAsyncContextManager):
            return asyncio.run(self._awaited(world, look, calls))
        with world as made:
            return [(look.outcome(_returned, call, made), look.at(self.effects(made))) for call in calls]

    async def _awaited(
        self, world: AbstractAsyncContextManager[Any], look: "_Looking", calls: Sequence[Callable[[Any], object]]
    ) -> list[object]:
        seen: list[object] = []
        async with world as made:
            for call in calls:
                with look.warned() as warned:
                    try:
                        value: Any = call(made)
                        result = look.at(await value if inspect.iscoroutinefunction(call) else value)
                    except Exception as error:  # noqa: BLE001 - it is what is compared
                        result = look.error(error)
                after: Any = self.effects(made)
                seen.append((result, warned, look.at(await after if inspect.isawaitable(after) else after)))
        return seen

    @contextmanager
    def _set(self, directory: Path, setting: str) -> Generator[None]:
        with ExitStack() as stack:
            if setting != "before init":
                (directory / "policy").mkdir()
                stack.enter_context(watched(directory / "policy", self.more))
            if setting == "in a zone":
                stack.enter_context(privacylib.zone("reply"))
            integrations.install(frozenset({self.name}))
            stack.callback(patching.uninstall)
            if setting == SETTINGS[-1]:
                patching.uninstall()
            yield

    def _targets(self) -> list[Target]:
        return [patch for patch in targets(self.name) if changeable(patch)]

    def _patched(self, act: Callable[[Target], object]) -> list[object]:
        patches = self._targets()
        integrations.install(frozenset({self.name}))
        try:
            return [act(patch) for patch in patches]
        finally:
            patching.uninstall()


class _Looking:
    """Describe what is seen of things so that two runs can be compared."""

    def __init__(self, plain: Callable[[str], str]) -> None:
        self._plain = plain

    def outcome(self, act: Callable[..., object], *args: object) -> object:
        with self.warned() as warned:
            try:
                result = self.at(act(*args))
            except Exception as error:  # noqa: BLE001 - it is what is compared
                result = self.error(error)
        return result, warned

    @contextmanager
    def warned(self) -> Generator[list[object]]:
        seen: list[object] = []
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            yield seen
        seen += [(kind(warning.category), self.text(str(warning.message))) for warning in given]

    def error(self, error: BaseException) -> object:
        arguments = [self.at(argument) for argument in error.args]
        told = (kind(type(error)), arguments, self.text(str(error)), getattr(error, "__notes__", None))
        causes = (error.__cause__, None if error.__suppress_context__ else error.__context__)
        return (*told, [None if cause is None else (kind(type(cause)), self.text(str(cause))) for cause in causes])

    def at(self, value: Any, depth: int = DEPTH) -> object:
        """Return what is compared of a value."""
        kinds = list(dict.fromkeys(kind(base) for base in type(value).__mro__))
        if isinstance(value, PLAIN):
            return kinds, self.text(value) if isinstance(value, str) else value
        if depth and issubclass(cast("Any", type(value)), (Mapping, Sequence, Set)):
            return kinds, self._members(value, depth - 1)
        public = [name for name in dir(value) if not name.startswith("_")]
        lazy = [test(value) for test in LAZY] + [hasattr(value, name) for name in PROTOCOLS]
        return kinds, self.text(repr(value)), public, lazy, [copied(value, way) for way in (pickle.dumps, _reduced)]

    def _members(self, value: Any, depth: int) -> object:
        if isinstance(value, Mapping):
            return [(self.at(key, depth), self.at(value[key], depth)) for key in cast("Mapping[Any, Any]", value)]
        members = [self.at(member, depth) for member in value]
        return sorted(members, key=repr) if isinstance(value, Set) else members

    def text(self, text: str) -> str:
        return self._plain(re.sub(r"0x[0-9a-f]{4,}", "0x", text))


def kind(of: Any) -> str:
    """Return the full name of a type."""
    return f"{of.__module__}.{of.__qualname__}"


def copied(value: Any, way: Callable[[Any], Any]) -> str:
    """Return whether a thing can be pickled or copied, or else what that raises. A copy could close what it shares."""
    try:
        return kind(type(way(value)))
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to stay
        return kind(type(error))


def taken(patch: Target) -> Any:
    """Return what a program gets that takes a target from where it stands."""
    value: Any = importlib.import_module(patch.module)
    for step in patch.target.partition(":")[2].split("."):
        value = getattr(value, step)
    return value


def binding(patch: Target) -> object:
    """Return what a target becomes in a class and in its instances."""
    function = taken(patch)
    holder: Any = type("Holder", (), {"held": function, "given": found(patch)})
    instance = holder()
    seen: list[object] = []
    for each in (function, holder.held, instance.held, holder.given, instance.given):
        bound = getattr(each, "__self__", None)
        signature: object = None
        with suppress(TypeError, ValueError):
            signature = inspect.signature(each)
        seen.append((bound is instance, bound is holder, inspect.iscoroutinefunction(each), str(signature)))
    return (*seen, function.__module__, function.__name__, function.__qualname__, function.__doc__)


def _holding(_: Any) -> object:
    return users()


def _returned(call: Callable[[Any], object], world: Any) -> object:
    return call(world)


def _reduced(value: Any) -> Any:
    return value.__reduce_ex__(4)
