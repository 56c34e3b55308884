cimport cython

from privacylib.context.reads cimport ReadSet
from privacylib.context.sources cimport SourceSet
from privacylib.context.stage cimport Stage
from privacylib.context.frames cimport Frame, Scope
from privacylib.recorder.clock cimport time_ns
from privacylib.runtime.hot cimport Handle
from privacylib.runtime.known cimport Known, Site


cdef class Serving(Stage):
    cdef public bint _decided
    cdef public str echo
    cdef public Handle handle
    cdef public object pair
    cdef public frozenset presented
    cdef public Site site
    cdef public object verified


@cython.locals(serving=Serving, handle=Handle)
cpdef object _served(Site site, object carrier, object peer, object call)
cpdef object _meant(Site site)
