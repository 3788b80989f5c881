/* The state of a rule of one lane, as Python holds it: a tuple of arrays with one number each, or
   with the numbers of a window. */
#ifndef FASTLR_PYTHON_STATES_H
#define FASTLR_PYTHON_STATES_H

#include <Python.h>
#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "rule_parts.h"

/* Where the parts of a state are. `letters` and `window` are those of its rule. */
typedef struct {
    const char *letters;
    size_t window;
    char *at[RULE_PARTS_MOST];
} OneLane;

static inline size_t size_of_part(const OneLane *lane, int i) {
    char letter = lane->letters[i];
    return number_size(letter) * (letter == 'W' ? lane->window : 1);
}

/* An int32_t is an int or a long. */
static inline bool has_format(const char *of, bool count) {
    return of != NULL && of[0] != 0 && of[1] == 0 &&
           (count ? of[0] == 'i' || of[0] == 'l' : of[0] == 'd');
}

/* Find the memory of a part. It must be aligned numbers that can be written to. NumPy keeps the
   memory as long as the array lives, so the view ends at once. */
static inline bool find_part(PyObject *part, OneLane *lane, int i) {
    Py_buffer view;
    char letter = lane->letters[i];
    if (PyObject_GetBuffer(part, &view, PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND) != 0) {
        PyErr_Clear();
        return false;
    }
    bool usable = view.ndim == (letter == 'W') && (size_t)view.len == size_of_part(lane, i) &&
                  (size_t)view.itemsize == number_size(letter) &&
                  has_format(view.format, is_count(letter)) &&
                  (uintptr_t)view.buf % number_size(letter) == 0;
    lane->at[i] = (char *)view.buf;
    PyBuffer_Release(&view);
    return usable;
}

/* Whether a part of a state shares memory with one of the first n parts of a state. */
static inline bool overlaps(const OneLane *a, int i, const OneLane *b, int n) {
    for (int j = 0; j < n; j++) {
        if (a->at[i] < b->at[j] + size_of_part(b, j) && b->at[j] < a->at[i] + size_of_part(a, i)) {
            return true;
        }
    }
    return false;
}

/* Find the parts of a state. False if it is no state of one lane, in arrays of exactly the type
   `kind`, or if two parts share memory. */
static inline bool find_parts(PyObject *state, uintptr_t kind, OneLane *lane) {
    int count = (int)strlen(lane->letters);
    if (!PyTuple_Check(state) || PyTuple_Size(state) != count) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        PyObject *part = PyTuple_GetItem(state, i);
        if ((uintptr_t)Py_TYPE(part) != kind || !find_part(part, lane, i) ||
            overlaps(lane, i, lane, i)) {
            return false;
        }
    }
    return true;
}

static inline bool are_apart(const OneLane *a, const OneLane *b) {
    int count = (int)strlen(a->letters);
    for (int i = 0; i < count; i++) {
        if (overlaps(a, i, b, count)) {
            return false;
        }
    }
    return true;
}

static inline bool is_usable(const OneLane *lane, int i) {
    char letter = lane->letters[i];
    if (letter == 's') {
        double scale;
        memcpy(&scale, lane->at[i], sizeof scale);
        return scale >= 0.0 && scale <= DBL_MAX;
    }
    if (letter == 'n' || letter == 'h' || letter == 'w') {
        int32_t count;
        memcpy(&count, lane->at[i], sizeof count);
        size_t most = letter == 'n' ? INT32_MAX : lane->window - (letter == 'w' && lane->window);
        return count >= 0 && (size_t)count <= most;
    }
    return true;
}

/* Whether a rule can go on from the numbers of a state. */
static inline bool are_usable(const OneLane *lane) {
    for (int i = 0; lane->letters[i] != 0; i++) {
        if (!is_usable(lane, i)) {
            return false;
        }
    }
    return true;
}

static inline void copy_parts(const OneLane *from, const OneLane *to) {
    for (int i = 0; from->letters[i] != 0; i++) {
        memcpy(to->at[i], from->at[i], size_of_part(from, i));
    }
}

#endif
