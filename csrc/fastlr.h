/* fastlr: the rates of learning-rate schedules, from their programs, and plateau rules.

   A program is what a schedule lowers to in Python: one flat array of doubles, `schedule.program`.
   `schedule.program.tofile(path)` writes it to a file, in the byte order of the machine. These
   functions read it and return the same bits as Python.

       cc -O2 -I"$INCLUDE" mine.c "$INCLUDE/"*.c -lm       INCLUDE=$(python -c 'import fastlr;
   print(fastlr.get_include())')

   Steps are integers from 0 to 2^53. Lanes are counted in the program's own order, in which all
   lanes of one structure stand together. A lane's rates go to its own place in `out`.

   No function keeps state, allocates memory or fails. Each may run in any number of threads at
   once. The caller checks the arguments: call `fastlr_is_program` once for a program from
   elsewhere, and `fastlr_allows` for steps. A kernel that meets an opcode it does not know ends the
   process; a program that `fastlr_is_program` accepts has none. Output must not share memory with
   input. The state of a plateau rule is the exception: it is changed in place. */
#ifndef FASTLR_H
#define FASTLR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of fastlr that these sources belong to. */
#define FASTLR_VERSION_MAJOR 0
#define FASTLR_VERSION_MINOR 1
#define FASTLR_VERSION_PATCH 0
#define FASTLR_VERSION "0.1.0"

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

/* Where a table goes. Rate i of the lane at place j goes j * lane + i * step bytes behind `to`, as
   a double or, if `single`, as a float, rounded once. */
typedef struct {
    void *to;
    ptrdiff_t lane, step;
    bool single;
} fastlr_out;

/* Metrics of `steps` updates. The metric of update t and lane j is of[t * step + j * lane]; `lane`
   is 1, or 0 if all lanes share the metrics. */
typedef struct {
    const double *of;
    size_t steps, step, lane;
} fastlr_metrics;

/* The state of a plateau rule, one number per lane in each array. `mean` and `count` are read only
   if a lane's window is above 1. */
typedef struct {
    double *scale, *best;
    int32_t *bad, *cool;
    double *mean;
    int32_t *count;
} fastlr_state;

/* The constants in the sum of a multi-power law. */
typedef struct {
    double c, beta, gamma;
} fastlr_law;

/* A power as a sum of n exponentials, n a multiple of 8. `of` has a row of n nodes and a row of n
   weights. With `slopes` it also has the weights' slopes by beta and the weights times the nodes.
   `states` is scratch for n doubles, or 4 n with `slopes`. */
typedef struct {
    const double *of;
    size_t n;
    double *states;
    bool slopes;
} fastlr_nodes;

/* Whether `size` doubles are a program of this version's format. For such a program every function
   below ends, reads only within the program, and writes only its own output. */
bool fastlr_is_program(const double *program, size_t size);

/* Why `size` doubles are no program of this version's format, or an empty string: the format is
   older or newer, the byte order is another, or the program was cut short, damaged or made
   otherwise. */
const char *fastlr_program_fault(const double *program, size_t size);

/* The number of lanes: 1 for a schedule that is no batch. */
size_t fastlr_count(const double *program);

/* Whether all of n steps are allowed: from 0 to 2^53, and before the end if past_end="raise". */
bool fastlr_allows(const double *program, const int64_t *t, size_t n);

/* The rate of the first lane at step t, or NaN if the step is not allowed. */
double fastlr_rate(const double *program, int64_t t);

/* The rates of lanes at one step, each to its place in `out`: NaN if the step is not allowed. */
void fastlr_rates(const double *program, fastlr_lanes lanes, int64_t t, double *out);

/* The rates of lanes, each at a step of its own: out[j] is the rate at step t[j] of the lane at
   place j. */
void fastlr_each(const double *program, fastlr_lanes lanes, const int64_t *t, double *out);

/* The rates of lanes at n steps in any order; those of the lane at place j begin at out[j * row].
 */
void fastlr_at(const double *program, fastlr_lanes lanes, const int64_t *t, size_t n, double *out,
               size_t row);

/* The rates of lanes at evenly spaced steps. */
void fastlr_table(const double *program, fastlr_lanes lanes, fastlr_steps steps, fastlr_out out);

/* Whether `size` doubles are a plateau rule of this version of fastlr for `lanes` lanes,
   `rule.buffer` in Python. */
bool fastlr_is_rule(const double *rule, size_t size, size_t lanes);

/* Update lanes of a plateau rule with a history of metrics. Their state changes in place. If
   `scales` is not NULL, scales[t * row + j] is the scale of lane j after update t. */
void fastlr_plateau(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                    fastlr_state state, double *scales, size_t row);

/* The sums of a multi-power law over the rates of one run, at n steps t in any order: two numbers
   per step, the sum of the rates and the drop of the loss. Every step adds up its own terms. */
void fastlr_multi_power_terms(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                              double *out);

/* The same sums at n rising steps, in one pass, by exponentials: three numbers per step, the sum of
   the rates, the last rate above 0 minus the first rate, and the sum of the exponentials. The drop
   is the second minus the third. With `slopes` there are four more sums, which give the slopes of
   the drop. */
void fastlr_multi_power_exponentials(const double *rates, const int64_t *t, size_t n,
                                     fastlr_law law, fastlr_nodes nodes, double *out);

/* The sums of an annealing law at n rising steps: three numbers per step, the sum of the rates, of
   the momenta of their fall, and of the momenta's slopes by the decay. */
void fastlr_annealing_momenta(const double *rates, const int64_t *t, size_t n, double decay,
                              double *out);

/* Add the rates of n steps, which come before all steps added so far, to five sums, which are 0 at
   first. With beta_k the sum of the rates from step k on, and gamma_k that of their squares, they
   are beta and gamma of the first step, each as two numbers whose sum it is, and the sum of
   (rate_k / beta_(k+1)) * (gamma_k / beta_k) over the steps with beta_(k+1) above 0. */
void fastlr_last_iterate_sums(const double *rates, size_t n, double *sums);

/* The instruction set in use: "avx512", "avx2" or "baseline". It is the best that this processor
   has, unless another was chosen. */
const char *fastlr_instruction_set(void);

/* Whether this processor and this build have an instruction set. */
bool fastlr_has_instruction_set(const char *name);

/* Use an instruction set in the whole process from now on. Returns false if it is not available.
   All give the same bits. */
bool fastlr_use_instruction_set(const char *name);

/* A digest of the sources that the library was built from. */
const char *fastlr_sources(void);

/* Why this build must not be used, or an empty string. A compiler that fuses or reorders operations
   changes rates. */
const char *fastlr_fault(void);

#ifdef __cplusplus
}
#endif

#endif
