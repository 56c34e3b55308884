/* The context of the host's tracing, read without a method call where it is kept in a context variable. */

#ifndef PRIVACYLIB_HOST_H
#define PRIVACYLIB_HOST_H

#include "context/found.h"

static PyObject *privacylib_host;

static inline PyObject *privacylib_host_context(void)
{
    PyObject *context, *source = privacylib_found(&privacylib_host, "privacylib.runtime.tracing", "source");
    if (source == NULL)
        return NULL;
    if (!PyContextVar_CheckExact(source))
        return PyObject_CallNoArgs(source);
    if (PyContextVar_Get(source, NULL, &context) < 0)
        return NULL;
    if (context == NULL)
        PyErr_SetString(PyExc_LookupError, "the variable of the host's tracing has lost its default");
    return context;
}

#endif
