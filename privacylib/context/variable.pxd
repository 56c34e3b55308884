# The context variable through C, under the names that the Python files import.
cdef extern from "context/variable.h":
    cpdef object get_frame "privacylib_get_frame" ()
    cpdef object set_frame "privacylib_set_frame" (object frame)
