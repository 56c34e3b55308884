/* The one context variable, read and set without a method call: each module finds the variable once. */

#ifndef PRIVACYLIB_VARIABLE_H
#define PRIVACYLIB_VARIABLE_H

#include <Python.h>

static PyObject *privacylib_variable;

static int privacylib_find_variable(void)
{
    PyObject *module = PyImport_ImportModule("privacylib.context.current");
    if (module == NULL)
        return -1;
    privacylib_variable = PyObject_GetAttrString(module, "variable");
    Py_DECREF(module);
    return privacylib_variable == NULL ? -1 : 0;
}

static inline PyObject *privacylib_get_frame(void)
{
    PyObject *frame;
    if (privacylib_variable == NULL && privacylib_find_variable() < 0)
        return NULL;
    if (PyContextVar_Get(privacylib_variable, Py_None, &frame) < 0)
        return NULL;
    return frame;
}

static inline PyObject *privacylib_set_frame(PyObject *frame)
{
    PyObject *token;
    if (privacylib_variable == NULL && privacylib_find_variable() < 0)
        return NULL;
    token = PyContextVar_Set(privacylib_variable, frame);
    if (token == NULL)
        return NULL;
    Py_DECREF(token);
    Py_RETURN_NONE;
}

#endif
