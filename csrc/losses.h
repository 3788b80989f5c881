/* The sums of loss laws over the rates of a run, operation by operation those of
   fastlr/kernels/jit/losses.py.

   With D_k = rate_k - rate_(k-1), S_t the sum of the rates up to step t, and a_k = C *
   rate_k^-gamma, the drop at step t is

       sum over k = 1 .. t of D_k * (1 - (1 + a_k * (S_t - S_(k-1)))^-beta).

   `multi_power_terms` adds up the terms for each step. `multi_power_exponentials` goes through the
   run once. With r_k = 1/a_k and y^-beta = sum over j of w_j * exp(-s_j * y), as exactly as the
   nodes s_j and weights w_j allow,

       D_k * (1 + a_k * x)^-beta = D_k * r_k^beta * (r_k + x)^-beta = sum over j of w_j * D_k *
   r_k^beta * exp(-s_j * (r_k + x)),

   and each node has one state, which takes up a term at step k and is multiplied by exp(-s_j *
   rate) at each step.

   Where the rate is 0, a_k is infinite: its term is D_k as soon as a rate above 0 follows, and 0
   before. */
#ifndef FASTLR_LOSSES_H
#define FASTLR_LOSSES_H

#include "arithmetic.h"
#include "fastlr.h"

#define TERMS 256 /* terms of a sum that are computed together */
#define PARTS 8   /* partial sums, so that a machine adds many numbers at a time */
#define LOG2_E 1.4426950408889634
#define SMALLEST 1e-300 /* log2_sum needs normal numbers */
#define LARGEST 1e300
#define STEEPEST 1000.0 /* exponents for which `scaled` needs no `deep` */

/* Steps of part of a run at which the rate changes. */
typedef struct {
    int64_t n;
    ALIGNED double change[TERMS], rate[TERMS],
        after[TERMS]; /* `after` is the sum of the rates from there on */
} Terms;

/* The same, made ready for the states: the logarithms of the rates and r; the change times r^beta,
 * which stands for the rate. */
typedef struct {
    ALIGNED double change[TERMS], rate[TERMS], log2[TERMS], r[TERMS];
} Ready;

INLINED double log2_of(double x) {
    Pair sum = log2_sum(smaller(larger(x, SMALLEST), LARGEST), 0.0);
    return sum.high + sum.low;
}

/* 2^e, within what a double holds without subnormals. */
INLINED double exp2_of(double e) {
    Power power = exp2_power(smaller(larger(e, -STEEPEST), STEEPEST), 0.0, false);
    return scaled(1.0 + power.q, power.n, false);
}

INLINED double sum_of_parts(const double *part) {
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
}

/* One pass per function: a pass over whole terms would keep fewer of them in flight. */
static void log2s(const double *RESTRICT of, int64_t n, double *RESTRICT out) {
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        out[i] = log2_of(of[i]);
    }
}

/* 2^(factor * x + shift) */
static void exp2s(const double *RESTRICT x, int64_t n, double factor, double shift,
                  double *RESTRICT out) {
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        out[i] = exp2_of(fma(factor, x[i], shift));
    }
}

/* Add the gathered terms to the partial sums. */
static void add_terms(Terms *terms, fastlr_law law, double *part) {
    ALIGNED double logs[TERMS], powers[TERMS];
    double *RESTRICT change = terms->change, *RESTRICT after = terms->after;
    int64_t n = terms->n;
    for (; n % PARTS != 0; n++) {
        change[n] = 0.0;
        terms->rate[n] = 1.0;
        after[n] = 0.0;
    }
    log2s(terms->rate, n, logs);
    exp2s(logs, n, -law.gamma, 0.0, powers);
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        after[i] = fma(law.c * powers[i], after[i], 1.0);
    }
    log2s(after, n, logs);
    exp2s(logs, n, -law.beta, 0.0, powers);
    for (int64_t i = 0; i < n; i += PARTS) {
        for (int64_t j = 0; j < PARTS; j++) {
            part[j] = fma(change[i + j], 1.0 - powers[i + j], part[j]);
        }
    }
}

/* Gather the terms of steps stop - 1 down to start. `after` is the sum of all later rates; the
   rates of these steps are added to it. Returns the sum of the terms whose rate is 0. */
static double gather(Terms *terms, const double *rates, int64_t start, int64_t stop, Pair *after) {
    double sum = 0.0, zeros = 0.0;
    int64_t n = 0;
    for (int64_t k = stop - 1; k >= start; k--) {
        double change = k > 0 ? rates[k] - rates[k - 1] : 0.0;
        sum += rates[k];
        if (change != 0.0) {
            double x = after->high + (after->low + sum);
            terms->change[n] = change;
            terms->rate[n] = rates[k];
            terms->after[n] = x;
            n += rates[k] > 0.0;
            zeros += rates[k] == 0.0 && x > 0.0 ? change : 0.0;
        }
    }
    terms->n = n;
    Pair total = two_sum(after->high, sum);
    *after = (Pair){total.high, total.low + after->low};
    return zeros;
}

