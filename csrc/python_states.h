/* The state of a plateau rule of one lane, as Python holds it: a tuple of 0-dimensional arrays. */
#ifndef FASTLR_PYTHON_STATES_H
#define FASTLR_PYTHON_STATES_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { STATE_PARTS = 6 };

typedef struct {
    double scale, best, mean;
    int32_t bad, cool, count;
} OneLane;

/* The format and the size of a part: scale, best, bad, cool, mean, count. */
static const char PART_FORMATS[STATE_PARTS + 1] = "ddiidi";
static const size_t PART_SIZES[STATE_PARTS] = {8, 8, 4, 4, 8, 4};

/* An int32_t is an int or a long. */
static inline bool has_format(const char *of, char format) {
    return of != NULL && of[0] != 0 && of[1] == 0 &&
           (of[0] == format || (format == 'i' && of[0] == 'l'));
}

/* The memory of a part, or NULL unless it is an aligned number that can be written to. NumPy keeps
   the memory as long as the array lives, so the view ends at once. */
static inline char *part_at(PyObject *part, char format, size_t size) {
    Py_buffer view;
    if (PyObject_GetBuffer(part, &view, PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND) != 0) {
        PyErr_Clear();
        return NULL;
    }
    bool usable = view.ndim == 0 && (size_t)view.itemsize == size &&
                  has_format(view.format, format) && (uintptr_t)view.buf % size == 0;
    char *at = usable ? (char *)view.buf : NULL;
    PyBuffer_Release(&view);
    return at;
}

/* Where the parts of a state are. False if it is no state of one lane, in arrays of exactly the
   type `kind`, or if two parts share memory. */
static inline bool parts_of(PyObject *state, uintptr_t kind, char *at[STATE_PARTS]) {
    if (!PyTuple_Check(state) || PyTuple_Size(state) != STATE_PARTS) {
        return false;
    }
    for (int i = 0; i < STATE_PARTS; i++) {
        PyObject *part = PyTuple_GetItem(state, i);
        if ((uintptr_t)Py_TYPE(part) != kind) {
            return false;
        }
        at[i] = part_at(part, PART_FORMATS[i], PART_SIZES[i]);
        if (at[i] == NULL) {
            return false;
        }
        for (int j = 0; j < i; j++) {
            if (at[i] < at[j] + PART_SIZES[j] && at[j] < at[i] + PART_SIZES[i]) {
                return false;
            }
        }
    }
    return true;
}

static inline OneLane taken(char *const at[STATE_PARTS]) {
    OneLane lane;
    memcpy(&lane.scale, at[0], sizeof lane.scale);
    memcpy(&lane.best, at[1], sizeof lane.best);
    memcpy(&lane.bad, at[2], sizeof lane.bad);
    memcpy(&lane.cool, at[3], sizeof lane.cool);
    memcpy(&lane.mean, at[4], sizeof lane.mean);
    memcpy(&lane.count, at[5], sizeof lane.count);
    return lane;
}

static inline void put_back(OneLane lane, char *const at[STATE_PARTS]) {
    memcpy(at[0], &lane.scale, sizeof lane.scale);
    memcpy(at[1], &lane.best, sizeof lane.best);
    memcpy(at[2], &lane.bad, sizeof lane.bad);
    memcpy(at[3], &lane.cool, sizeof lane.cool);
    memcpy(at[4], &lane.mean, sizeof lane.mean);
    memcpy(at[5], &lane.count, sizeof lane.count);
}

#endif
