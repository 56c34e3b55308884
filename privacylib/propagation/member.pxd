cdef class Codec:
    cdef public object _keys
    cdef public object _key
    cdef public object _signing
    cdef public object _vocabulary
    cdef public object _audience
    cdef public dict _known
    cdef public object lasting

    cpdef tuple sealed(self, str text)
    cpdef object take_again(self, str member, object now, str form=*)
