/* fastlr: the rates of learning-rate schedules, from their programs, and plateau rules.

   A program is what a schedule lowers to in Python: one flat array of doubles, `schedule.program`,
   which `schedule.program.tofile(path)` writes as it is. These functions read it, and give the same
   bits as Python does.

       cc -O2 -I"$INCLUDE" mine.c "$INCLUDE/"*.c -lm       INCLUDE=$(python -c 'import fastlr;
   print(fastlr.get_include())')

   Steps are integers from 0 to 2^53. Lanes are counted in the program's own order, in which all
   lanes of one structure stand together; a lane's rates go to its own place in `out`, whatever that
   order is. No function keeps state, allocates memory or fails; each may run in any number of
   threads at once. What its arguments must be is the caller's to see to: `fastlr_is_program` once
   for a program that comes from elsewhere, `fastlr_allows` for steps. What a function writes must
   not share memory with anything that it reads, but for the state of a plateau rule, which it
   changes in place. */
#ifndef FASTLR_H
#define FASTLR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lanes first, first + 1, ..., stop - 1. */
typedef struct {
    size_t first, stop;
} fastlr_lanes;

/* Steps start, start + step, ..., n of them. */
typedef struct {
    int64_t start, step;
    size_t n;
} fastlr_steps;

/* Where a table goes: rate i of the lane at place j to `to`, j * lane + i * step bytes on, as a
   double, or as a float, rounded once, if `single`. */
typedef struct {
    void *to;
    ptrdiff_t lane, step;
    bool single;
} fastlr_out;

/* Metrics of so many updates: that of update t and lane j at of[t * step + j * lane]; `lane` is 1,
 * or 0 where all lanes share. */
typedef struct {
    const double *of;
    size_t steps, step, lane;
} fastlr_metrics;

/* The state of a plateau rule, one number a lane each. `mean` and `count` are read only where a
 * lane's window is above 1. */
typedef struct {
    double *scale, *best;
    int32_t *bad, *cool;
    double *mean;
    int32_t *count;
} fastlr_state;

/* The constants of a multi-power law that stand within its sum. */
typedef struct {
    double c, beta, gamma;
} fastlr_law;

/* How a power is written as a sum of n exponentials, n a multiple of 8: `of` holds a row of n nodes
   and one of their weights, and with `slopes` one of the weights' slopes by beta and one of weights
   times nodes. `states` is room for n doubles, or 4 n. */
typedef struct {
    const double *of;
    size_t n;
    double *states;
    bool slopes;
} fastlr_nodes;

/* Whether `size` doubles are a program of this version of fastlr, whole and sound: whatever they
   are, no function below that is given one that is reads outside of it, writes outside of what it
   is to fill, or runs on. */
bool fastlr_is_program(const double *program, size_t size);

/* How many lanes it has: one for a schedule that is no batch. */
size_t fastlr_count(const double *program);

/* Whether each of n steps may be asked for: from 0 to 2^53, and before the end where
 * past_end="raise". */
bool fastlr_allows(const double *program, const int64_t *t, size_t n);

/* The rate of the first lane at step t; not a number if that may not be asked for. */
double fastlr_rate(const double *program, int64_t t);

/* The rates of lanes at one step, each to its place in `out`. */
void fastlr_rates(const double *program, fastlr_lanes lanes, int64_t t, double *out);

/* The rates of lanes, each at a step of its own: that of the lane at place j is t[j], its rate goes
 * to out[j]. */
void fastlr_each(const double *program, fastlr_lanes lanes, const int64_t *t, double *out);

/* The rates of lanes at n steps in any order, those of the lane at place j from out[j * row] on. */
void fastlr_at(const double *program, fastlr_lanes lanes, const int64_t *t, size_t n, double *out,
               size_t row);

/* The rates of lanes at evenly spaced steps. */
void fastlr_table(const double *program, fastlr_lanes lanes, fastlr_steps steps, fastlr_out out);

/* Whether `size` doubles are a plateau rule of this version of fastlr, `rule.buffer` in Python,
 * whole and sound for so many lanes.
 */
bool fastlr_is_rule(const double *rule, size_t size, size_t lanes);

/* Lanes of a plateau rule through a history of metrics: their state changes in place, and if
   `scales` is not NULL, the scale of lane j after update t goes to scales[t * row + j]. */
void fastlr_plateau(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                    fastlr_state state, double *scales, size_t row);

/* What a multi-power law sums over the rates of one run, at n steps t, each by itself: the sum of
   the rates and the drop, two numbers a step. */
void fastlr_drop(const double *rates, const int64_t *t, size_t n, fastlr_law law, double *out);

/* The same at n steps that rise, in one pass: the sum of the rates, the last rate above 0 less the
   first of all, and what the exponentials amount to, by which that is more than the drop; with
   slopes four more sums, from which those of the drop follow.
 */
void fastlr_drops(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                  fastlr_nodes nodes, double *out);

/* What an annealing law sums, at n steps that rise: the rates, the momenta of their fall, and those
   momenta's slopes by the decay; three numbers a step. */
void fastlr_annealed(const double *rates, const int64_t *t, size_t n, double decay, double *out);

/* The level in use, "avx512", "avx2" or "baseline": the highest that this processor has, unless
 * another was chosen. */
const char *fastlr_level(void);

/* Whether this processor, and this build, have a level. */
bool fastlr_has_level(const char *name);

/* Use a level in the whole process from now on; false if it is not here. Every level gives the same
 * bits. */
bool fastlr_use_level(const char *name);

/* What the library was built from: a digest of its sources. */
const char *fastlr_sources(void);

/* Why a build must not be used, or an empty string: a compiler that was let to fuse, or to reorder,
 * what is written apart. */
const char *fastlr_fault(void);

#ifdef __cplusplus
}
#endif

#endif
