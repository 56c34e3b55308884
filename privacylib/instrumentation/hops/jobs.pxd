from privacylib.context.frames cimport Frame


cdef class Job:
    cdef public Frame frame
    cdef public object function
    cdef public tuple behalf
