/* How Python calls the library, through cffi. Plain numbers are faster to pass than structs, and
   the address of a program of one lane is faster than an array.

   By default cffi releases the interpreter's lock around every call, which takes as long as a rate
   or two. Here only the longer calls release it. */
#ifndef CALLS_H
#define CALLS_H

#include "fastlr.h"
#include "instruction_set.h"
#include "opcodes.h"
#include "python_dicts.h"
#include "python_states.h"

enum { SHORT = 256 }; /* steps: so few take less time than to release the lock */

#define WITHOUT_LOCK(call)                                                                         \
    do {                                                                                           \
        PyThreadState *thread = PyEval_SaveThread();                                               \
        call;                                                                                      \
        PyEval_RestoreThread(thread);                                                              \
    } while (0)

static double rate_at(uintptr_t program, int64_t t) {
    return fastlr_rate((const double *)program, t);
}

static bool rates_at(uintptr_t program, const int64_t *t, size_t n, double *out) {
    const double *buffer = (const double *)program;
    fastlr_lanes one = {0, 1};
    if (!fastlr_allows(buffer, t, n)) {
        return false;
    }
    if (n <= SHORT) {
        fastlr_at(buffer, one, t, n, out, n);
    } else {
        WITHOUT_LOCK(fastlr_at(buffer, one, t, n, out, n));
    }
    return true;
}

#include "python_schedules.h"

/* Append the base type of schedules to a list, given by its address. */
static bool append_schedule_base(uintptr_t list) {
    PyObject *base = new_schedule_base();
    bool done = base != NULL && PyList_Append((PyObject *)list, base) == 0;
    Py_XDECREF(base);
    PyErr_Clear();
    return done;
}

/* Tell schedules whether this library is the backend of the process, or that a thread or task may
   have a backend of its own: from then on they ask. */
static void choose_in_process(bool chosen) { python.in_process = chosen; }

static void choose_in_blocks(void) { python.in_blocks = true; }

/* Let schedules call this library. All are addresses of Python objects, which stay for good:
   `active` returns the backend in use, whose `scalar` is `scalar` if it is this library; NumPy's
   types of integers and of arrays, and its function `empty`. */
static void connect_schedules(uintptr_t active, uintptr_t scalar, uintptr_t integer,
                              uintptr_t array, uintptr_t empty) {
    python.rate_at = (PyObject *)scalar;
    python.integer = (PyObject *)integer;
    python.array = (PyObject *)array;
    python.empty = (PyObject *)empty;
    python.active = (PyObject *)active;
    Py_INCREF(python.rate_at);
    Py_INCREF(python.integer);
    Py_INCREF(python.array);
    Py_INCREF(python.empty);
    Py_INCREF(python.active);
}

/* All lanes at one step, for a caller that has compiled code of its own: the lock stays as it is.
 */
static int64_t rates_at_step(uintptr_t program, int64_t t, double *out) {
    const double *buffer = (const double *)program;
    fastlr_lanes all = {0, (size_t)buffer[HEADER_LANES]};
    fastlr_rates(buffer, all, t, out);
    return 1;
}

static void rates_of(const double *program, size_t first, size_t stop, int64_t t, double *out) {
    fastlr_lanes lanes = {first, stop};
    WITHOUT_LOCK(fastlr_rates(program, lanes, t, out));
}

static void each_of(const double *program, size_t first, size_t stop, const int64_t *t,
                    double *out) {
    fastlr_lanes lanes = {first, stop};
    WITHOUT_LOCK(fastlr_each(program, lanes, t, out));
}

static void steps_of(const double *program, size_t first, size_t stop, const int64_t *t, size_t n,
                     double *out, size_t row) {
    fastlr_lanes lanes = {first, stop};
    WITHOUT_LOCK(fastlr_at(program, lanes, t, n, out, row));
}

static void table_of(const double *program, size_t first, size_t stop, int64_t start, int64_t step,
                     size_t n, char *to, ptrdiff_t lane, ptrdiff_t column, bool single) {
    fastlr_lanes lanes = {first, stop};
    fastlr_steps steps = {start, step, n};
    fastlr_out out = {to, lane, column, single};
    WITHOUT_LOCK(fastlr_table(program, lanes, steps, out));
}

