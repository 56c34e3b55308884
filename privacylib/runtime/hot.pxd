cimport cython
from libc.stdint cimport int64_t

from privacylib.context.sources cimport SourceSet
from privacylib.context.frames cimport Frame
from privacylib.context.state cimport frame_now, is_unseen, leave
from privacylib.context.variable cimport get_frame, set_frame
from privacylib.runtime.host cimport host_context
from privacylib.recorder.clock cimport time_ns
from privacylib.runtime.known cimport Known, Site


cdef SourceSet EMPTY


cdef class Handle:
    cdef public Site site
    cdef public Frame frame
    cdef public object span
    cdef public int64_t start
    cdef public Known known
    cdef public SourceSet sources
    cdef public SourceSet inflow
    cdef public object flags
    cdef public object pair
    cdef public object messages
    cdef public bint open
    cdef public bint refused
    cdef public object announced
    cdef public Body body
    cdef public object brought
    cdef public dict meanwhile


cdef class Body(Frame):
    cdef public Frame at
    cdef public Handle handle
    cdef public Known known
    cdef public SourceSet seen
    cdef public Site site
    cdef public object span
    cdef public int64_t start


@cython.locals(body=Body)
cpdef Body body_around(Frame frame, Frame outer, object pair, Handle handle)
@cython.locals(frame=Frame, handle=Handle)
cpdef Handle begin(Site site, bint stays_open=*, bint body=*, object judges=*)
cpdef object end(Handle handle, bint failed=*)
cpdef object step_out(Handle handle)
cpdef object decide_read(Handle handle)
cpdef object decide_write(Handle handle, bint judges=*)
cpdef SourceSet held_by(Handle handle)
cpdef bint judges_still(Handle write, SourceSet held) except -1
cpdef bint record(Handle handle, object flags, Known known=*) except -1
