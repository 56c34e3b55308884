"""What was asked for and not there, or of nobody who is there, is behind nothing that is written afterwards."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import privacylib
from tests.servers import free_port
from tests.watched import instrumented

pytestmark = pytest.mark.library


def _pandas(module: Any, name: str) -> object:
    return module.read_csv(name)


def _arrow(module: Any, name: str) -> object:
    return module.read_table(name)


def _fsspec(module: Any, name: str) -> object:
    return module.filesystem("memory").cat_file(name)


def _opened(module: Any, name: str) -> object:
    return module.open(f"memory://{name}").open()


def _mongo(module: Any, name: str) -> object:
    with module.MongoClient("127.0.0.1", free_port(), serverSelectionTimeoutMS=1) as client:
        return client["shop"][name].find_one()


WAYS: dict[str, tuple[str, str, Callable[[Any, str], object]]] = {
    "os.open": ("files", "os", lambda module, name: module.open(name, os.O_RDONLY)),
    "os.open, to change it": ("files", "os", lambda module, name: module.open(name, os.O_RDWR)),
    "pandas": ("pandas", "pandas", _pandas),
    "polars": ("polars", "polars", _pandas),
    "pyarrow": ("pyarrow", "pyarrow.parquet", _arrow),
    "fsspec": ("fsspec", "fsspec", _fsspec),
    "fsspec.open": ("fsspec", "fsspec", _opened),
    "pymongo": ("pymongo", "pymongo", _mongo),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_there_is_behind_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    integration, module, read = WAYS[way]
    library = pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    with instrumented(tmp_path, integration, mode="observe") as here, privacylib.scope("work", fresh=True):
        with pytest.raises(Exception, match=r".") as raised:
            read(library, "nowhere.csv")
        with privacylib.write("db://sink"):
            pass
    assert here.pairs() == set(), raised.value