static void multi_power_terms(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                              double *out) {
    Terms terms;
    for (size_t i = 0; i < n; i++) {
        double part[PARTS] = {0.0}, zeros = 0.0;
        Pair after = {0.0, 0.0};
        for (int64_t stop = t[i] + 1; stop > 0; stop -= TERMS) {
            zeros += gather(&terms, rates, stop > TERMS ? stop - TERMS : 0, stop, &after);
            add_terms(&terms, law, part);
        }
        out[2 * i] = after.high + after.low;
        out[2 * i + 1] = sum_of_parts(part) + zeros;
    }
}

/* The states, after steps whose rates have the sum x. */
INLINED void relax(fastlr_nodes nodes, double *RESTRICT state, double x, bool slopes) {
    const double *RESTRICT s = nodes.of;
    if (x == 0.0) {
        return;
    }
    INDEPENDENT
    for (size_t j = 0; j < nodes.n; j++) {
        double left = exp2_of(s[j] * x * -LOG2_E);
        state[j] *= left;
        if (slopes) {
            state[nodes.n + j] *= left;
            state[2 * nodes.n + j] *= left;
            state[3 * nodes.n + j] *= left;
        }
    }
}

/* The steps from start to before stop at which the rate changes, and not to 0, made ready; log2_c
 * is that of the law's C. */
static void make_ready(Ready *ready, const double *rates, int64_t start, int64_t stop,
                       fastlr_law law, double log2_c) {
    int64_t n = 0;
    for (int64_t k = start > 0 ? start : 1; k < stop; k++) {
        ready->change[n] = rates[k] - rates[k - 1];
        ready->rate[n] = rates[k];
        n += rates[k] != rates[k - 1] && rates[k] > 0.0;
    }
    log2s(ready->rate, n, ready->log2);
    exp2s(ready->log2, n, law.gamma, -log2_c, ready->r);
    exp2s(ready->log2, n, law.beta * law.gamma, -law.beta * log2_c, ready->rate);
    for (int64_t i = 0; i < n; i++) {
        ready->change[i] *= ready->rate[i];
    }
}

/* The i-th term into the states; for slopes also times r, log(rate), and both. */
INLINED void take_up(fastlr_nodes nodes, double *RESTRICT state, const Ready *ready, int64_t i,
                     bool slopes) {
    const double *RESTRICT s = nodes.of;
    double r = ready->r[i], c = ready->change[i], log_rate = ready->log2[i] * LN_2;
    double c_r = c * r, c_log = c * log_rate, c_r_log = c_r * log_rate;
    INDEPENDENT
    for (size_t j = 0; j < nodes.n; j++) {
        double left = exp2_of(s[j] * r * -LOG2_E);
        state[j] = fma(c, left, state[j]);
        if (slopes) {
            state[nodes.n + j] = fma(c_r, left, state[nodes.n + j]);
            state[2 * nodes.n + j] = fma(c_log, left, state[2 * nodes.n + j]);
            state[3 * nodes.n + j] = fma(c_r_log, left, state[3 * nodes.n + j]);
        }
    }
}

static double weighted(const double *RESTRICT weight, const double *RESTRICT state, size_t n) {
    double part[PARTS] = {0.0};
    for (size_t j = 0; j < n; j += PARTS) {
        for (size_t i = 0; i < PARTS; i++) {
            part[i] = fma(weight[j + i], state[j + i], part[i]);
        }
    }
    return sum_of_parts(part);
}

/* What the states amount to: rows 1 to 3 of the nodes are weights, their slopes by beta, and
 * weights times nodes. */
INLINED void amounts(fastlr_nodes nodes, const double *state, double *out, bool slopes) {
    const double *weight = nodes.of + nodes.n, *slope = weight + nodes.n,
                 *product = slope + nodes.n;
    out[0] = weighted(weight, state, nodes.n);
    if (slopes) {
        out[1] = weighted(slope, state, nodes.n);
        out[2] = weighted(product, state + nodes.n, nodes.n);
        out[3] = weighted(weight, state + 2 * nodes.n, nodes.n);
        out[4] = weighted(product, state + 3 * nodes.n, nodes.n);
    }
}

