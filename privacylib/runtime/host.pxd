# The host's context through C, under the name that the Python files import.
cdef extern from "runtime/host.h":
    cpdef object host_context "privacylib_host_context" ()
