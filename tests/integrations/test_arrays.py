"""Arrays and models of numpy and joblib: they are opened by Python, and so seen as the files that they are."""
# ruff: noqa: PLW0108 - calls of what is there by then

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from tests.watched import Watched, instrumented

pytestmark = pytest.mark.library

np: Any = pytest.importorskip("numpy")
joblib: Any = pytest.importorskip("joblib")

NUMBERS = [[1.0, 2.0], [3.0, 4.0]]


def _mapped(source: Path, sink: Path) -> None:
    one = np.memmap(source, dtype="float64", mode="r", shape=(2, 2))
    other = np.memmap(sink, dtype="float64", mode="w+", shape=(2, 2))
    other[:] = one
    other.flush()


WAYS: dict[str, tuple[Callable[[Any, Path], object], Callable[[Path, Path], object]]] = {
    "npy": (lambda data, at: np.save(at, data), lambda a, b: np.save(b, np.load(a))),
    "npz": (lambda data, at: np.savez(at, data=data), lambda a, b: np.savez(b, data=np.load(a)["data"])),
    "z.npz": (
        lambda data, at: np.savez_compressed(at, data=data),
        lambda a, b: np.savez_compressed(b, data=np.load(a)["data"]),
    ),
    "txt": (lambda data, at: np.savetxt(at, data), lambda a, b: np.savetxt(b, np.loadtxt(a))),
    "txt.gz": (lambda data, at: np.savetxt(at, data), lambda a, b: np.savetxt(b, np.genfromtxt(a))),
    "bin": (lambda data, at: data.tofile(at), lambda a, b: np.fromfile(a).tofile(b)),
    "map": (lambda data, at: data.tofile(at), _mapped),
    "mapped.npy": (lambda data, at: np.save(at, data), lambda a, b: np.save(b, np.load(a, mmap_mode="r"))),
    "joblib": (lambda data, at: joblib.dump(data, at), lambda a, b: joblib.dump(joblib.load(a), b)),
    "joblib.gz": (lambda data, at: joblib.dump(data, at), lambda a, b: joblib.dump(joblib.load(a), b)),
}


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path) as found:
        yield found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_array_that_is_read_and_written_is_one_record_each(here: Watched, tmp_path: Path, way: str) -> None:
    make, turn = WAYS[way]
    source, sink = tmp_path / f"a.{way}", tmp_path / f"b.{way}"
    make(np.array(NUMBERS), source)
    integrations.install(frozenset({"files"}))
    with privacylib.scope("work", fresh=True):
        turn(source, sink)
    edges = [(edge.source, edge.sink, edge.count) for edge in here.edges() if edge.source != edge.sink]
    opened = 2 if way.startswith("txt") else 1  # savetxt itself opens a file twice
    assert edges == [(f"file://{source}", f"file://{sink}", opened)]
