/* The kernels, compiled for one instruction set.

   baseline.c, avx2.c and avx512.c each include kernels.h, whose functions are all static, and put
   them into a table. fastlr.c chooses among the tables at run time. */
#ifndef FASTLR_INSTRUCTION_SET_H
#define FASTLR_INSTRUCTION_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fastlr.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_X86_SETS 1
#else
#define HAS_X86_SETS 0
#endif

typedef struct {
    const char *name;
    const char *(*fault)(void);
    double (*rate)(const double *program, double t);
    void (*rates)(const double *program, fastlr_lanes lanes, double t, double *out);
    void (*each)(const double *program, fastlr_lanes lanes, const int64_t *t, double *out);
    void (*steps)(const double *program, fastlr_lanes lanes, const int64_t *t, size_t n,
                  double *out, size_t row);
    void (*table)(const double *program, fastlr_lanes lanes, fastlr_steps steps, fastlr_out out);
    void (*replay)(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                   void *const *state, double *scales, size_t row);
    void (*multi_power_terms)(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                              double *out);
    void (*multi_power_exponentials)(const double *rates, const int64_t *t, size_t n,
                                     fastlr_law law, fastlr_nodes nodes, double *out);
    void (*annealing_momenta)(const double *rates, const int64_t *t, size_t n, double decay,
                              double *out);
    void (*last_iterate_sums)(const double *rates, size_t n, double *sums);
} InstructionSet;

/* Update lanes of a plateau rule or an adaptive rule with a history of metrics, as `fastlr_plateau`
   does. `state` has the address of each part, in the order of the rule's letters in RULE_PARTS. */
void fastlr_replay(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                   void *const *state, double *scales, size_t row);

extern const InstructionSet fastlr_baseline, fastlr_avx2, fastlr_avx512;

#endif
