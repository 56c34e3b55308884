from privacylib.context.frames cimport Frame
from privacylib.runtime.hot cimport Handle
from privacylib.runtime.known cimport Site


cdef class Calling:
    cdef public bint _closed
    cdef public str _echo
    cdef public frozenset _labels
    cdef public object _lock
    cdef public Handle _made
    cdef public object _target
    cdef public object denied
    cdef public Site site

    cpdef Handle _operation(self)


