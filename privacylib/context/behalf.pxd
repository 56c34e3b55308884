from privacylib.context.frames cimport Frame, Scope


cpdef tuple doers()
cpdef bint stands_in(Scope scope) except -1
cpdef tuple handed_out(Frame frame)
cpdef object give_task(object task, tuple behalf)
