/* The public functions: what they check, and the level they call. */
#include "fastlr.h"

#include <math.h>
#include <string.h>

#include "level.h"
#include "opcodes.h"

static const Level *const LEVELS[] = {
#if HAS_X86_LEVELS
    &fastlr_avx512,
    &fastlr_avx2,
#endif
    &fastlr_baseline,
};

enum { COUNT = sizeof LEVELS / sizeof *LEVELS };

static bool runs_here(const Level *level) {
#if HAS_X86_LEVELS
    __builtin_cpu_init();
    if (level == &fastlr_avx512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
    }
    if (level == &fastlr_avx2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return level == &fastlr_baseline;
}

static const Level *highest(void) {
    int i = 0;
    while (!runs_here(LEVELS[i])) {
        i++;
    }
    return LEVELS[i];
}

/* One pointer, written whole: threads that both find it empty write the same. */
static const Level *volatile chosen;

static const Level *level(void) {
    const Level *now = chosen;
    return now ? now : (chosen = highest());
}

const char *fastlr_level(void) { return level()->name; }

static const Level *named(const char *name) {
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(LEVELS[i]->name, name) == 0 && runs_here(LEVELS[i])) {
            return LEVELS[i];
        }
    }
    return NULL;
}

bool fastlr_has_level(const char *name) { return named(name) != NULL; }

bool fastlr_use_level(const char *name) {
    const Level *asked = named(name);
    chosen = asked ? asked : chosen;
    return asked != NULL;
}

const char *fastlr_sources(void) { return SOURCES; }

const char *fastlr_fault(void) {
    for (int i = 0; i < COUNT; i++) {
        if (runs_here(LEVELS[i]) && LEVELS[i]->fault()[0] != 0) {
            return LEVELS[i]->fault();
        }
    }
    return "";
}

size_t fastlr_count(const double *program) { return (size_t)program[HEADER_LANES]; }

static bool allows(const double *program, int64_t t) {
    return t >= 0 && t <= LAST_STEP && (double)t < program[HEADER_LIMIT];
}

bool fastlr_allows(const double *program, const int64_t *t, size_t n) {
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        all &= allows(program, t[i]);
    }
    return all;
}

double fastlr_rate(const double *program, int64_t t) {
    return allows(program, t) ? level()->rate(program, (double)t) : NAN;
}

void fastlr_rates(const double *program, fastlr_lanes lanes, int64_t t, double *out) {
    level()->rates(program, lanes, (double)t, out);
}

void fastlr_each(const double *program, fastlr_lanes lanes, const int64_t *t, double *out) {
    level()->each(program, lanes, t, out);
}

void fastlr_at(const double *program, fastlr_lanes lanes, const int64_t *t, size_t n, double *out,
               size_t row) {
    level()->steps(program, lanes, t, n, out, row);
}

void fastlr_table(const double *program, fastlr_lanes lanes, fastlr_steps steps, fastlr_out out) {
    level()->table(program, lanes, steps, out);
}

void fastlr_plateau(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                    fastlr_state state, double *scales, size_t row) {
    level()->plateau(rule, lanes, metrics, state, scales, row);
}

void fastlr_drop(const double *rates, const int64_t *t, size_t n, fastlr_law law, double *out) {
    level()->drop(rates, t, n, law, out);
}

void fastlr_drops(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                  fastlr_nodes nodes, double *out) {
    level()->drops(rates, t, n, law, nodes, out);
}

void fastlr_annealed(const double *rates, const int64_t *t, size_t n, double decay, double *out) {
    level()->annealed(rates, t, n, decay, out);
}
