cimport cython
from libc.stdint cimport int64_t

from privacylib.context.reads cimport ReadSet
from privacylib.context.frames cimport Frame, Scope
from privacylib.families.rpc.calling cimport Calling
from privacylib.families.rpc.told cimport Method, Told
from privacylib.recorder.clock cimport time_ns
from privacylib.runtime.hot cimport Handle
from privacylib.runtime.known cimport Known


cdef class Again(Calling):
    cdef public Frame _frame
    cdef public object _span
    cdef public int64_t _start
    cdef public Told _told

    cpdef Handle _operation(self)
    @cython.locals(told=Told, frame=Frame, scope=Scope, reads=ReadSet)
    cpdef object _brings(self, object trailers)
    @cython.locals(scope=Scope, known=Known)
    cpdef object _keep(self, object source)


@cython.locals(frame=Frame, scope=Scope, told=Told)
cpdef object begin_again(Method method, object leads, object call)
