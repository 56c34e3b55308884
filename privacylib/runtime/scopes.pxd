cimport cython

from privacylib.context.reads cimport ReadSet
from privacylib.context.frames cimport Entered, Frame, Scope
from privacylib.context.state cimport frame_here, frame_now, is_unseen, leave, runner_id
from privacylib.context.variable cimport get_frame, set_frame
from privacylib.runtime.host cimport host_context


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
