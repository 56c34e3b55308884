from libc.stdint cimport int64_t, uint32_t, uint64_t


cdef class Window:
    cdef readonly Py_ssize_t size
    cdef readonly object guard
    cdef readonly object view
    cdef Py_ssize_t _next
    cdef Py_buffer _guarded
    cdef Py_buffer _mapped
    cdef unsigned char *_alive
    cdef unsigned char *_memory

    cpdef Py_ssize_t take(self)
    cdef bint _here(self) except -1
    cdef bint _copy(self, const unsigned char *body) except -1
    cpdef bint put(self, bytes body) except -1


cdef class Producing:
    cdef readonly object guard
    cdef public Window window
    cdef uint64_t _span

    cpdef object spans(self)


cdef class Slots:
    cdef public Producing _production

    cpdef object next_span(self)

    cpdef bint keep(
        self, bytes head, int64_t start_ns, int64_t duration_us, uint64_t span, bytes tail, uint64_t link
    ) except -1
