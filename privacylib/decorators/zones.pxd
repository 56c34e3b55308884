cimport cython

from privacylib.context.frames cimport Frame
from privacylib.context.variable cimport get_frame
from privacylib.runtime.active cimport Active
from privacylib.runtime.scopes cimport exit_frame


cdef Active ACTIVE


cdef class Block:
    cdef public dict _entered
    cdef public object _opens

    cpdef Frame enter(self, bint yields)
    cpdef object exit(self, Frame token, bint failed)

    @cython.locals(now=Frame)
    cpdef object _exit_elsewhere(self)
