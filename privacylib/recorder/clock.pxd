# `time.time_ns` without an object for each number, under the name that the Python files import.
from libc.stdint cimport int64_t


cdef extern from "recorder/slots.h":
    cpdef int64_t time_ns "privacylib_now" () noexcept
