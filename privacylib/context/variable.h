/* The one context variable, read and set without a method call. */

#ifndef PRIVACYLIB_VARIABLE_H
#define PRIVACYLIB_VARIABLE_H

#include "context/found.h"

static PyObject *privacylib_variable;

static inline PyObject *privacylib_get_frame(void)
{
    PyObject *frame, *variable = privacylib_found(&privacylib_variable, "privacylib.context.current", "variable");
    if (variable == NULL || PyContextVar_Get(variable, Py_None, &frame) < 0)
        return NULL;
    return frame;
}

static inline PyObject *privacylib_set_frame(PyObject *frame)
{
    PyObject *token, *variable = privacylib_found(&privacylib_variable, "privacylib.context.current", "variable");
    if (variable == NULL || (token = PyContextVar_Set(variable, frame)) == NULL)
        return NULL;
    Py_DECREF(token);
    Py_RETURN_NONE;
}

#endif
