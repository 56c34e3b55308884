"""Tell when a module has been imported, without importing it."""

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from privacylib.runtime import faults

__all__ = ["forget", "when_imported"]

_waiting: dict[str, list[Callable[[ModuleType], None]]] = {}
_lock = threading.RLock()


def when_imported(name: str, act: Callable[[ModuleType], None]) -> None:
    """Act on a module: at once where it is imported already, else right after its first import.

    Args:
        name: Full name of the module.
        act: Takes the module; what it raises is swallowed and counted.
    """
    with _lock:
        module = sys.modules.get(name)
        spec = getattr(module, "__spec__", None)
        if module is None or getattr(spec, "_initializing", False):
            _waiting.setdefault(name, []).append(act)
            if _FINDER not in sys.meta_path:
                sys.meta_path.insert(0, _FINDER)
            return
    _tell(module, [act])


def forget() -> None:
    """Wait for no module any more."""
    with _lock:
        _waiting.clear()
        if _FINDER in sys.meta_path:
            sys.meta_path.remove(_FINDER)


def _tell(module: ModuleType, acts: list[Callable[[ModuleType], None]]) -> None:
    for act in acts:
        try:
            act(module)
        except Exception as error:  # noqa: BLE001, PERF203 - an error of ours must not become the host's
            faults.swallowed("patching", error)


class _Finder(MetaPathFinder):
    """Find a module that somebody waits for with the other finders, and stand before its loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _waiting:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(fullname, path, target) if find else None
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader(Loader):
    """Load a module with its own loader, which it also names, and tell afterwards."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        while acts := _taken(module.__name__):  # one may wait for more
            _tell(module, acts)


def _taken(name: str) -> list[Callable[[ModuleType], None]]:
    with _lock:
        return _waiting.pop(name, [])


_FINDER = _Finder()
