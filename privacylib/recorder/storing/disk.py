"""What the files of a spool take, and how its directories are made."""

import os
from contextlib import suppress
from pathlib import Path

from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.lines import sealed_line, told_in
from privacylib.recorder.storing.locking import opened

__all__ = ["FEW", "bytes_of", "make_directory", "note_used", "noted_in", "used_in"]

_BLOCK = 4096
"""Bytes in which disks are given out; a directory takes one at least."""

_NOTE = "used.json"
"""What a spool of many directories took when it was measured, for processes that begin."""

FEW = 32
"""Directories up to which each file is looked at, which takes a millisecond or two."""

_BRIEF = (1 << 16) + 7 * _BLOCK
"""What a process takes at most that never measured: the others keep the note up to date."""


def make_directory(directory: Path, mode: int) -> None:
    """Make a directory where there is none, and those above it; its owner may enter it whatever the umask.

    With ``exist_ok``, `Path.mkdir` would swallow a `TimeoutError` of the host's signal handler.
    """
    try:
        directory.mkdir(mode)
    except FileExistsError:
        if not directory.is_dir():
            raise
    except FileNotFoundError:
        make_directory(directory.parent, 0o777)
        make_directory(directory, mode)
    else:
        made = directory.stat().st_mode & 0o777
        if made & 0o700 != 0o700:
            directory.chmod(made | 0o700)


def bytes_of(path: Path, offset: int, size: int) -> bytes:
    """Return bytes of a file, all where `size` is -1; empty when it is missing."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except FileNotFoundError:
        return b""


def used_in(spool: Path) -> tuple[int, int]:
    """Return what all files and directories in a spool take, in blocks, and the number of its directories.

    What cannot be looked into is somebody else's, such as the ``lost+found`` of a file system, and counts for nothing.
    """
    sizes, producers = _BLOCK, 0
    with suppress(FileNotFoundError):
        for name in os.listdir(spool):  # noqa: PTH208 - measured for each segment
            path = f"{spool}/{name}"
            try:
                sizes += _BLOCK + _size_of(path)
                producers += 1
            except NotADirectoryError:
                sizes += _blocks(path)
            except OSError as error:
                if of_the_host(error):
                    raise
    return sizes, producers


def note_used(spool: Path, used: int, producers: int) -> None:
    """Keep what was measured, where measuring takes long."""
    try:
        if producers > FEW:
            descriptor = opened(spool / _NOTE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                os.write(descriptor, sealed_line({"bytes": used, "producers": producers}))
            finally:
                os.close(descriptor)
        else:
            (spool / _NOTE).unlink(missing_ok=True)
    except OSError as error:  # the next one measures again
        if of_the_host(error):
            raise


def noted_in(spool: Path) -> tuple[int, int] | None:
    """Return what a spool takes at most, and the number of its directories, without looking into them.

    None where there are so few that looking is cheap.
    """
    try:
        producers = sum("." not in name for name in os.listdir(spool))  # noqa: PTH208 - asked before the first record
    except FileNotFoundError:
        return None
    if producers <= FEW:
        return None
    noted = told_in(bytes_of(spool / _NOTE, 0, -1).removesuffix(b"\n"))
    before = int(noted.get("producers", 0))
    return int(noted.get("bytes", 0)) + max(0, producers - before) * _BRIEF, producers


def _size_of(directory: str) -> int:
    return sum(_blocks(f"{directory}/{name}") for name in os.listdir(directory))  # noqa: PTH208 - likewise


def _blocks(path: str) -> int:
    """Return what a file takes, rounded up: some file systems tell only later what it really is."""
    try:
        return -(-os.lstat(path).st_size // _BLOCK) * _BLOCK
    except FileNotFoundError:
        return 0
