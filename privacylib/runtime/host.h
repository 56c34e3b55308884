/* The context of the host's tracing, read without a method call where it is kept in a context variable. */

#ifndef PRIVACYLIB_HOST_H
#define PRIVACYLIB_HOST_H

#include <Python.h>

static PyObject *privacylib_host;

static int privacylib_find_host(void)
{
    PyObject *module = PyImport_ImportModule("privacylib.runtime.tracing");
    if (module == NULL)
        return -1;
    privacylib_host = PyObject_GetAttrString(module, "source");
    Py_DECREF(module);
    return privacylib_host == NULL ? -1 : 0;
}

static inline PyObject *privacylib_host_context(void)
{
    PyObject *found = NULL;
    if (privacylib_host == NULL && privacylib_find_host() < 0)
        return NULL;
    if (!PyContextVar_CheckExact(privacylib_host))
        return PyObject_CallNoArgs(privacylib_host);
    if (PyContextVar_Get(privacylib_host, NULL, &found) < 0)
        return NULL;
    if (found == NULL)
        PyErr_SetString(PyExc_LookupError, "the host's tracing has a context no more");
    return found;
}

#endif
