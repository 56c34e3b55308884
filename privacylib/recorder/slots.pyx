"""The record itself, in compiled form: the same as ``slots.py``, where each step is explained."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer
from libc.stdint cimport uint16_t
from libc.string cimport memcpy, memset

from mmap import mmap
from struct import Struct

from privacylib.recorder.layout import HAS_AUXILIARY, LINKS, MAX_DURATION, OP, SLOT

__all__ = ["Producing", "Slots", "Window"]

cdef extern from "recorder/slots.h":
    enum: PRIVACYLIB_BODY
    void privacylib_crc_tables()
    void privacylib_put(unsigned char *slot, const unsigned char *body)
    void privacylib_times(unsigned char *body, uint64_t start, uint32_t duration, uint64_t span)
    void privacylib_store16(unsigned char *at, uint16_t value)
    void privacylib_store32(unsigned char *at, uint32_t value)
    void privacylib_store64(unsigned char *at, uint64_t value)

privacylib_crc_tables()

_head = Struct("<BBHI")
_NOWHERE = mmap(-1, SLOT)
cdef unsigned char _OP = OP
cdef unsigned char _LINKS = LINKS
cdef Py_ssize_t _SLOT = SLOT
cdef int64_t _MAX_DURATION = MAX_DURATION


cdef class Window:
    """Hold all that a record is written through, so that it is swapped as one."""

    def __cinit__(self, Py_ssize_t first, Py_ssize_t size, object guard, object view):
        self._next, self.size, self.guard, self.view = first, size, guard, view
        # The buffers keep the memory mapped for as long as anybody can write through this.
        PyObject_GetBuffer(view, &self._mapped, PyBUF_WRITABLE)
        self._memory = <unsigned char *>self._mapped.buf
        if size > self._mapped.len:
            raise ValueError("a window is no larger than its memory")
        if PyObject_CheckBuffer(guard):
            PyObject_GetBuffer(guard, &self._guarded, PyBUF_SIMPLE)
            self._alive = <unsigned char *>self._guarded.buf

    def __dealloc__(self):
        PyBuffer_Release(&self._mapped)
        PyBuffer_Release(&self._guarded)

    cpdef Py_ssize_t take(self):
        """Return the offset of a slot that nobody else gets."""
        cdef Py_ssize_t at = self._next
        self._next = at + _SLOT
        return at

    cdef bint _here(self) except -1:
        return self.guard[0] if self._alive == NULL else self._alive[0]

    cdef bint _copy(self, const unsigned char *body) except -1:
        cdef Py_ssize_t at = self._next
        self._next = at + _SLOT
        if at >= self.size:
            return False
        if not self._here():
            return False
        # Python has no chance to run anything between the guard and the copy.
        privacylib_put(self._memory + at, body)
        return True

    cpdef bint put(self, bytes body) except -1:
        """Copy a slot with its checksum; return False where there is no room, or this process may not."""
        if len(body) != PRIVACYLIB_BODY:
            raise ValueError("a slot has a body of 60 bytes")
        return self._copy(<const unsigned char *>body)


cdef class Producing:
    """What one process writes as one producer, from its first record to a fork or a close."""

    def __init__(self, object guard, uint64_t first):
        self.guard, self._span = guard, first
        self.window = Window(0, 0, guard, _NOWHERE)

    cpdef object spans(self):
        """Return a span id that nobody else gets."""
        cdef uint64_t span = self._span
        self._span = span + 1
        return span


cdef class Slots:
    """Record operations of one slot each, in the shortest way."""

    cpdef object next_span(self):
        """Return a fresh span id, never 0 and below 2**63."""
        cdef Producing production = self._production
        if not production.window._here():
            production = self._own()
        return production.spans()

    def append(
        self, flow_id, flags, start_ns, duration_us, span, parent, bytes key16,
        links=(), foreign=(), messages=1, trace16=None,
    ):
        """Record one operation and return whether it was accepted."""
        cdef unsigned char before[60]
        cdef unsigned char body[60]
        cdef Window window
        cdef Py_ssize_t linked = len(links)
        if foreign or trace16 is not None or messages != 1 or linked > 2 or not flow_id:
            return self._append_more(
                flow_id, flags, start_ns, duration_us, span, parent, key16, links, foreign, messages, trace16
            )
        try:
            if len(key16) != 16:
                raise OverflowError
            privacylib_store64(body + 28, parent)
            memcpy(body + 36, <const unsigned char *>key16, 16)
            if linked == 2:
                memset(before, 0, PRIVACYLIB_BODY)
                before[0] = _LINKS
                privacylib_store16(before + 2, 1)
                privacylib_store64(before + 4, span)
                privacylib_store64(before + 12, links[1])
            marks = flags | HAS_AUXILIARY if linked == 2 else flags
            _fill(body, marks, linked, flow_id, start_ns, duration_us, span, links[0] if linked else 0)
        except (OverflowError, TypeError):
            return self._append_more(flow_id, flags, start_ns, duration_us, span, parent, key16, links, (), 1, None)
        window = self._production.window
        if linked == 2:
            if window._next + 2 * _SLOT <= window.size and window._copy(before) and window._copy(body):
                return True
            return self._append_two(before[:PRIVACYLIB_BODY], body[:PRIVACYLIB_BODY])
        if window._copy(body):
            return True
        return self._put((body[:PRIVACYLIB_BODY],))

    def heads(self, uint32_t flow_id):
        """Return what plain records of a flow begin with: those without a link, and those with one."""
        return _head.pack(OP, 0, 0, flow_id), _head.pack(OP, 0, 1, flow_id)

    cpdef bint keep(
        self, bytes head, int64_t start_ns, int64_t duration_us, uint64_t span, bytes tail, uint64_t link
    ) except -1:
        """Record a plain operation as `append` does: no marks, one link at most, and all else already in bytes."""
        cdef unsigned char body[60]
        cdef Window window
        if len(head) != 8 or len(tail) != 24:
            raise ValueError("a record has a head of 8 bytes and a tail of 24")
        if start_ns < 0 or not 0 <= duration_us <= _MAX_DURATION:  # a clock that was set back
            _, _, links, flow_id = _head.unpack(head)
            parent, key = int.from_bytes(tail[:8], "little"), tail[8:]
            return self.append(flow_id, 0, start_ns, duration_us, span, parent, key, (link,) if links else ())
        memcpy(body, <const unsigned char *>head, 8)
        privacylib_times(body, <uint64_t>start_ns, <uint32_t>duration_us, span)
        memcpy(body + 28, <const unsigned char *>tail, 24)
        privacylib_store64(body + 52, link)
        window = self._production.window
        if window._copy(body):
            return True
        return self._put((body[:PRIVACYLIB_BODY],))


cdef int _fill(
    unsigned char *body, unsigned char flags, uint16_t links, uint32_t flow, uint64_t start, uint32_t duration,
    uint64_t span, uint64_t link,
) except -1:
    """Write all but the tail; a number that does not fit has raised by now."""
    body[0], body[1] = _OP, flags
    privacylib_store16(body + 2, links)
    privacylib_store32(body + 4, flow)
    privacylib_times(body, start, duration, span)
    privacylib_store64(body + 52, link)
    return 0
