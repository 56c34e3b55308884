cdef class SourceSet:
    cdef public frozenset members
    cdef public Py_ssize_t size
    cdef public frozenset labels
    cdef public object unknown
    cdef public dict _next
    cdef public object _since

    cpdef SourceSet plus(self, object source)
    cpdef SourceSet union(self, SourceSet other)
    cpdef SourceSet _remember(self, object step, frozenset members)
