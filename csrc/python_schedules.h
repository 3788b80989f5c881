/* The base type of schedules: it holds the address of a program, and answers the usual calls of a
   schedule, s(t) for one step and s(t) or s(t, out) for an array of steps.

   A call in Python takes longer than the rate. All other calls, and all errors, are left to the
   method `_evaluate`, which every schedule has in Python. */
#ifndef FASTLR_PYTHON_SCHEDULES_H
#define FASTLR_PYTHON_SCHEDULES_H

#include <Python.h>
#include <stddef.h>
#include <structmember.h>

typedef struct {
    PyObject header;
    unsigned long long address; /* of a program of one lane, or of one without steps */
} ScheduleBase;

/* What the calls need of Python. Written under the interpreter's lock, when the C backend is
   loaded; until then every call is left to Python. */
static struct {
    bool in_process;                   /* whether this library is the backend of the process */
    bool in_blocks;                    /* whether a thread or task may have another */
    PyObject *active;                  /* returns the backend in use */
    PyObject *rate_at;                 /* the `scalar` of a backend that is this library */
    PyObject *integer, *array, *empty; /* of NumPy */
    PyObject *scalar, *out, *evaluate; /* names */
} python;

/* To ask Python takes a third of a call. Most processes never choose a backend for a block. */
static bool is_backend_in_use(void) {
    if (python.active == NULL || !python.in_blocks) {
        return python.active != NULL && python.in_process;
    }
    PyObject *backend = PyObject_CallNoArgs(python.active);
    PyObject *function = backend ? PyObject_GetAttr(backend, python.scalar) : NULL;
    Py_XDECREF(backend);
    if (function == NULL) {
        PyErr_Clear();
        return false;
    }
    bool same = function == python.rate_at;
    Py_DECREF(function);
    return same;
}

/* An int or a NumPy integer, else -1, which is no step. */
static int64_t step_of(PyObject *t) {
    long long step = -1;
    if (PyLong_CheckExact(t)) {
        step = PyLong_AsLongLong(t);
    } else if (PyObject_TypeCheck(t, (PyTypeObject *)python.integer)) {
        PyObject *index = PyNumber_Index(t);
        step = index ? PyLong_AsLongLong(index) : -1;
        Py_XDECREF(index);
    }
    if (step == -1) {
        PyErr_Clear();
    }
    return step;
}

/* View an aligned, contiguous NumPy array of one axis, whose numbers of 8 bytes have one of two
   formats. Returns false, and holds no view, for anything else. */
static bool view_numbers(PyObject *array, const char *formats, int flags, Py_buffer *view) {
    if ((PyObject *)Py_TYPE(array) != python.array) {
        return false;
    }
    if (PyObject_GetBuffer(array, view, flags | PyBUF_FORMAT | PyBUF_ND) != 0) {
        PyErr_Clear();
        return false;
    }
    const char *of = view->format;
    bool known = of != NULL && of[0] != 0 && of[1] == 0 && strchr(formats, of[0]) != NULL;
    if (known && view->ndim == 1 && view->itemsize == 8 && (uintptr_t)view->buf % 8 == 0) {
        return true;
    }
    PyBuffer_Release(view);
    return false;
}

static bool share_memory(const Py_buffer *a, const Py_buffer *b) {
    const char *first = a->buf, *second = b->buf;
    return first < second + b->len && second < first + a->len;
}

/* Write the rates into `out`. Returns false, and writes nothing, if the call is left to Python. */
static bool write_rates(const ScheduleBase *self, const Py_buffer *steps, PyObject *out) {
    Py_buffer rates;
    if (!view_numbers(out, "d", PyBUF_WRITABLE, &rates)) {
        return false;
    }
    size_t n = (size_t)steps->shape[0];
    bool done = rates.shape[0] == steps->shape[0] && !share_memory(steps, &rates) &&
                rates_at((uintptr_t)self->address, steps->buf, n, rates.buf);
    PyBuffer_Release(&rates);
    return done;
}

/* The rates at an array of steps, in `out` or, if that is NULL, in a new array. Returns NULL,
   without an error, if the call is left to Python: for no steps, it looks at the batch shape. */
static PyObject *rates_at_array(const ScheduleBase *self, PyObject *t, PyObject *out) {
    Py_buffer steps;
    if (!view_numbers(t, "lq", 0, &steps)) {
        return NULL;
    }
    PyObject *size = NULL;
    if (out != NULL) {
        Py_INCREF(out);
    } else if (steps.shape[0] > 0 && (size = PyLong_FromSsize_t(steps.shape[0])) != NULL) {
        out = PyObject_CallFunctionObjArgs(python.empty, size, NULL);
    }
    Py_XDECREF(size);
    if (out != NULL && (steps.shape[0] == 0 || !write_rates(self, &steps, out))) {
        Py_CLEAR(out);
    }
    PyBuffer_Release(&steps);
    PyErr_Clear();
    return out;
}

/* The argument `out` of a call with one or two arguments, or NULL if there is none. `usual` becomes
   false for a call with other arguments. */
static PyObject *out_of(PyObject *args, PyObject *named, bool *usual) {
    Py_ssize_t count = PyTuple_Size(args), names = named ? PyDict_Size(named) : 0;
    *usual = (count == 1 && names <= 1) || (count == 2 && names == 0);
    PyObject *out = NULL;
    if (count == 2) {
        out = PyTuple_GetItem(args, 1);
    } else if (*usual && names == 1) {
        out = PyDict_GetItemWithError(named, python.out);
        *usual = out != NULL;
    }
    return out;
}

/* What the library itself returns for a call, or NULL, without an error. */
static PyObject *evaluated(const ScheduleBase *self, PyObject *args, PyObject *named) {
    bool usual = false;
    PyObject *out = out_of(args, named, &usual);
    if (!usual || !is_backend_in_use()) {
        return NULL;
    }
    PyObject *t = PyTuple_GetItem(args, 0);
    if (out == NULL) {
        double rate = rate_at((uintptr_t)self->address, step_of(t));
        if (rate == rate) {
            return PyFloat_FromDouble(rate);
        }
    }
    return rates_at_array(self, t, out);
}

static PyObject *call_schedule(PyObject *self, PyObject *args, PyObject *named) {
    PyObject *result = evaluated((ScheduleBase *)self, args, named);
    if (result != NULL) {
        return result;
    }
    PyErr_Clear();
    PyObject *evaluate = PyObject_GetAttr(self, python.evaluate);
    result = evaluate ? PyObject_Call(evaluate, args, named) : NULL;
    Py_XDECREF(evaluate);
    return result;
}

/* The type itself, or NULL with an error. */
static PyObject *new_schedule_base(void) {
    static PyMemberDef members[] = {
        {"_address", T_ULONGLONG, offsetof(ScheduleBase, address), 0, NULL}, {NULL, 0, 0, 0, NULL}};
    static PyType_Slot slots[] = {{Py_tp_call, (void *)call_schedule},
                                  {Py_tp_members, members},
                                  {Py_tp_doc, (void *)"What a schedule inherits from C."},
                                  {0, NULL}};
    static PyType_Spec spec = {"fastlr._native.ScheduleBase", sizeof(ScheduleBase), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    python.scalar = PyUnicode_InternFromString("scalar");
    python.out = PyUnicode_InternFromString("out");
    python.evaluate = PyUnicode_InternFromString("_evaluate");
    return PyType_FromSpec(&spec);
}

#endif
