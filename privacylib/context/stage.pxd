from privacylib.context.frames cimport Frame
from privacylib.context.variable cimport get_frame, set_frame


cdef class Stage:
    cdef public Frame base
    cdef public Frame frame
    cdef public Frame consumer
