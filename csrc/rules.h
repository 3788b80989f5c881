/* Updates of rules that follow a metric, over any range of lanes. */
#ifndef FASTLR_RULES_H
#define FASTLR_RULES_H

#include "adaptive.h"
#include "plateau.h"
#include "rule_parts.h"

static const int FIELD_COUNTS_OF_RULES[UPDATES] = RULE_FIELD_COUNTS;

/* One loop per kind of rule. */
static void update_block(Block *block, const double *rule) {
    bool single = rule[RULE_SINGLE] != 0.0, windowed = rule[RULE_WINDOWED] != 0.0,
         ignores = rule[RULE_IGNORES] != 0.0;
#define UPDATE(kind)                                                                               \
    switch (single + 2 * windowed) {                                                               \
    case 0: update_plateau(block, kind, false, false, ignores); return;                            \
    case 1: update_plateau(block, kind, true, false, ignores); return;                             \
    case 2: update_plateau(block, kind, false, true, ignores); return;                             \
    default: update_plateau(block, kind, true, true, ignores); return;                             \
    }
    switch ((int)rule[RULE_UPDATE]) {
    case UPDATE_TORCH: UPDATE(UPDATE_TORCH)
    case UPDATE_OPTAX: UPDATE(UPDATE_OPTAX)
    case UPDATE_KERAS: UPDATE(UPDATE_KERAS)
    case UPDATE_KL_ADAPTIVE:
        if (single) {
            update_kl_adaptive(block, true);
        } else {
            update_kl_adaptive(block, false);
        }
        return;
    case UPDATE_NEW_BOB: update_new_bob(block, ignores); return;
    case UPDATE_GREEDY_LR:
        if (windowed) {
            update_greedy_lr(block, true, ignores);
        } else {
            update_greedy_lr(block, false, ignores);
        }
        return;
    default: TRAP();
    }
#undef UPDATE
}

static const double *spread(double value, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i++) {
        out[i] = value;
    }
    return out;
}

/* Point to a block's numbers. Those that all lanes share are repeated once, at the first block. */
static void take_rule(Block *block, const double *rule, int count, size_t lane, bool first) {
    for (int i = 0; i < count; i++) {
        const double *place = rule + RULE_HEADER + 2 * i, *of = rule + (size_t)place[0];
        if (place[1] != 0.0) {
            block->rule[i] = of + lane;
        } else if (first) {
            block->rule[i] = spread(*of, block->n, block->spread[i]);
        }
    }
}

/* Point to a block's state. */
static void take_state(Block *block, const char *parts, void *const *state, size_t lane) {
    for (int i = 0; parts[i] != 0; i++) {
        size_t size = number_size(parts[i]) * numbers_per_lane(parts[i], block->window);
        block->state[i] = (char *)state[i] + lane * size;
    }
}

static void replay(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                   void *const *state, double *scales, size_t row) {
    Block block;
    int kind = (int)rule[RULE_UPDATE];
    if (kind < 0 || kind >= UPDATES) {
        TRAP();
    }
    block.window = (size_t)rule[RULE_WINDOWED];
    for (size_t lane = lanes.first; lane < lanes.stop; lane += TOGETHER) {
        block.n = (int64_t)(lanes.stop - lane < TOGETHER ? lanes.stop - lane : TOGETHER);
        take_state(&block, PARTS_OF_RULES[kind], state, lane);
        take_rule(&block, rule, FIELD_COUNTS_OF_RULES[kind], lane, lane == lanes.first);
        for (size_t t = 0; t < metrics.steps; t++) {
            const double *of = metrics.of + t * metrics.step;
            block.metric =
                metrics.lane ? of + lane : spread(*of, block.n, block.spread[RULE_FIELDS_MOST]);
            block.scales = scales ? scales + t * row + lane : block.nowhere;
            update_block(&block, rule);
        }
    }
}

#endif
