/* Any words at all as a plateau rule, with any metrics and states: what is said to be one is
   replayed, and nothing may go wrong.

   The first word says how many lanes, the next four are metrics and what the state begins with. The
   others are the rule. */
#include "words.h"

#include <fastlr.h>

#include "opcodes.h"

enum { ASKED = 5, MOST_LANES = 600, UPDATES = 4 };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    return mutated_behind(ASKED, RULE_HEADER, PLATEAU_MAGIC, RULE_SIZE, data, size, most, seed);
}

static void replay(const double *rule, size_t lanes, const double *asked) {
    size_t wide = lanes * sizeof(double), narrow = lanes * sizeof(int32_t);
    fastlr_state state = {malloc(wide),   malloc(wide), malloc(narrow),
                          malloc(narrow), malloc(wide), malloc(narrow)};
    double *scales = malloc(UPDATES * wide);
    for (size_t lane = 0; lane < lanes; lane++) {
        state.scale[lane] = asked[2];
        state.best[lane] = asked[3];
        state.mean[lane] = asked[4];
        state.bad[lane] = state.cool[lane] = state.count[lane] =
            (int32_t)number_in(asked[4], INT32_MIN, INT32_MAX);
    }
    fastlr_plateau(rule, (fastlr_lanes){0, lanes}, (fastlr_metrics){asked + 1, UPDATES, 1, 0},
                   state, scales, lanes);
    void *const held[] = {state.scale, state.best,  state.bad, state.cool,
                          state.mean,  state.count, scales};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        free(held[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t count = size / sizeof(double);
    if (count < ASKED) {
        return 0;
    }
    double *words = copied(data, count),
           *rule = copied(data + ASKED * sizeof(double), count - ASKED);
    size_t lanes = (size_t)number_in(words[0], 1, MOST_LANES);
    if (fastlr_is_rule(rule, count - ASKED, lanes)) {
        replay(rule, lanes, words);
    }
    free(words);
    free(rule);
    return 0;
}
