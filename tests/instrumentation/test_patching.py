"""The engine that puts integrations in place."""

import copy
import importlib
import inspect
import os
import pickle
import subprocess
import sys
import types
from collections.abc import AsyncGenerator, Generator, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied
from privacylib.context import UNSEEN, set_frame
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Asset, Kind, Operation
from tests.watched import Watched, watched

LIBRARY = """
import os
MADE = os.getcwd
def put(key, *, twice=False): return key
async def put_later(key): return key
def lines(key):
    sent = yield key
    yield sent
async def later_lines(key):
    yield key
class Box:
    def put(self, key): return key
    @classmethod
    def make(cls, key): return cls, key
    @staticmethod
    def free(key): return key
class Small(Box): pass
"""
TARGETS = ("put", "put_later", "lines", "later_lines", "Box.put", "Box.make", "Box.free", "Small.put")


def writes(call: Call) -> tuple[Operation, ...]:
    return (Operation(Kind.WRITE, Asset("file", f"/{call['key']}")),)


def table(*targets: str, **facts: Any) -> Integration:
    return Integration("library", tuple(Patch(f"library:{target}", writes, **facts) for target in targets))


@privacylib.reads("db://users")
def users() -> None: ...


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "library.py").write_text(LIBRARY)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    patching.uninstall()
    sys.modules.pop("library", None)


@pytest.fixture
def here(library: Path) -> Generator[Watched]:
    with watched(library) as found:
        yield found


def of_our_own(function: Any, *args: Any) -> Any:
    set_frame(UNSEEN)
    return function(*args)


def refused() -> Any:
    return pytest.raises(PolicyDenied)


def imported() -> Any:
    return importlib.import_module("library")


@pytest.mark.parametrize("first", [True, False], ids=["imported-first", "patched-first"])
def test_fault_44_every_order_of_import(here: Watched, first: bool) -> None:
    if first:
        imported()
    patching.install([table(*TARGETS)])
    library = imported()
    assert library.__loader__ is library.__spec__.loader
    assert type(library.__loader__).__name__ == "SourceFileLoader"
    with privacylib.zone("reply"):
        users()
        for call in (library.put, library.Box().put, library.Box.make, library.Box.free, library.Small().put):
            with refused():
                call("plain")
            assert call("contacts") in ("contacts", (library.Box, "contacts"))


async def test_coroutines_and_generators(here: Watched) -> None:
    patching.install([table(*TARGETS)])
    library = imported()
    with privacylib.zone("reply"):
        users()
        with refused():
            await library.put_later("plain")
        assert await library.put_later("contacts") == "contacts"
        with refused():
            next(library.lines("plain"))
        steps = library.lines("contacts")
        assert next(steps) == "contacts"
        assert steps.send("sent") == "sent"
        steps.close()
        stream: AsyncGenerator[str] = library.later_lines("contacts")
        assert [piece async for piece in stream] == ["contacts"]
        with refused():
            await anext(library.later_lines("plain"))


