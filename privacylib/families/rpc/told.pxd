from privacylib.context.sources cimport SourceSet
from privacylib.runtime.active cimport Declared
from privacylib.runtime.hot cimport Handle
from privacylib.runtime.known cimport Known, Site


cdef class Method(Declared):
    cdef public Told told
    cdef public dict _known

    cpdef Told find(self, SourceSet sources, object zone)
    cpdef object keep(self, Told told)


cdef class Told:
    cdef public object clock
    cdef public Known known
    cdef public frozenset labels
    cdef public str lasting
    cdef public object same
    cdef public object sealed
    cdef public object silent
    cdef public Site site
    cdef public SourceSet sources
    cdef public object target
    cdef public object zone
