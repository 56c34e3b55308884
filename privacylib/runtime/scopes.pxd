cimport cython

from privacylib.context.sources cimport ReadSet
from privacylib.context.state cimport Entered, Frame, Scope, frame_here, frame_now, is_unseen, leave, runner_id


cdef class ZoneStep:
    cdef public object _labels
    cdef public tuple _last
    cdef public object _name
    cdef public object _purpose

    @cython.locals(outer=Frame, frame=Entered, around=Scope, scope=Scope, last=tuple)
    cpdef Frame enter(self)
    cpdef object inside(self, object zone)


@cython.locals(scope=Scope, outside=Frame)
cpdef object exit_frame(Frame frame)
