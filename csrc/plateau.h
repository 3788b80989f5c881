/* The plateau updates: what a metric changes in the state of a lane, operation by operation that
   of fastlr/kernels/reference_plateau.py. */
#ifndef FASTLR_PLATEAU_H
#define FASTLR_PLATEAU_H

#include "rule_blocks.h"

typedef struct {
    double sign, gain, atol, factor, floor, eps, patience, cooldown;
} Rule;

typedef struct {
    double scale, best, bad, cool;
} Lane;

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
INLINED void update_plateau(Block *block, int kind, bool single, bool windowed, bool ignores) {
    bool narrow = single && kind == UPDATE_OPTAX; /* whose metrics are single, too */
    void *const *of = block->state;
    fastlr_state state = {of[0], of[1], of[2], of[3], of[4], of[5]};
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

#endif
