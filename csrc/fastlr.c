/* The public functions: what they check, and the instruction set whose kernels they call. */
#include "fastlr.h"

#include <math.h>
#include <string.h>

#include "instruction_set.h"
#include "opcodes.h"

static const InstructionSet *const INSTRUCTION_SETS[] = {
#if HAS_X86_SETS
    &fastlr_avx512,
    &fastlr_avx2,
#endif
    &fastlr_baseline,
};

enum { COUNT = sizeof INSTRUCTION_SETS / sizeof *INSTRUCTION_SETS };

static bool runs_here(const InstructionSet *set) {
#if HAS_X86_SETS
    __builtin_cpu_init();
    if (set == &fastlr_avx512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
    }
    if (set == &fastlr_avx2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return set == &fastlr_baseline;
}

static const InstructionSet *highest(void) {
    int i = 0;
    while (!runs_here(INSTRUCTION_SETS[i])) {
        i++;
    }
    return INSTRUCTION_SETS[i];
}

/* One pointer, written whole. Threads that both find it NULL write the same value. */
static const InstructionSet *volatile chosen;

static const InstructionSet *in_use(void) {
    const InstructionSet *now = chosen;
    return now ? now : (chosen = highest());
}

const char *fastlr_instruction_set(void) { return in_use()->name; }

static const InstructionSet *named(const char *name) {
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(INSTRUCTION_SETS[i]->name, name) == 0 && runs_here(INSTRUCTION_SETS[i])) {
            return INSTRUCTION_SETS[i];
        }
    }
    return NULL;
}

bool fastlr_has_instruction_set(const char *name) { return named(name) != NULL; }

bool fastlr_use_instruction_set(const char *name) {
    const InstructionSet *asked = named(name);
    chosen = asked ? asked : chosen;
    return asked != NULL;
}

const char *fastlr_sources(void) { return SOURCES; }

const char *fastlr_fault(void) {
    for (int i = 0; i < COUNT; i++) {
        if (runs_here(INSTRUCTION_SETS[i]) && INSTRUCTION_SETS[i]->fault()[0] != 0) {
            return INSTRUCTION_SETS[i]->fault();
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
    return allows(program, t) ? in_use()->rate(program, (double)t) : NAN;
}

void fastlr_rates(const double *program, fastlr_lanes lanes, int64_t t, double *out) {
    if (allows(program, t)) {
        in_use()->rates(program, lanes, (double)t, out);
        return;
    }
    for (size_t j = lanes.first; j < lanes.stop; j++) {
        out[j] = NAN;
    }
}

void fastlr_each(const double *program, fastlr_lanes lanes, const int64_t *t, double *out) {
    in_use()->each(program, lanes, t, out);
}

void fastlr_at(const double *program, fastlr_lanes lanes, const int64_t *t, size_t n, double *out,
               size_t row) {
    in_use()->steps(program, lanes, t, n, out, row);
}

void fastlr_table(const double *program, fastlr_lanes lanes, fastlr_steps steps, fastlr_out out) {
    in_use()->table(program, lanes, steps, out);
}

void fastlr_plateau(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                    fastlr_state state, double *scales, size_t row) {
    void *const parts[] = {state.scale, state.best, state.bad, state.cool, state.mean, state.count};
    fastlr_replay(rule, lanes, metrics, parts, scales, row);
}

void fastlr_replay(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                   void *const *state, double *scales, size_t row) {
    in_use()->replay(rule, lanes, metrics, state, scales, row);
}

void fastlr_multi_power_terms(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                              double *out) {
    in_use()->multi_power_terms(rates, t, n, law, out);
}

void fastlr_multi_power_exponentials(const double *rates, const int64_t *t, size_t n,
                                     fastlr_law law, fastlr_nodes nodes, double *out) {
    in_use()->multi_power_exponentials(rates, t, n, law, nodes, out);
}

void fastlr_annealing_momenta(const double *rates, const int64_t *t, size_t n, double decay,
                              double *out) {
    in_use()->annealing_momenta(rates, t, n, decay, out);
}

void fastlr_last_iterate_sums(const double *rates, size_t n, double *sums) {
    in_use()->last_iterate_sums(rates, n, sums);
}
