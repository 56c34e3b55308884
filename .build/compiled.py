"""Builds the compiled form of the hot path into the wheel, where PRIVACYLIB_COMPILE=1 asks for it.

The Python files stay the source of truth and are in the wheel as well. Python prefers an extension
module to the file of the same name beside it, so nothing has to choose.
"""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "privacylib"

DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,  # what is compiled to which type stands in the .pxd files
    "binding": False,
    "nonecheck": True,
}


class CompiledForm(BuildHookInterface[Any]):
    """Add extension modules for all modules with a `.pxd` file, and tag the wheel for this platform."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what is needed to compile; nothing for the wheel of pure Python."""
        return ["cython>=3.3,<3.4", "setuptools>=68"] if _asked() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files of the wheel are gathered."""
        if version == "editable" or not _asked():
            return
        if Path(self.directory) == Path(self.root):  # asked for the metadata alone, which is asked for before a wheel
            return
        if sys.byteorder != "little":
            raise RuntimeError("the compiled form writes records as little-endian machines keep them: build without it")
        self._folder = tempfile.TemporaryDirectory()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for built, place in _compiled(Path(self.root), Path(self._folder.name)):
            build_data["force_include"][str(built)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clean up."""
        del version, build_data, artifact_path
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def _asked() -> bool:
    return os.environ.get("PRIVACYLIB_COMPILE", "").lower() not in ("", "0", "false", "no", "off")


def _optimised() -> list[str]:
    """Return how far to optimise: all the way, unless whoever builds says otherwise in CFLAGS."""
    return [] if "-O" in os.environ.get("CFLAGS", "") else ["-O3"]


def _sources(root: Path) -> list[str]:
    """Return what is compiled: a module with a `.pxd` file beside it, as `.pyx` where that stands there too."""
    found: list[str] = []
    for declared in sorted((root / PACKAGE).rglob("*.pxd")):
        forms = (declared.with_suffix(".pyx"), declared.with_suffix(".py"))
        found += [str(form.relative_to(root)) for form in forms if form.exists()][:1]
    return found


def _compiled(root: Path, folder: Path) -> list[tuple[Path, str]]:
    """Compile everything below `folder`; return each extension module with its place in the wheel."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    sources, before = _sources(root), Path.cwd()
    os.chdir(root)  # names of files in tracebacks are those of the package
    try:
        extensions = [
            Extension(
                str(Path(source).with_suffix("")).replace(os.sep, "."), [source],
                include_dirs=[PACKAGE], extra_compile_args=[*_optimised(), "-g0"],
            )
            for source in sources
        ]  # fmt: skip
        made = cythonize(
            extensions, build_dir=str(folder / "c"), compiler_directives=DIRECTIVES, quiet=True,
            nthreads=os.cpu_count() or 1,
        )  # fmt: skip
        command = Distribution({"name": PACKAGE, "ext_modules": made}).get_command_obj("build_ext")
        command.build_lib, command.build_temp, command.parallel = str(folder / "lib"), str(folder / "o"), os.cpu_count()
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(before)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    places = [str(Path(source).with_suffix("")) + suffix for source in sources]
    return [(folder / "lib" / place, place) for place in places]
