/* What a level gives, and what it is compiled for.

   A level is all kernels compiled for one kind of processor: baseline.c, avx2.c and avx512.c each
   define LEVEL and take in kernels.h, whose functions are all static. fastlr.c chooses among them
   when the program runs. */
#ifndef FASTLR_LEVEL_H
#define FASTLR_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fastlr.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_X86_LEVELS 1
#else
#define HAS_X86_LEVELS 0
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
    void (*plateau)(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                    fastlr_state state, double *scales, size_t row);
    void (*drop)(const double *rates, const int64_t *t, size_t n, fastlr_law law, double *out);
    void (*drops)(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                  fastlr_nodes nodes, double *out);
    void (*annealed)(const double *rates, const int64_t *t, size_t n, double decay, double *out);
} Level;

extern const Level fastlr_baseline, fastlr_avx2, fastlr_avx512;

#endif