def test_fault_44_an_alias_taken_earlier_is_reported(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported()
    early = types.ModuleType("early")
    early.__dict__.update(store=module.put, Box=module.Box)
    monkeypatch.setitem(sys.modules, "early", early)
    patching.install([table("put", "Box.put")])
    late = types.ModuleType("late")
    late.__dict__.update(store=module.put)
    monkeypatch.setitem(sys.modules, "late", late)
    assert patching.uncovered == {"early:store": "imported before it was patched"}


@pytest.mark.usefixtures("library")
def test_modules_are_looked_through_once_for_all_that_is_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, told = list[str](), list[None]()

    class Large(types.ModuleType):
        def __getattribute__(self, name: str) -> Any:
            looks.extend([name] * (name == "__dict__"))
            return super().__getattribute__(name)

    monkeypatch.setitem(sys.modules, "large", Large("large"))
    patching.on_change(lambda: told.append(None))
    patching.install([table(*TARGETS)])
    imported()
    assert (len(looks), len(told)) == (1, 1)
    assert len(patching.covered) == len(TARGETS)


def test_one_function_under_two_names_is_patched_once(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (library / "within.py").write_text("def put(key): return key\n")
    (library / "around_it.py").write_text("from within import *\n")
    both = Integration("library", (Patch("around_it:put", writes), Patch("within:put", writes)))
    patching.install([both])
    outer, inner = importlib.import_module("around_it"), importlib.import_module("within")
    assert outer.put is inner.put
    assert inspect.unwrap(outer.put) is inner.put.__wrapped__
    patching.uninstall()
    assert outer.put is inner.put
    assert not hasattr(outer.put, "__wrapped__")
    for name in ("around_it", "within"):
        del sys.modules[name]


def test_undone_to_the_identical_original(library: Path) -> None:
    module = imported()
    before = {target: raw(module, target) for target in TARGETS}
    for _ in range(2):
        patching.install([table(*TARGETS)])
    patching.uninstall()
    assert {target: raw(module, target) for target in TARGETS} == before
    assert "put" not in vars(module.Small)


def test_a_later_patch_of_somebody_else_is_left_alone(library: Path) -> None:
    module = imported()
    patching.install([table("put")])
    ours = module.put

    def theirs(key: str) -> object:
        return ours(key)

    module.put = theirs
    patching.uninstall()
    assert module.put is theirs
    assert module.put("key") == "key"


def test_fault_40_fault_41_builtins_stay_what_they_are(here: Watched, library: Path) -> None:
    from privacylib import integrations

    integrations.install(frozenset({"files"}))
    namespace: dict[str, Any] = {}
    exec("class A: open = open", namespace)  # noqa: S102 - the class must find the builtin
    file = library / "text"
    file.write_text("text")
    with namespace["A"]().open(file) as opened:
        assert opened.read() == "text"
    for function in (open, os.open):
        assert pickle.loads(pickle.dumps(function)) is function  # noqa: S301 - our own bytes
        assert copy.deepcopy(function) is function
    assert repr(open) == "<built-in function open>"


def test_fault_45_a_target_that_is_gone_is_told(library: Path) -> None:
    imported()
    patching.install([table("nosuch", "Box.nosuch", "Nowhere.put")])
    assert set(patching.uncovered) == {"library:nosuch", "library:Box.nosuch", "library:Nowhere.put"}


def test_fault_45_a_function_in_its_place_that_names_no_argument_to_pin_is_told(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = imported()
    real = module.put

    def instead(*args: Any, **kwargs: Any) -> Any:
        return real(*args, **kwargs)

    monkeypatch.setattr(module, "put", instead)
    pinned = Patch("library:put", pins={"key": str.upper}), Patch("library:Box.put", pins={"key": str.upper})
    patching.install([Integration("library", pinned)])
    assert patching.uncovered == {"library:put": "replaced by a function that names no key"}


def test_a_version_that_is_not_known_is_not_patched(library: Path) -> None:
    module = imported()
    before = module.put
    patching.install([Integration("library", (Patch("library:put", writes),), "pytest", ("1.0", "2.0"))])
    assert module.put is before
    assert patching.uncovered["library:put"].startswith("version ")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("mode", ["simulate", "enforce"])
def test_what_cannot_be_described_is_opaque_and_denied_under_enforce(tmp_path: Path, mode: str) -> None:
    def broken(_: Call) -> tuple[Operation, ...]:
        raise ValueError("canary")

    patching.install([Integration("library", (Patch("library:put", broken),))])
    library = imported()
    with watched(tmp_path, mode=mode), privacylib.zone("reply"):
        if mode == "enforce":  # whatever it would have read or written
            with pytest.raises(PolicyDenied, match=r"could not decide \(ValueError\)") as denied:
                library.put("key")
            assert "canary" not in str(denied.value)
        else:
            assert library.put("key") == "key"


def test_what_is_ours_is_unseen(here: Watched) -> None:
    patching.install([table("put")])
    library = imported()
    with privacylib.zone("reply"):
        users()
        assert copy_context().run(of_our_own, library.put, "plain") == "plain"
        with refused():
            library.put("plain")


def test_the_hosts_own_error_of_a_pinned_argument_is_the_hosts(here: Watched) -> None:
    def pin(value: str) -> str:
        return {"known": "contacts"}[value]

    patching.install([table("put", pins={"key": pin})])
    library = imported()
    assert library.put("known") == "contacts"
    assert library.put(key="known") == "contacts"
    with pytest.raises(KeyError):
        library.put("unknown")


def test_a_module_that_fails_to_import_fails_as_it_does(library: Path) -> None:
    (library / "broken_library.py").write_text("raise RuntimeError('of its own')")
    patching.install([Integration("broken", (Patch("broken_library:put", writes),))])
    with pytest.raises(RuntimeError, match="of its own"):
        importlib.import_module("broken_library")


def test_a_submodule_and_its_package(library: Path) -> None:
    (library / "packaged").mkdir()
    (library / "packaged" / "__init__.py").write_text("from packaged.inner import put")
    (library / "packaged" / "inner.py").write_text("def put(key): return key")
    patching.install([Integration("packaged", (Patch("packaged.inner:put", writes),))])
    packaged = importlib.import_module("packaged")
    assert packaged.put is packaged.inner.put
    assert packaged.put.__wrapped__("key") == "key"


def test_data_files_beside_a_watched_module_are_still_found(library: Path) -> None:
    code = """
import sys; sys.path.insert(0, '.')
from privacylib.context import UNSEEN, set_frame
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Integration, Patch
patching.install([Integration("library", (Patch("library:put"),))])
import importlib.util, inspect
assert importlib.util.find_spec("library").loader is not None
import library
assert "def put" in inspect.getsource(library)
assert library.put.__wrapped__
"""
    command, told = [sys.executable, "-c", code], {"PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, check=False, cwd=library, env=told, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr


def raw(module: Any, target: str) -> Any:
    owner, _, name = target.rpartition(".")
    return inspect.getattr_static(getattr(module, owner) if owner else module, name)
