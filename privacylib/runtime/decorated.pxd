cimport cython
from libc.stdint cimport int64_t

from privacylib.context.reads cimport ReadSet
from privacylib.context.sources cimport SourceSet
from privacylib.context.frames cimport Frame, Scope
from privacylib.context.state cimport leave
from privacylib.context.variable cimport get_frame, set_frame
from privacylib.runtime.host cimport host_context
from privacylib.runtime.active cimport Active, Declared
from privacylib.runtime.hot cimport Body, Handle, begin, body_around, end
from privacylib.recorder.clock cimport time_ns
from privacylib.runtime.known cimport Known, Site


cdef Active ACTIVE


cdef class Around(Declared):
    cpdef object enter(self, bint yields)
    cpdef object exit(self, Handle handle, bint failed)


cdef class AroundRead(Declared):
    @cython.locals(site=Site, frame=Frame, reads=ReadSet, last=tuple, known=Known)
    cpdef object enter(self, bint yields)

    @cython.locals(site=Site, frame=Frame, known=Known, scope=Scope, start=int64_t, handle=Handle)
    cpdef object exit(self, object read, bint failed)


cdef class AroundWrite(Declared):
    @cython.locals(site=Site, frame=Frame, scope=Scope, last=tuple, seen=SourceSet, known=Known, body=Body)
    cpdef object enter(self, bint yields)

    @cython.locals(site=Site, known=Known, scope=Scope, start=int64_t, body=Body)
    cpdef object exit(self, object write, bint failed)


cpdef object _held_silently(Site site, ReadSet reads)
cpdef object _missed(Site site, Known known)
