from privacylib.runtime.hot cimport Handle, decide_write


cdef class Served:
    cdef public object _context
    cdef public bint _ended
    cdef public object _messages
    cdef public object _sent
    cdef public Handle handle