static void replay_of(const double *rule, size_t first, size_t stop, const double *metrics,
                      size_t steps, size_t step, size_t lane, void *const *state, double *scales,
                      size_t row) {
    fastlr_lanes lanes = {first, stop};
    fastlr_metrics of = {metrics, steps, step, lane};
    WITHOUT_LOCK(fastlr_replay(rule, lanes, of, state, scales, row));
}

/* One update, for a caller that has compiled code of its own: the lock stays as it is. */
static int64_t update_at(uintptr_t rule, size_t lanes, uintptr_t metric, size_t row,
                         uintptr_t scale, uintptr_t best, uintptr_t bad, uintptr_t cool,
                         uintptr_t mean, uintptr_t count) {
    fastlr_lanes all = {0, lanes};
    fastlr_metrics of = {(const double *)metric, 1, row, row > 1};
    fastlr_state held = {(double *)scale, (double *)best, (int32_t *)bad,
                         (int32_t *)cool, (double *)mean, (int32_t *)count};
    fastlr_plateau((const double *)rule, all, of, held, NULL, 0);
    return 1;
}

/* Update a state of one lane, of any rule, into `out`, which may be the state. `kind` is the type
   of NumPy's arrays, and all but `metric` are addresses of Python objects or of a buffer. Nothing
   is written, and false comes back, unless the state is valid and of NumPy's own arrays: other
   states, and errors, are left to Python. */
static bool update_one(uintptr_t rule, uintptr_t kind, uintptr_t state, uintptr_t out,
                       double metric) {
    const double *buffer = (const double *)rule;
    OneLane from = {PARTS_OF_RULES[(int)buffer[RULE_UPDATE]], (size_t)buffer[RULE_WINDOWED], {0}};
    OneLane to = from;
    if (metric != metric || !find_parts((PyObject *)state, kind, &from) || !are_usable(&from)) {
        return false;
    }
    if (out == state) {
        to = from;
    } else if (find_parts((PyObject *)out, kind, &to) && are_apart(&from, &to)) {
        copy_parts(&from, &to);
    } else {
        return false;
    }
    fastlr_lanes one = {0, 1};
    fastlr_metrics of = {&metric, 1, 1, 0};
    fastlr_replay(buffer, one, of, (void *const *)to.at, NULL, 0);
    return true;
}

/* Replace a number in a list of `n` dicts, or in each dict the one of its own. */
static bool replace_numbers(uintptr_t dicts, uintptr_t key, const double *before,
                            const double *after, size_t n) {
    return PyList_Size((PyObject *)dicts) == (Py_ssize_t)n &&
           replace_in((PyObject *)dicts, (PyObject *)key, before, after, 1);
}

static bool replace_number(uintptr_t dicts, uintptr_t key, double before, double after) {
    return replace_in((PyObject *)dicts, (PyObject *)key, &before, &after, 0);
}

static void multi_power_terms_of(const double *rates, const int64_t *t, size_t n, double c,
                                 double beta, double gamma, double *out) {
    fastlr_law law = {c, beta, gamma};
    WITHOUT_LOCK(fastlr_multi_power_terms(rates, t, n, law, out));
}

static void multi_power_exponentials_of(const double *rates, const int64_t *t, size_t n, double c,
                                        double beta, double gamma, const double *nodes,
                                        size_t count, double *states, bool slopes, double *out) {
    fastlr_law law = {c, beta, gamma};
    fastlr_nodes of = {nodes, count, states, slopes};
    WITHOUT_LOCK(fastlr_multi_power_exponentials(rates, t, n, law, of, out));
}

static void annealing_momenta_of(const double *rates, const int64_t *t, size_t n, double decay,
                                 double *out) {
    WITHOUT_LOCK(fastlr_annealing_momenta(rates, t, n, decay, out));
}

static void last_iterate_sums_of(const double *rates, size_t n, double *sums) {
    WITHOUT_LOCK(fastlr_last_iterate_sums(rates, n, sums));
}

#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS
#define Py_END_ALLOW_THREADS

#endif
