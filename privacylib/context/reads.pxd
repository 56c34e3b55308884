cimport cython

from privacylib.context.sources cimport SourceSet


cdef class ReadSet


cdef class LatestReads:
    cdef public bytes key
    cdef public dict latest
    cdef public object last
    cdef public bint wide
    cdef public bint mixed
    cdef public bint changed
    cdef public ReadSet onward
    cdef public dict _former
    cdef public SourceSet _sources
    cdef public tuple _named
    cdef public object _trials

    @cython.locals(latest=dict, known=SourceSet)
    cpdef add(self, object source, object link)


cdef class ReadSet(LatestReads):
    cdef public ReadSet upper
    cdef public bint nested
    cdef public LatestReads _returned
    cdef public dict open
    cdef public dict watched
    cdef public object pending

    @cython.locals(found=SourceSet, upper=ReadSet)
    cpdef SourceSet visible(self)
    @cython.locals(reads=ReadSet)
    cpdef bint is_open(self)
    @cython.locals(reads=ReadSet)
    cpdef list open_above(self)
    @cython.locals(upper=ReadSet)
    cpdef object only(self, SourceSet seen)
    cpdef bint holds(self)
    @cython.locals(upper=ReadSet)
    cpdef tuple links(self)