INLINED void add_exponentials(const double *rates, const int64_t *t, size_t n, fastlr_law law,
                              fastlr_nodes nodes, double *out, bool slopes) {
    Ready ready;
    Pair sum = {0.0, 0.0};
    double level = rates[0], ahead = 0.0,
           log2_c = log2_of(law.c); /* the last rate above 0; the rates no state has seen yet */
    int64_t k = 0, next = 0, last = n > 0 ? t[n - 1] : -1;
    for (size_t i = 0; i < n; i++) {
        for (; k <= t[i]; k++) {
            if (k % TERMS == 0) {
                make_ready(&ready, rates, k, k + TERMS <= last ? k + TERMS : last + 1, law, log2_c);
                next = 0;
            }
            if (k > 0 && rates[k] != rates[k - 1] && rates[k] > 0.0) {
                relax(nodes, nodes.states, ahead, slopes);
                take_up(nodes, nodes.states, &ready, next++, slopes);
                ahead = 0.0;
                level = rates[k];
            }
            ahead += rates[k];
            sum = two_sum(sum.high, rates[k] + sum.low);
        }
        relax(nodes, nodes.states, ahead, slopes);
        ahead = 0.0;
        double *row = out + i * (slopes ? 7 : 3);
        row[0] = sum.high + sum.low;
        row[1] = level - rates[0];
        amounts(nodes, nodes.states, row + 2, slopes);
    }
}

static void multi_power_exponentials(const double *rates, const int64_t *t, size_t n,
                                     fastlr_law law, fastlr_nodes nodes, double *out) {
    for (size_t j = 0; j < nodes.n * (nodes.slopes ? 4 : 1); j++) {
        nodes.states[j] = 0.0;
    }
    if (nodes.slopes) {
        add_exponentials(rates, t, n, law, nodes, out, true);
    } else {
        add_exponentials(rates, t, n, law, nodes, out, false);
    }
}

/* The sums of the rates, of their momentum, and of its slope by the decay. */
static void annealing_momenta(const double *rates, const int64_t *t, size_t n, double decay,
                              double *out) {
    Pair sum = {0.0, 0.0}, momenta = {0.0, 0.0}, slopes = {0.0, 0.0};
    double momentum = 0.0, slope = 0.0;
    int64_t k = 0;
    for (size_t i = 0; i < n; i++) {
        for (; k <= t[i]; k++) {
            double fall = k > 0 ? rates[k - 1] - rates[k] : 0.0;
            slope = fma(decay, slope, momentum);
            momentum = fma(decay, momentum, fall);
            sum = two_sum(sum.high, rates[k] + sum.low);
            momenta = two_sum(momenta.high, momentum + momenta.low);
            slopes = two_sum(slopes.high, slope + slopes.low);
        }
        out[3 * i] = sum.high + sum.low;
        out[3 * i + 1] = momenta.high + momenta.low;
        out[3 * i + 2] = slopes.high + slopes.low;
    }
}

/* Add the rates of n steps, which come before all that were added so far, to the sums of
   fastlr/reductions/last_iterate.py: those of the rates and of their squares, each in two parts,
   and that of the terms. The last rate above 0, and those of 0 behind it, have no term. */
static void last_iterate_sums(const double *rates, size_t n, double *sums) {
    ALIGNED double rate[TERMS], later[TERMS], from[TERMS], squares[TERMS];
    double part[PARTS] = {0.0};
    for (int64_t stop = (int64_t)n; stop > 0; stop -= TERMS) {
        int64_t size = stop < TERMS ? stop : TERMS, padded = (size + PARTS - 1) / PARTS * PARTS;
        double sum = 0.0, square = 0.0, before = sums[0] + sums[1], squared = sums[2] + sums[3];
        for (int64_t i = 0; i < size; i++) {
            rate[i] = rates[stop - 1 - i];
            later[i] = before + sum;
            sum += rate[i];
            square = fma(rate[i], rate[i], square);
            from[i] = before + sum;
            squares[i] = squared + square;
        }
        for (int64_t i = size; i < padded; i++) {
            rate[i] = later[i] = squares[i] = 0.0;
        }
        for (int64_t i = 0; i < padded; i += PARTS) {
            for (int64_t j = i; j < i + PARTS; j++) {
                bool moves = later[j] > 0.0;
                double ratio = rate[j] / (moves ? later[j] : 1.0);
                double mean = squares[j] / (moves ? from[j] : 1.0);
                part[j - i] = fma(moves ? ratio : 0.0, mean, part[j - i]);
            }
        }
        Pair total = two_sum(sums[0], sum), total_square = two_sum(sums[2], square);
        sums[0] = total.high;
        sums[1] += total.low;
        sums[2] = total_square.high;
        sums[3] += total_square.low;
    }
    sums[4] += sum_of_parts(part);
}

#endif
