/* The plateau automata: what a metric changes in the state of a lane, operation by operation that of fastlr/automaton.py.

   Everything is a double, counts too, and nothing branches, so that many lanes go through at once. A block of lanes sits down
   together, state and rule, and gets up after the last update. */
#ifndef FASTLR_PLATEAU_H
#define FASTLR_PLATEAU_H

#include "arithmetic.h"
#include "fastlr.h"
#include "shapes.h"

#define SEATS 256                 /* lanes at a time: all that they need stays in the nearest cache */
#define MOST_UPDATES 2147483647.0 /* where a count stops */

typedef struct {
    double sign, gain, atol, factor, floor, eps, patience, cooldown;
} Rule;

typedef struct {
    double scale, best, bad, cool;
} Lane;

typedef struct {
    ALIGNED double metric[SEATS], scale[SEATS], best[SEATS], bad[SEATS], cool[SEATS], mean[SEATS], count[SEATS];
    double rule[RULE_FIELDS][SEATS];
} Seated;

INLINED double kept(double x, bool single) { return single ? (double)(float)x : x; }

INLINED double one_more(double count) { return smaller(count + 1.0, MOST_UPDATES); }

INLINED Lane after_torch(Lane was, double metric, Rule rule, bool single) {
    bool better = rule.sign * metric < rule.sign * was.best * rule.gain - rule.atol;
    bool cooling = was.cool > 0.0;
    double bad = better | cooling ? 0.0 : one_more(was.bad);
    double scale = larger(was.scale * rule.factor, rule.floor);
    bool fires = bad > rule.patience;
    bool cuts = fires & (was.scale - scale > rule.eps);
    return (Lane){
        cuts ? kept(scale, single) : was.scale,
        better ? metric : was.best,
        fires ? 0.0 : bad,
        fires ? rule.cooldown : was.cool - (cooling ? 1.0 : 0.0),
    };
}

INLINED Lane after_optax(Lane was, double metric, Rule rule, bool single) {
    double level = kept(kept(rule.sign * was.best * rule.gain, single) - rule.atol, single);
    bool better = rule.sign * metric < level;
    bool cooling = was.cool > 0.0;
    double bad = better ? 0.0 : one_more(was.bad);
    bool fires = !cooling & (bad == rule.patience);
    double scale = larger(fires ? kept(was.scale * rule.factor, single) : was.scale, rule.floor);
    return (Lane){
        cooling ? was.scale : scale,
        better ? metric : was.best,
        cooling | fires ? 0.0 : bad,
        cooling ? was.cool - 1.0 : (fires ? rule.cooldown : 0.0),
    };
}

INLINED Lane after_keras(Lane was, double metric, Rule rule, bool single) {
    bool better = (kept(rule.sign * metric + rule.atol, single) < kept(rule.sign * was.best, single)) | (was.bad < 0.0);
    bool cooling = was.cool > 0.0;
    double cool = was.cool - (cooling ? 1.0 : 0.0), waited = cooling ? 0.0 : was.bad;
    bool counts = cool == 0.0;
    double bad = better ? 0.0 : (counts ? one_more(waited) : waited);
    bool cuts = !better & counts & (bad >= rule.patience) & (kept(was.scale, true) > kept(rule.floor, true));
    return (Lane){
        cuts ? kept(larger(was.scale * rule.factor, rule.floor), single) : was.scale,
        better ? metric : was.best,
        cuts ? 0.0 : bad,
        cuts ? rule.cooldown : cool,
    };
}

INLINED Lane decided(int automaton, Lane was, double metric, Rule rule, bool single) {
    switch (automaton) {
    case AUTOMATON_TORCH: return after_torch(was, metric, rule, single);
    case AUTOMATON_OPTAX: return after_optax(was, metric, rule, single);
    default: return after_keras(was, metric, rule, single);
    }
}

/* One update of all that are seated. While `cool` is below 0 a lane warms up, and looks at nothing; a window that is not full
   decides nothing. */
INLINED void update(Seated *at, int64_t n, int automaton, bool single, bool windowed, bool ignores) {
    bool narrow = single && automaton == AUTOMATON_OPTAX; /* whose metrics are single, too */
#define FIELD(name) at->rule[FIELD_##name][i]
    for (int64_t i = 0; i < n; i++) {
        Lane was = {at->scale[i], at->best[i], at->bad[i], at->cool[i]};
        Rule rule = {FIELD(SIGN),  FIELD(GAIN), FIELD(ATOL),     FIELD(FACTOR),
                     FIELD(FLOOR), FIELD(EPS),  FIELD(PATIENCE), FIELD(COOLDOWN)};
        double metric = kept(at->metric[i], narrow);
        bool skips = ignores & (metric != metric), warms = was.cool < 0.0, waits = skips | warms;
        if (windowed) {
            double seen = at->count[i], mean = at->mean[i], count = one_more(seen);
            metric = kept(kept(kept(seen * mean, narrow) + metric, narrow) / count, narrow);
            bool full = count >= FIELD(WINDOW);
            at->count[i] = waits ? seen : (full ? 0.0 : count);
            at->mean[i] = waits ? mean : (full ? 0.0 : metric);
            waits = waits | !full;
        }
        Lane now = decided(automaton, was, metric, rule, single);
        at->scale[i] = waits ? was.scale : now.scale;
        at->best[i] = waits ? was.best : now.best;
        at->bad[i] = waits ? was.bad : now.bad;
        at->cool[i] = waits ? was.cool + (warms & !skips ? 1.0 : 0.0) : now.cool;
    }
#undef FIELD
}

