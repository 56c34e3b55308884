/* Audit events: those that matter, told apart by their names before Python is asked. */

#ifndef PRIVACYLIB_LISTENING_H
#define PRIVACYLIB_LISTENING_H

#include <Python.h>
#include <string.h>

#define PRIVACYLIB_LAST "cpython.PyInterpreterState_Clear"

/* One listener a process, as hooks in C cannot be taken out again: who is told, of what, in which interpreter. */
static PyObject *privacylib_told;
static PyObject *privacylib_events;
static PyInterpreterState *privacylib_interpreter;

static int privacylib_matters(const char *event)
{
    Py_ssize_t number = PyTuple_GET_SIZE(privacylib_events);
    while (number-- > 0) {
        const char *name = PyBytes_AS_STRING(PyTuple_GET_ITEM(privacylib_events, number));
        if (name[0] == event[0] && name[1] == event[1] && strcmp(name, event) == 0)
            return 1;
    }
    return 0;
}

/* Calls as sys.addaudithook's hooks are called: no tracer and no profiler sees it. */
static PyObject *privacylib_tell(PyObject *name, PyObject *args)
{
    PyObject *result;
    PyThreadState *state = PyThreadState_Get();
#if PY_VERSION_HEX >= 0x030B0000
    PyThreadState_EnterTracing(state);
    result = PyObject_CallFunctionObjArgs(privacylib_told, name, args, NULL);
    PyThreadState_LeaveTracing(state);
#else
    state->tracing++;
    state->cframe->use_tracing = 0;
    result = PyObject_CallFunctionObjArgs(privacylib_told, name, args, NULL);
    state->tracing--;
    state->cframe->use_tracing = state->c_tracefunc != NULL || state->c_profilefunc != NULL;
#endif
    return result;
}

static int privacylib_listener(const char *event, PyObject *args, void *unused)
{
    PyObject *name, *result;
    (void)unused;
    if (!privacylib_matters(event) || privacylib_told == NULL || PyInterpreterState_Get() != privacylib_interpreter)
        return 0;
    if (strcmp(event, PRIVACYLIB_LAST) == 0) { /* what the listener uses is taken apart next */
        privacylib_told = NULL;
        return 0;
    }
    if ((name = PyUnicode_FromString(event)) == NULL)
        return -1;
    result = privacylib_tell(name, args);
    Py_DECREF(name);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int privacylib_listen(PyObject *told, PyObject *events)
{
    if (privacylib_events != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "somebody in this process listens to audit events already");
        return -1;
    }
    privacylib_interpreter = PyInterpreterState_Get();
    privacylib_events = Py_NewRef(events);
    privacylib_told = Py_NewRef(told);
    return PySys_AddAuditHook(privacylib_listener, NULL);
}

#endif
