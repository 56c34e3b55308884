from privacylib.propagation.member cimport Codec


cdef class Propagator:
    cdef public object rule
    cdef public bint asks_for_peers
    cdef public object _allowed
    cdef public object clock
    cdef public object _audience
    cdef public Codec _codec
    cdef public object _audiences
    cdef public object addressed
    cdef public object hosted

    cpdef tuple sealed(self, str text)
    cpdef object take(self, object carrier, object rule)
    cpdef object _take_again(self, object pairs)
