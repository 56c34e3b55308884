from privacylib.context.state cimport Frame


cdef class Stage:
    cdef public Frame base
    cdef public Frame frame
    cdef public Frame consumer
