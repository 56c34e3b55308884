cdef class _Router:
    cdef public bint _by_path
    cdef public list _listed
    cdef public object _templates
    cdef public tuple _way

    cpdef bint stands(self) except -1
    cpdef object route(self, object scope)


cdef class Routing:
    cdef public object _app
    cdef public dict _found

    cpdef object route(self, object scope)
