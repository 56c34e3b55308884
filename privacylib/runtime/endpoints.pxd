cimport cython

from privacylib.context.reads cimport ReadSet
from privacylib.context.sources cimport SourceSet
from privacylib.context.frames cimport Entered, Frame, Scope
from privacylib.context.state cimport runner_id
from privacylib.context.variable cimport get_frame, set_frame
from privacylib.runtime.hot cimport (
    Handle, decide_write, held_by, judges_still, record,
)
from privacylib.runtime.known cimport Known, Site


cdef class Pending:
    cdef public Handle handle
    cdef public bint judged
    cdef public Site site
    cdef public object source


cdef class Entry:
    cdef public bint admitted
    cdef public object inside
    cdef public frozenset labels
    cdef public str name
    cdef public object outside
    cdef public object source
    cdef public object unknown
    cdef public object zone


@cython.locals(handle=Handle, frame=Frame)
cpdef Handle serve_taken(Site site, object presented, str key, object pair)
@cython.locals(entry=Entry, scope=Scope, frame=Entered, handle=Handle, outer=Frame)
cpdef Handle _serve(Site site, object presented, str key, object pair)
@cython.locals(frame=Frame)
cpdef Handle _judged(Handle handle)
