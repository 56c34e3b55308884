"""fsspec under the policy: in memory and on the disk."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented

pytestmark = pytest.mark.library

fsspec: Any = pytest.importorskip("fsspec")


@contextmanager
def memory() -> Generator[Any]:
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


class TestConformance(Conformance):
    name = "fsspec"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        with memory() as store:

            def streamed() -> None:
                with store.open("/contacts", "w") as file:
                    file.write("ana")
                    file.write("bo")

            yield Host(
                sink="memory:///contacts",
                allowed=lambda: store.pipe("/contacts", b"ana"),
                refused=lambda: store.pipe("/plain", b"ana"),
                arrived=lambda: store.exists("/plain"),
                failing=lambda: store.cat("/nowhere"),
                error=FileNotFoundError,
                streamed=streamed,
            )


class TestDifferential(Differential):
    name = "fsspec"

    @contextmanager
    def world(self, directory: Path) -> Generator[tuple[Any, Path]]:
        (directory / "file").write_text("ana")
        with memory() as store:
            yield store, directory

    def effects(self, world: tuple[Any, Path]) -> object:
        store, directory = world
        return sorted(store.find("/")), sorted(path.name for path in directory.iterdir())

    calls = (
        lambda at: at[0].pipe("/a", b"ana"),
        lambda at: at[0].cat("/a"),
        lambda at: at[0].open("/a").read(),
        lambda at: at[0].open("/b", "wb").write(b"x"),
        lambda at: at[0].open("/c", "w").__class__,
        lambda at: at[0].open("/d", "wb").close(),
        lambda at: at[0].store["/d"].getvalue(),
        lambda at: at[0].store["/d"],
        lambda at: at[0].put(str(at[1] / "file"), "/e"),
        lambda at: at[0].get("/e", str(at[1] / "again")),
        lambda at: at[0].copy("/e", "/f"),
        lambda at: at[0].cat("/nowhere"),
        lambda at: at[0].open("/nowhere"),
        lambda at: at[0].open("/a", "nomode"),
        lambda at: fsspec.open(f"file://{at[1]}/file").open().read(),
    )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path) as found:
        yield found


def _opened(store: Any, at: str) -> None:
    with store.open(f"{at}/a", "rb") as one, store.open(f"{at}/b", "wb") as other:
        other.write(one.read())


def _text(store: Any, at: str) -> None:
    with store.open(f"{at}/a", "r") as one, store.open(f"{at}/b", "w") as other:
        other.write(one.read())


WAYS: dict[str, Callable[[Any, str], object]] = {
    "opened": _opened,
    "text": _text,
    "piped": lambda store, at: store.pipe(f"{at}/b", store.cat(f"{at}/a")),
    "copied": lambda store, at: store.copy(f"{at}/a", f"{at}/b"),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_record_in_memory(here: Watched, way: str) -> None:
    with memory() as store:
        store.pipe("/a", b"ana")
        integrations.install(frozenset({"fsspec", "files"}))
        with privacylib.scope("work", fresh=True):
            WAYS[way](store, "")
    edges = [(edge.source, edge.sink, edge.count) for edge in here.edges()]
    assert edges == [("memory:///a", "memory:///b", 1)]


@pytest.mark.parametrize("way", WAYS)
def test_one_record_on_the_disk(here: Watched, tmp_path: Path, way: str) -> None:
    (tmp_path / "a").write_text("ana")
    integrations.install(frozenset({"fsspec", "files"}))
    with privacylib.scope("work", fresh=True):
        WAYS[way](fsspec.filesystem("file"), str(tmp_path))
    edges = [(edge.source, edge.sink, edge.count) for edge in here.edges()]
    assert edges == [(f"file://{tmp_path}/a", f"file://{tmp_path}/b", 1)]


def test_what_goes_up_and_comes_down_leads_from_file_to_object(here: Watched, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("ana")
    integrations.install(frozenset({"fsspec", "files"}))
    with memory() as store, privacylib.scope("work", fresh=True):
        store.put(str(tmp_path / "a"), "/b")
        store.get("/b", str(tmp_path / "c"))
    edges = {(edge.source, edge.sink): (edge.evidence.value, edge.count) for edge in here.edges()}
    up, down = (f"file://{tmp_path}/a", "memory:///b"), ("memory:///b", f"file://{tmp_path}/c")
    assert edges == {up: ("parsed", 1), down: ("parsed", 1), (up[0], down[1]): ("context", 1)}


def test_a_write_stays_open_until_the_file_is_closed(here: Watched) -> None:
    integrations.install(frozenset({"fsspec"}))
    with memory() as store, privacylib.zone("reply"), store.open("/plain", "wb") as file:
        with pytest.raises(PolicyDenied):
            users()
        file.write(b"nothing")
