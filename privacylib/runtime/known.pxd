from privacylib.context.reads cimport ReadSet
from privacylib.context.sources cimport SourceSet
from privacylib.context.frames cimport Frame
from privacylib.context.state cimport frame_now
from privacylib.recorder.slots cimport Slots


cdef SourceSet EMPTY


cdef class Known:
    cdef public object number
    cdef public object decision
    cdef public bint denied
    cdef public bint judges
    cdef public object mandatory
    cdef public tuple heads
    cdef public bint silent
    cdef public bint plain


cdef class Site:
    cdef public object operation
    cdef public object kind
    cdef public object snapshot
    cdef public Slots recorder
    cdef public tuple sources
    cdef public SourceSet named
    cdef public bint judges
    cdef public tuple resident
    cdef public object _fields
    cdef public bint silent
    cdef public ReadSet inside
    cdef public object entry
    cdef public object meant
    cdef public tuple last_read
    cdef public tuple plain_read
    cdef public tuple plain_write
    cdef public tuple last_write

    cpdef SourceSet held(self, Frame frame)
    cpdef SourceSet and_named(self, SourceSet seen)
    cpdef Known reading(self, Frame frame)
    cpdef Known read_plainly(self, object zone)
    cpdef Known write_plainly(self, SourceSet seen, object zone)
    cpdef Known writing(self, SourceSet sources, Frame frame, bint judges=*, bint late=*)
