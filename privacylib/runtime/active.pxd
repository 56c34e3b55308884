from privacylib.runtime.known cimport Site


cdef class Active:
    cdef public bint required
    cdef public object snapshot


cdef class Declared:
    cdef public object operation
    cdef public Site last

    cpdef Site site(self)
