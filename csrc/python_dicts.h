/* Numbers under one key of many dicts, as the groups of an optimizer have them. A loop in Python
   takes three times as long. */
#ifndef FASTLR_PYTHON_DICTS_H
#define FASTLR_PYTHON_DICTS_H

#include <Python.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether each dict of a list has a float under the key, number i the one at `of[i * step]`. */
static inline bool have_numbers(PyObject *dicts, PyObject *key, const double *of, size_t step) {
    Py_ssize_t n = PyList_Size(dicts);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *dict = PyList_GetItem(dicts, i);
        PyObject *number = PyDict_CheckExact(dict) ? PyDict_GetItemWithError(dict, key) : NULL;
        if (number == NULL || !PyFloat_CheckExact(number) ||
            PyFloat_AsDouble(number) != of[(size_t)i * step]) {
            return false;
        }
    }
    return true;
}

static inline bool put_numbers(PyObject *dicts, PyObject *key, const double *of, size_t step) {
    Py_ssize_t n = PyList_Size(dicts);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *number = PyFloat_FromDouble(of[(size_t)i * step]);
        bool done = number != NULL && PyDict_SetItem(PyList_GetItem(dicts, i), key, number) == 0;
        Py_XDECREF(number);
        if (!done) {
            return false; /* out of memory */
        }
    }
    return true;
}

/* Replace the numbers `before` by those of `after`. Unless all are there as floats nothing is
   written, and false comes back: other values, and errors, are left to Python. */
static inline bool replace_in(PyObject *dicts, PyObject *key, const double *before,
                              const double *after, size_t step) {
    bool done = PyList_CheckExact(dicts) && have_numbers(dicts, key, before, step) &&
                put_numbers(dicts, key, after, step);
    PyErr_Clear();
    return done;
}

#endif
