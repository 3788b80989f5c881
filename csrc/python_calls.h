/* How Python calls the library, through cffi. Plain numbers are faster to pass than structs, and
   the address of a program of one lane is faster than an array.

   By default cffi releases the interpreter's lock around every call, which takes as long as a rate
   or two. Here only the longer calls release it. */
#ifndef CALLS_H
#define CALLS_H

#include "fastlr.h"
#include "opcodes.h"

enum { SHORT = 256 }; /* steps: so few take less time than to release the lock */

#define WITHOUT_LOCK(call)                                                                         \
    do {                                                                                           \
        PyThreadState *state = PyEval_SaveThread();                                                \
        call;                                                                                      \
        PyEval_RestoreThread(state);                                                               \
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

/* All lanes at one step, for a caller that has compiled code of its own: the lock stays as it is. */
static bool rates_at_step(uintptr_t program, int64_t t, double *out) {
    const double *buffer = (const double *)program;
    fastlr_lanes all = {0, (size_t)buffer[HEADER_LANES]};
    fastlr_rates(buffer, all, t, out);
    return true;
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
                      size_t steps, size_t step, size_t lane, double *scale, double *best,
                      int32_t *bad, int32_t *cool, double *mean, int32_t *count, double *scales,
                      size_t row) {
    fastlr_lanes lanes = {first, stop};
    fastlr_metrics of = {metrics, steps, step, lane};
    fastlr_state held = {scale, best, bad, cool, mean, count};
    WITHOUT_LOCK(fastlr_plateau(rule, lanes, of, held, scales, row));
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

#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS
#define Py_END_ALLOW_THREADS

#endif
