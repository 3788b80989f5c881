/* Any numbers as a plateau rule, with any metrics and states: if fastlr_is_rule accepts them,
   replay the metrics. Nothing may go wrong.

   The first number is the number of lanes, the next four are metrics and the initial state. The
   others are the rule. */
#include "mutations.h"

#include <fastlr.h>

#include "opcodes.h"

enum { CHOICES = 5, MOST_LANES = 600, MOST_UPDATES = 4 };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    return mutated_behind(CHOICES, RULE_HEADER, PLATEAU_MAGIC, RULE_SIZE, data, size, most, seed);
}

static void replay(const double *rule, size_t lanes, const double *chosen) {
    size_t wide = lanes * sizeof(double), narrow = lanes * sizeof(int32_t);
    fastlr_state state = {malloc(wide),   malloc(wide), malloc(narrow),
                          malloc(narrow), malloc(wide), malloc(narrow)};
    double *scales = malloc(MOST_UPDATES * wide);
    for (size_t lane = 0; lane < lanes; lane++) {
        state.scale[lane] = chosen[2];
        state.best[lane] = chosen[3];
        state.mean[lane] = chosen[4];
        state.bad[lane] = state.cool[lane] = state.count[lane] =
            (int32_t)number_in(chosen[4], INT32_MIN, INT32_MAX);
    }
    fastlr_plateau(rule, (fastlr_lanes){0, lanes}, (fastlr_metrics){chosen + 1, MOST_UPDATES, 1, 0},
                   state, scales, lanes);
    void *const held[] = {state.scale, state.best,  state.bad, state.cool,
                          state.mean,  state.count, scales};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        free(held[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t count = size / sizeof(double);
    if (count < CHOICES) {
        return 0;
    }
    double *numbers = copied(data, count),
           *rule = copied(data + CHOICES * sizeof(double), count - CHOICES);
    size_t lanes = (size_t)number_in(numbers[0], 1, MOST_LANES);
    if (fastlr_is_rule(rule, count - CHOICES, lanes)) {
        replay(rule, lanes, numbers);
    }
    free(numbers);
    free(rule);
    return 0;
}
