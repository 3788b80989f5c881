/* The plateau updates: what a metric changes in the state of a lane, operation by operation that
   of fastlr/kernels/reference_plateau.py.

   An update is computed in doubles, counts too, and nothing branches, so that many lanes go through
   at once. A block of lanes goes through the whole history before the next does. */
#ifndef FASTLR_PLATEAU_H
#define FASTLR_PLATEAU_H

#include "arithmetic.h"
#include "fastlr.h"
#include "opcodes.h"

#define TOGETHER 256              /* lanes of a block, whose data stay in the L1 cache */
#define MOST_UPDATES 2147483647.0 /* where a count stops */

typedef uint64_t Mask; /* all bits or none, as a vector comparison gives */

typedef struct {
    double sign, gain, atol, factor, floor, eps, patience, cooldown;
} Rule;

typedef struct {
    double scale, best, bad, cool;
} Lane;

/* A block of n lanes: pointers to their metrics, numbers and state. A number that all lanes share
   is repeated in `spread`. */
typedef struct {
    int64_t n;
    const double *metric, *rule[RULE_FIELDS];
    fastlr_state state;
    double *scales; /* a second place for the scale after an update */
    ALIGNED double spread[RULE_FIELDS + 1][TOGETHER], nowhere[TOGETHER];
} Block;

INLINED double kept(double x, bool single) { return single ? (double)(float)x : x; }

INLINED Mask mask(bool is) { return 0 - (Mask)is; }

INLINED double chosen(Mask first, double a, double b) {
    return from_bits((bits(a) & first) | (bits(b) & ~first));
}

INLINED double one_more(double count) { return smaller(count + 1.0, MOST_UPDATES); }

INLINED Lane after_torch(Lane was, double metric, Rule rule, bool single) {
    Mask better = mask(rule.sign * metric < rule.sign * was.best * rule.gain - rule.atol),
         cooling = mask(was.cool > 0.0);
    double bad = chosen(better | cooling, 0.0, one_more(was.bad));
    Mask fires = mask(bad > rule.patience);
    double scale = larger(was.scale * rule.factor, rule.floor);
    Mask cuts = fires & mask(was.scale - scale > rule.eps);
    return (Lane){
        chosen(cuts, kept(scale, single), was.scale),
        chosen(better, metric, was.best),
        chosen(fires, 0.0, bad),
        chosen(fires, rule.cooldown, was.cool - chosen(cooling, 1.0, 0.0)),
    };
}

INLINED Lane after_optax(Lane was, double metric, Rule rule, bool single) {
    double level = kept(kept(rule.sign * was.best * rule.gain, single) - rule.atol, single);
    Mask better = mask(rule.sign * metric < level), cooling = mask(was.cool > 0.0);
    double bad = chosen(better, 0.0, one_more(was.bad));
    Mask fires = ~cooling & mask(bad == rule.patience);
    double scale =
        larger(chosen(fires, kept(was.scale * rule.factor, single), was.scale), rule.floor);
    return (Lane){
        chosen(cooling, was.scale, scale),
        chosen(better, metric, was.best),
        chosen(cooling | fires, 0.0, bad),
        chosen(cooling, was.cool - 1.0, chosen(fires, rule.cooldown, 0.0)),
    };
}

INLINED Lane after_keras(Lane was, double metric, Rule rule, bool single) {
    Mask unseen = mask(was.bad < 0.0), cooling = mask(was.cool > 0.0);
    Mask better = unseen | mask(kept(rule.sign * metric + rule.atol, single) <
                                kept(rule.sign * was.best, single));
    double cool = was.cool - chosen(cooling, 1.0, 0.0), waited = chosen(cooling, 0.0, was.bad);
    Mask counts = mask(cool == 0.0);
    double bad = chosen(better, 0.0, chosen(counts, one_more(waited), waited));
    Mask cuts = ~better & counts & mask(bad >= rule.patience) &
                mask(kept(was.scale, true) > kept(rule.floor, true));
    return (Lane){
        chosen(cuts, kept(larger(was.scale * rule.factor, rule.floor), single), was.scale),
        chosen(better, metric, was.best),
        chosen(cuts, 0.0, bad),
        chosen(cuts, rule.cooldown, cool),
    };
}

INLINED Lane decided(int kind, Lane was, double metric, Rule rule, bool single) {
    switch (kind) {
    case UPDATE_TORCH: return after_torch(was, metric, rule, single);
    case UPDATE_OPTAX: return after_optax(was, metric, rule, single);
    case UPDATE_KERAS: return after_keras(was, metric, rule, single);
    default: TRAP();
    }
}

