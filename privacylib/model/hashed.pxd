cdef class Hashed:
    cdef public Py_hash_t _hash
