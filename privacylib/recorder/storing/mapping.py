"""Map files into memory, and keep none of them open."""

import mmap
import os
import sys

__all__ = ["map_file"]

_FIXED = 0x10
"""``MAP_FIXED``, on Linux and on macOS."""

if sys.version_info >= (3, 13):

    def map_file(descriptor: int, size: int) -> mmap.mmap:
        """Return a shared mapping of an open file, which has no descriptor of its own.

        `mmap.mmap` keeps a copy of the descriptor and closes it with the mapping. A daemon closes all files as it
        begins; the number is the host's then, and so what would be closed is a file of the host.

        Args:
            descriptor: The file.
            size: Bytes, no more than it has.

        Raises:
            OSError: It cannot be mapped.
        """
        return mmap.mmap(descriptor, size, trackfd=False)

else:
    try:
        import ctypes
    except ImportError:  # an interpreter without it: the copy of the descriptor stays

        def map_file(descriptor: int, size: int) -> mmap.mmap:
            """Return a shared mapping of an open file, which has a copy of the descriptor."""
            return mmap.mmap(descriptor, size)

    else:
        _libc = ctypes.CDLL(None, use_errno=True)
        _mmap = _libc.mmap
        _mmap.restype = ctypes.c_void_p
        _mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *3 * (ctypes.c_int,), ctypes.c_long)

        def map_file(descriptor: int, size: int) -> mmap.mmap:
            """Return a shared mapping of an open file, which has no descriptor of its own.

            This Python's `mmap.mmap` keeps a copy of the descriptor and closes it with the mapping. A daemon closes
            all files as it begins; the number is the host's then, and so what would be closed is a file of the host.
            So the file is put in the place of memory that has none.

            Args:
                descriptor: The file.
                size: Bytes, no more than it has.

            Raises:
                OSError: It cannot be mapped.
            """
            mapping = mmap.mmap(-1, size)
            at = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
            ways = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | _FIXED
            if _mmap(at, size, *ways, descriptor, 0) != at:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            return mapping