/* One update of a block. While `cool` is below 0 a lane warms up, and looks at nothing; a window
 * that is not full decides nothing. */
INLINED void update(Block *block, int kind, bool single, bool windowed, bool ignores) {
    bool narrow = single && kind == UPDATE_OPTAX; /* whose metrics are single, too */
    fastlr_state state = block->state;
#define FIELD(name) block->rule[FIELD_##name][i]
    INDEPENDENT
    for (int64_t i = 0; i < block->n; i++) {
        Lane was = {state.scale[i], state.best[i], (double)state.bad[i], (double)state.cool[i]};
        Rule rule = {FIELD(SIGN),  FIELD(GAIN), FIELD(ATOL),     FIELD(FACTOR),
                     FIELD(FLOOR), FIELD(EPS),  FIELD(PATIENCE), FIELD(COOLDOWN)};
        double metric = kept(block->metric[i], narrow);
        Mask skips = mask(ignores) & mask(metric != metric), warms = mask(was.cool < 0.0),
             waits = skips | warms;
        if (windowed) {
            double seen = (double)state.count[i], mean = state.mean[i], count = one_more(seen);
            metric = kept(kept(kept(seen * mean, narrow) + metric, narrow) / count, narrow);
            Mask full = mask(count >= FIELD(WINDOW));
            state.count[i] = (int32_t)chosen(waits, seen, chosen(full, 0.0, count));
            state.mean[i] = chosen(waits, mean, chosen(full, 0.0, metric));
            waits = waits | ~full;
        }
        Lane now = decided(kind, was, metric, rule, single);
        state.scale[i] = block->scales[i] = chosen(waits, was.scale, now.scale);
        state.best[i] = chosen(waits, was.best, now.best);
        state.bad[i] = (int32_t)chosen(waits, was.bad, now.bad);
        state.cool[i] =
            (int32_t)chosen(waits, was.cool + chosen(warms & ~skips, 1.0, 0.0), now.cool);
    }
#undef FIELD
}

/* One loop per kind of rule. */
static void update_block(Block *block, const double *rule) {
    bool single = rule[RULE_SINGLE] != 0.0, windowed = rule[RULE_WINDOWED] != 0.0,
         ignores = rule[RULE_IGNORES] != 0.0;
#define UPDATE(kind)                                                                               \
    switch (single + 2 * windowed) {                                                               \
    case 0: update(block, kind, false, false, ignores); return;                                    \
    case 1: update(block, kind, true, false, ignores); return;                                     \
    case 2: update(block, kind, false, true, ignores); return;                                     \
    default: update(block, kind, true, true, ignores); return;                                     \
    }
    switch ((int)rule[RULE_UPDATE]) {
    case UPDATE_TORCH: UPDATE(UPDATE_TORCH)
    case UPDATE_OPTAX: UPDATE(UPDATE_OPTAX)
    case UPDATE_KERAS: UPDATE(UPDATE_KERAS)
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
static void take_rule(Block *block, const double *rule, size_t lane, bool first) {
    for (int i = 0; i < RULE_FIELDS; i++) {
        const double *place = rule + RULE_HEADER + 2 * i, *of = rule + (size_t)place[0];
        if (place[1] != 0.0) {
            block->rule[i] = of + lane;
        } else if (first) {
            block->rule[i] = spread(*of, block->n, block->spread[i]);
        }
    }
}

static void plateau(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics,
                    fastlr_state state, double *scales, size_t row) {
    Block block;
    size_t window =
        rule[RULE_WINDOWED] != 0.0; /* without one, `mean` and `count` are no lanes' own */
    for (size_t lane = lanes.first; lane < lanes.stop; lane += TOGETHER) {
        block.n = (int64_t)(lanes.stop - lane < TOGETHER ? lanes.stop - lane : TOGETHER);
        block.state = (fastlr_state){state.scale + lane,         state.best + lane,
                                     state.bad + lane,           state.cool + lane,
                                     state.mean + lane * window, state.count + lane * window};
        take_rule(&block, rule, lane, lane == lanes.first);
        for (size_t t = 0; t < metrics.steps; t++) {
            const double *of = metrics.of + t * metrics.step;
            block.metric =
                metrics.lane ? of + lane : spread(*of, block.n, block.spread[RULE_FIELDS]);
            block.scales = scales ? scales + t * row + lane : block.nowhere;
            update_block(&block, rule);
        }
    }
}

#endif
