cimport cython

from privacylib.context.reads cimport ReadSet


cdef class Scope:
    cdef public Scope around
    cdef public object by
    cdef public object name
    cdef public bytes key
    cdef public ReadSet reads
    cdef public object parent
    cdef public bytes tail
    cdef public object orphan_of
    cdef public bint opened
    cdef public bint left
    cdef public object refusal
    cdef public str tracestate


cdef class Frame:
    cdef public Scope scope
    cdef public object zone
    cdef public Frame outer
    cdef public Frame within
    cdef public bint plain
    cdef public tuple lowered
    cdef public object pair
    cdef public bint ended
    cdef public Frame begun_in

    cpdef Frame inside(self)
    cpdef object operation(self)
    cpdef list bodies(self)
    @cython.locals(body=Frame, last=Frame, further=Frame)
    cpdef Frame running(self)


cdef class Entered(Frame):
    cdef public object step
