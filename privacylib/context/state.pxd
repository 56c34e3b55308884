cimport cython

from privacylib.context.frames cimport Frame, Scope
from privacylib.context.reads cimport ReadSet
from privacylib.context.variable cimport get_frame, set_frame


cdef class Process:
    cdef public Frame frame
    cdef public object main
    cdef public bint scoped
    cdef public Frame unit

    cpdef Frame outside(self)


cpdef Frame frame_here()
cpdef Frame frame_now()
cpdef object runner_id()
cpdef bint is_unseen(Frame frame) except -1
@cython.locals(now=Frame, above=Frame)
cpdef object leave(Frame frame)
