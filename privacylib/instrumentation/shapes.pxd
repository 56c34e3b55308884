cimport cython

from privacylib.runtime.active cimport Active, Declared
from privacylib.runtime.decorated cimport AroundRead
from privacylib.runtime.hot cimport Handle, begin, end


cdef Active ACTIVE


cdef class Shapes:
    cdef object _alike
    cdef bint _asks_host
    cdef object _call_of
    cdef object _describe
    cdef object _find
    cdef object _kinds
    cdef object _known
    cdef object _shape_of

    @cython.locals(read=AroundRead)
    cpdef tuple enter(self, tuple args, dict kwargs)
    @cython.locals(read=AroundRead)
    cpdef object exit(self, tuple begun, bint failed)
    cpdef object _learnt(self, tuple args, dict kwargs)


cdef class AroundWhole(Declared):
    cpdef object enter(self, bint yields)
    cpdef object exit(self, Handle handle, bint failed)


cdef class AroundAll:
    cdef object _arounds

    cpdef list enter(self, bint yields)
    cpdef object exit(self, list begun, bint failed)
