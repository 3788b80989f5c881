/* The updates of adaptive rules: what a metric changes in the state of a lane, operation by
   operation that of fastlr/kernels/reference_adaptive.py. */
#ifndef FASTLR_ADAPTIVE_H
#define FASTLR_ADAPTIVE_H

#include "rule_blocks.h"

/* Divergences are compared in single precision, as tensors are, or in double. */
INLINED void update_kl_adaptive(Block *block, bool single) {
    double *scale = block->state[0];
#define FIELD(name) block->rule[KL_ADAPTIVE_##name][i]
    INDEPENDENT
    for (int64_t i = 0; i < block->n; i++) {
        double was = scale[i], kl = kept(block->metric[i], single);
        Mask above = mask(kl > FIELD(ABOVE)), counts = mask(FIELD(SIGNED) != 0.0) | mask(kl > 0.0),
             below = mask(kl < FIELD(BELOW)) & counts;
        double less = larger(was / FIELD(FACTOR), FIELD(FLOOR)),
               more = smaller(was * FIELD(FACTOR), FIELD(CEILING));
        scale[i] = block->scales[i] = chosen(above, less, chosen(below, more, was));
    }
#undef FIELD
}

INLINED void update_new_bob(Block *block, bool ignores) {
    double *scale = block->state[0], *last = block->state[1];
    int32_t *left = block->state[2], *seen = block->state[3];
#define FIELD(name) block->rule[NEW_BOB_##name][i]
    INDEPENDENT
    for (int64_t i = 0; i < block->n; i++) {
        double metric = block->metric[i], was = scale[i], before = last[i],
               tolerated = (double)left[i], begun = (double)seen[i];
        Mask skips = mask(ignores) & mask(metric != metric);
        double improvement = chosen(mask(before == 0.0), 0.0, (before - metric) / before);
        Mask little = ~skips & mask(begun > 0.0) & mask(improvement < FIELD(THRESHOLD)),
             cuts = little & mask(tolerated == 0.0);
        double rest = tolerated - chosen(little, 1.0, 0.0);
        scale[i] = block->scales[i] = chosen(cuts, was * FIELD(FACTOR), was);
        last[i] = chosen(skips, before, metric);
        left[i] = (int32_t)chosen(cuts, FIELD(PATIENCE), rest);
        seen[i] = (int32_t)chosen(skips, begun, 1.0);
    }
#undef FIELD
}

/* The state of `GreedyLR`. `values` has a window per lane; it, `total`, `at` and `held` change only
   if there are windows. */
typedef struct {
    double *scale, *first, *best;
    int32_t *bad, *good, *cool, *warm, *left;
    double *values, *total;
    int32_t *at, *held;
} Greedy;

INLINED Greedy greedy_of(const Block *block) {
    void *const *of = block->state;
    return (Greedy){of[0], of[1], of[2], of[3], of[4],  of[5],
                    of[6], of[7], of[8], of[9], of[10], of[11]};
}

/* Put the metrics of a block into the windows of its lanes, and their means into `means`. */
static void take_metrics(const Block *block, bool ignores, double *means) {
    Greedy state = greedy_of(block);
    size_t size = block->window;
    for (int64_t i = 0; i < block->n; i++) {
        double metric = means[i] = block->metric[i];
        if (ignores && metric != metric) {
            continue;
        }
        double *place = state.values + (size_t)i * size + (size_t)state.at[i];
        double total = state.total[i] + metric;
        if ((size_t)state.held[i] == size) {
            total -= *place;
        } else {
            state.held[i]++;
        }
        *place = metric;
        state.total[i] = total;
        state.at[i] = (size_t)state.at[i] + 1 == size ? 0 : state.at[i] + 1;
        means[i] = total / (double)state.held[i];
    }
}

/* Empty the windows of lanes that begin again. */
static void forget_metrics(const Block *block, const Mask *resets) {
    Greedy state = greedy_of(block);
    size_t size = block->window;
    for (int64_t i = 0; i < block->n; i++) {
        if (resets[i]) {
            memset(state.values + (size_t)i * size, 0, size * sizeof(double));
            state.total[i] = 0.0;
            state.at[i] = state.held[i] = 0;
        }
    }
}

/* One update of a block by `metrics`, the block's or their means. `resets` says which lanes begin
   again: all but their cooldown, and the windows, which `forget_metrics` empties. */
INLINED void decide_greedy(const Block *block, const double *metrics, bool ignores, Mask *resets) {
    Greedy state = greedy_of(block);
#define FIELD(name) block->rule[GREEDY_LR_##name][i]
    INDEPENDENT
    for (int64_t i = 0; i < block->n; i++) {
        double metric = metrics[i], sign = FIELD(SIGN), was = state.scale[i], best = state.best[i],
               begun = state.first[i], bad = (double)state.bad[i], good = (double)state.good[i],
               cool = (double)state.cool[i], warm = (double)state.warm[i],
               left = (double)state.left[i];
        Mask skips = mask(ignores) & mask(block->metric[i] != block->metric[i]);
        Mask cooling = mask(cool > 0.0), warming = ~cooling & mask(warm > 0.0),
             acts = ~cooling & ~warming,
             better = acts & mask(sign * metric < sign * best * FIELD(GAIN) - FIELD(ATOL));
        double goods = chosen(better, one_more(good), 0.0),
               bads = chosen(acts & ~better, one_more(bad), 0.0);
        Mask raises = mask(goods > FIELD(PATIENCE)),
             reduces = ~raises & mask(bads > FIELD(PATIENCE));
        double more = smaller(was / FIELD(FACTOR), FIELD(CEILING)),
               less = larger(was * FIELD(FACTOR), FIELD(FLOOR));
        double now = chosen(raises & mask(more - was > FIELD(EPS)), more,
                            chosen(reduces & mask(was - less > FIELD(EPS)), less, was));
        Mask lowest = reduces & ~mask(now > FIELD(FLOOR));
        double rest = chosen(raises, FIELD(RESETS), left - chosen(lowest, 1.0, 0.0));
        Mask anew = lowest & mask(rest <= 0.0);
        double cooled = chosen(reduces, FIELD(COOLDOWN), cool - chosen(cooling, 1.0, 0.0)),
               warmed = chosen(raises, FIELD(WARMUP), warm - chosen(warming, 1.0, 0.0));
        double worst = chosen(mask(sign > 0.0), INFINITY, -INFINITY);
        resets[i] = anew & ~skips;
        state.scale[i] = block->scales[i] = chosen(skips, was, chosen(anew, begun, now));
        state.best[i] = chosen(skips, best, chosen(anew, worst, chosen(better, metric, best)));
        state.bad[i] = (int32_t)chosen(skips, bad, chosen(reduces, 0.0, bads));
        state.good[i] = (int32_t)chosen(skips, good, chosen(raises, 0.0, goods));
        state.cool[i] = (int32_t)chosen(skips, cool, cooled);
        state.warm[i] = (int32_t)chosen(skips, warm, chosen(anew, 0.0, warmed));
        state.left[i] = (int32_t)chosen(skips, left, chosen(anew, FIELD(RESETS), rest));
    }
#undef FIELD
}

INLINED void update_greedy_lr(Block *block, bool windowed, bool ignores) {
    ALIGNED double means[TOGETHER];
    ALIGNED Mask resets[TOGETHER];
    if (windowed) {
        take_metrics(block, ignores, means);
    }
    decide_greedy(block, windowed ? means : block->metric, ignores, resets);
    if (windowed) {
        forget_metrics(block, resets);
    }
}

#endif