/* A loop of its own for each kind of rule. */
static void update_seated(Seated *at, int64_t n, const double *rule) {
    bool single = rule[RULE_SINGLE] != 0.0, windowed = rule[RULE_WINDOWED] != 0.0, ignores = rule[RULE_IGNORES] != 0.0;
#define UPDATE(automaton)                                                                                                        \
    switch (single + 2 * windowed) {                                                                                             \
    case 0: update(at, n, automaton, false, false, ignores); return;                                                             \
    case 1: update(at, n, automaton, true, false, ignores); return;                                                              \
    case 2: update(at, n, automaton, false, true, ignores); return;                                                              \
    default: update(at, n, automaton, true, true, ignores); return;                                                              \
    }
    switch ((int)rule[RULE_AUTOMATON]) {
    case AUTOMATON_TORCH: UPDATE(AUTOMATON_TORCH)
    case AUTOMATON_OPTAX: UPDATE(AUTOMATON_OPTAX)
    default: UPDATE(AUTOMATON_KERAS)
    }
#undef UPDATE
}

/* The numbers of a rule: a lane's own each time, shared ones once, when the first lanes sit down. */
static void seat_rule(Seated *at, const double *rule, size_t lane, int64_t n, bool first) {
    for (int i = 0; i < RULE_FIELDS; i++) {
        const double *place = rule + RULE_HEADER + 2 * i, *of = rule + (size_t)place[0];
        if (place[1] != 0.0) {
            memcpy(at->rule[i], of + lane, (size_t)n * sizeof(double));
        } else if (first) {
            for (int64_t j = 0; j < SEATS; j++) {
                at->rule[i][j] = *of;
            }
        }
    }
}

static void seat(Seated *at, fastlr_state state, size_t lane, int64_t n, bool windowed) {
    memcpy(at->scale, state.scale + lane, (size_t)n * sizeof(double));
    memcpy(at->best, state.best + lane, (size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        at->bad[i] = (double)state.bad[lane + (size_t)i];
        at->cool[i] = (double)state.cool[lane + (size_t)i];
    }
    for (int64_t i = 0; windowed && i < n; i++) {
        at->mean[i] = state.mean[lane + (size_t)i];
        at->count[i] = (double)state.count[lane + (size_t)i];
    }
}

static void unseat(const Seated *at, fastlr_state state, size_t lane, int64_t n, bool windowed) {
    memcpy(state.scale + lane, at->scale, (size_t)n * sizeof(double));
    memcpy(state.best + lane, at->best, (size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        state.bad[lane + (size_t)i] = (int32_t)at->bad[i];
        state.cool[lane + (size_t)i] = (int32_t)at->cool[i];
    }
    for (int64_t i = 0; windowed && i < n; i++) {
        state.mean[lane + (size_t)i] = at->mean[i];
        state.count[lane + (size_t)i] = (int32_t)at->count[i];
    }
}

static void take_metrics(Seated *at, fastlr_metrics metrics, size_t t, size_t lane, int64_t n) {
    const double *of = metrics.of + t * metrics.step;
    if (metrics.lane != 0) {
        memcpy(at->metric, of + lane, (size_t)n * sizeof(double));
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        at->metric[i] = *of;
    }
}

static void plateau(const double *rule, fastlr_lanes lanes, fastlr_metrics metrics, fastlr_state state, double *scales,
                    size_t row) {
    Seated at;
    bool windowed = rule[RULE_WINDOWED] != 0.0;
    for (size_t lane = lanes.first; lane < lanes.stop; lane += SEATS) {
        int64_t n = (int64_t)(lanes.stop - lane < SEATS ? lanes.stop - lane : SEATS);
        seat_rule(&at, rule, lane, n, lane == lanes.first);
        seat(&at, state, lane, n, windowed);
        for (size_t t = 0; t < metrics.steps; t++) {
            take_metrics(&at, metrics, t, lane, n);
            update_seated(&at, n, rule);
            if (scales) {
                memcpy(scales + t * row + lane, at.scale, (size_t)n * sizeof(double));
            }
        }
        unseat(&at, state, lane, n, windowed);
    }
}

#endif
