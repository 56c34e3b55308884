/* What a module of Python has, looked up once by each extension module that uses it. */

#ifndef PRIVACYLIB_FOUND_H
#define PRIVACYLIB_FOUND_H

#include <Python.h>

/* Return what is kept, a borrowed reference; the first time look for it. NULL with an error where it is not there. */
static inline PyObject *privacylib_found(PyObject **kept, const char *module, const char *name)
{
    if (*kept == NULL) {
        PyObject *imported = PyImport_ImportModule(module);
        if (imported != NULL) {
            *kept = PyObject_GetAttrString(imported, name);
            Py_DECREF(imported);
        }
    }
    return *kept;
}

#endif
