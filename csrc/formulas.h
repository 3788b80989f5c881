/* One function per curve: its formula from fastlr/program/opcodes.py at a step c, counted from the
   segment's start. Each follows its namesake in fastlr/kernels/jit operation by operation.

   Lines, squares and cosines are measured from the nearer of their two ends: its level, and a rise
   towards the other, which is a slope of two words times an exact integer. Flags ask for more work
   where the result needs it, with the same bits where it does not: `wide` for a length whose square
   needs two words, `deep` for a power of two that is no normal number. `fine` is for a power so
   large that it would show the error of a logarithm or of its base. It depends on the segment's
   numbers alone: all steps of a segment have it, or none. */
#ifndef FASTLR_FORMULAS_H
#define FASTLR_FORMULAS_H

#include "arithmetic.h"
#include "opcodes.h"

#define TURN 0.5 /* of a line and a cosine: where the other end becomes the nearer */
#define SQUARE_TURN                                                                                \
    0.29289321881345254 /* of a square, 1 - sqrt(1/2), where it has gone half of its way */
#define WIDE                                                                                       \
    67108864.0 /* 2^26: the longest length whose square, and twice it, is exact in one word */
#define NORMAL 1000.0 /* 2 to this and to minus this are normal numbers */
#define STEEP                                                                                      \
    (NORMAL /                                                                                      \
     53.0) /* a power below it is fine enough, and a normal number for every quotient of steps */
#define SHARP 2.0 /* a power of a cosine's step up to it is fine enough */
#define SLOW                                                                                       \
    1099511627776.0 /* 2^40 steps: a change spread over more of them is resolved by a second word  \
                     */

/* Whether a power is so large that it has to be `fine`. */
INLINED bool is_steep(double q) { return q >= STEEP; }
/* Whether a step is so large that an inverse power, which falls little there, has to be `fine`. */
INLINED bool is_far(double c) { return c > SLOW; }

/* Whether a cosine has to be `fine`: it has an exponent other than 1, or a k above 2. */
INLINED bool is_sharp(double x, double k) { return fabs(x) != 1.0 || k > SHARP; }

/* Steps at absolute places, a patch, share one Taylor polynomial, centred at their middle. */
#define STEPS_OF_PATCH 128
#define PATCH ((double)STEPS_OF_PATCH)
#define FAR                                                                                        \
    4096.0 /* steps: so far from a singular end, times the power, seven coefficients are enough */
#define BRISK 0.00048828125 /* 2^-11: the largest change of an exponent per step within a patch */
#define GROWN 600.0         /* the largest exponent within a patch */
#define WIDEST_BASE 2147483648.0 /* 2^31: raised to any power below STEEP, at most 2^GROWN */
/* levels of a curve within a patch, so that all of its numbers are normal ones */
#define LEAST 1e-30
#define MOST 1e30

/* A rate about a step: its value there in two words, and the coefficients of its change. */
typedef struct {
    Pair value;
    double c1, c2, c3, c4, c5, c6, c7;
} Taylor;

/* The first and the last step whose rates come from patches. */
typedef struct {
    double first, last;
} Patched;

typedef struct {
    double unit; /* (pi/2/size)^2, of a cosine */
    Pair rate;   /* the slope itself */
} Slope;

typedef struct {
    Pair past, left; /* which are 1 together */
} Progress;

typedef struct {
    double kept, lost; /* which are 1 together */
} Share;

/* (hi - lo) * (unit + unit_low) in two words, for 0 <= lo <= hi. */
INLINED Pair slope_of(double lo, double hi, Pair unit) {
    double height = hi - lo;
    double slope = height * unit.high;
    return (Pair){slope, fma(height, unit.high, -slope) +
                             fma(height, unit.low, ((hi - height) - lo) * unit.high)};
}

/* From the level of the nearer end towards the other; in a wide segment no further than the middle,
 * where the halves meet. */
INLINED double from_nearer(bool high, double lo, double hi, double rise, bool wide) {
    double rate = high ? hi - rise : lo + rise;
    double middle = fma(0.5, hi - lo, lo);
    double kept = high ? larger(rate, middle) : smaller(rate, middle);
    return wide ? kept : rate;
}

INLINED Slope linear_slope(double size, double lo, double hi) {
    double inverse = 1.0 / size;
    return (Slope){0.0, slope_of(lo, hi, (Pair){inverse, fma(-inverse, size, 1.0) * inverse})};
}

INLINED double linear_rise(double x, Slope slope) {
    return fma(x, slope.rate.high, x * slope.rate.low);
}

INLINED double linear(double c, double length, double lo, double hi, bool wide) {
    double size = fabs(length);
    Slope slope = linear_slope(size, lo, hi);
    bool late = c > TURN * size; /* which is where size - c < c */
    double rise = linear_rise(smaller(size - c, c), slope);
    return from_nearer((length > 0.0) != late, lo, hi, rise, wide && size > WIDE);
}

INLINED Slope square_slope(double size, double lo, double hi, bool wide) {
    return (Slope){0.0, slope_of(lo, hi, over_square(1.0, 0.0, size, wide))};
}

/* a*b times the slope: x*x, x steps from the last level, or x*(2*size - x), x steps from the first.
 */
INLINED double square_rise(double a, double b, Slope slope, bool wide) {
    double product = a * b;
    double low = product * slope.rate.low;
    return fma(product, slope.rate.high,
               wide ? fma(fma(a, b, -product), slope.rate.high, low) : low);
}

INLINED double square(double c, double length, double lo, double hi, bool wide) {
    double size = fabs(length);
    Slope slope = square_slope(size, lo, hi, wide);
    bool late = c > SQUARE_TURN * size;
    double x = late ? size - c : c;
    double rise = square_rise(x, late ? x : 2.0 * size - x, slope, wide);
    return from_nearer((length > 0.0) != late, lo, hi, rise, wide && size > WIDE);
}

INLINED Slope cosine_slope(double size, double lo, double hi, bool wide) {
    Pair unit = over_square(QUARTER_PI_2, QUARTER_PI_2_LOW, size, wide);
    return (Slope){unit.high, slope_of(lo, hi, unit)};
}

/* sin(pi/2 * x/size)^2 of the height, x <= size/2: the square of the angle, then what the sine
 * falls short of it. `square` is x*x; x itself matters where that is `wide`. */
INLINED double cosine_rise(double x, double square, Slope slope, bool wide) {
    double angle = square * slope.unit, rise = square * slope.rate.high;
    double low = fma(square, slope.rate.low, fma(square, slope.rate.high, -rise));
    low = wide ? fma(fma(x, x, -square), slope.rate.high, low) : low;
    return rise + fma(rise * angle, sin_squared_tail(angle), low);
}

INLINED double cosine(double c, double length, double lo, double hi, bool wide) {
    double size = fabs(length);
    Slope slope = cosine_slope(size, lo, hi, wide);
    bool late = c > TURN * size; /* which is where size - c < c */
    double x = smaller(size - c, c);
    double rise = cosine_rise(x, x * x, slope, wide);
    return from_nearer((length > 0.0) != late, lo, hi, rise, wide && size > WIDE);
}

/* lo + w*(hi-lo) for 0 <= lo <= hi, the height in two words: hi at w = 1, to the bit. */
INLINED double between(double w, double lo, double hi) {
    double height = hi - lo;
    double height_low = (hi - height) - lo;
    return fma(w, height, fma(w, height_low, lo));
}

/* q * (log + log_low) in two words; where deep, kept above -4000, where the power is 0. */
INLINED Pair exponent_of(double q, Pair log, bool deep) {
    double t = q * log.high;
    double t_low = fma(q, log.low, fma(q, log.high, -t));
    if (!deep) {
        return (Pair){t, t_low};
    }
    return (Pair){larger(t, -4000.0), t > -4000.0 ? t_low : 0.0};
}

/* (high + low)^q, where that is at most 2^2046. */
INLINED Power grown(double high, double low, double q, bool fine) {
    Pair t = exponent_of(q, fine ? log2_fine(split(high, low)) : log2_pair(high, low), true);
    return fine ? exp2_fine(t.high, t.low) : exp2_power(t.high, t.low, true);
}

/* lo + w*(hi-lo) in two words, for w in two words. */
INLINED Pair between_pair(Pair w, double lo, double hi) {
    double height = hi - lo;
    double height_low = (hi - height) - lo;
    double part = w.high * height;
    double part_low = fma(w.high, height, -part) + fma(w.low, height, w.high * height_low);
    Pair sum = two_sum(lo, part);
    return (Pair){sum.high, sum.low + part_low};
}

/* A power in two words. */
INLINED Pair words_of(Power power, bool deep) {
    double unit = scaled(1.0, power.n, deep);
    Pair one = two_words(1.0, power.q);
    return (Pair){unit * one.high, unit * (one.low + power.q_low)};
}

/* What a power up to 1 leaves of 1, in two words. */
INLINED Pair rest_of(Power power, bool deep) {
    double unit = scaled(1.0, power.n, deep);
    /* of 1 - unit either word may be 0 */
    Pair less = two_sum(1.0, -unit);
    Pair rest = two_words(less.high, -unit * power.q);
    return (Pair){rest.high, rest.low + (less.low - unit * power.q_low)};
}

/* The rate d steps from where a Taylor polynomial is centred, rounded once. */
INLINED double taylor_rate(Taylor at, double d) {
    double p = fma(at.c7, d, at.c6);
    p = fma(p, d, at.c5);
    p = fma(p, d, at.c4);
    p = fma(p, d, at.c3);
    p = fma(p, d, at.c2);
    p = fma(p, d, at.c1);
    return at.value.high + fma(p, d, at.value.low);
}

/* The rate there. */
INLINED double taylor_value(Taylor at) { return at.value.high + at.value.low; }

/* The middle of the patch that contains x. */
INLINED double middle_of(double x) { return floor(x * (1.0 / PATCH)) * PATCH + 0.5 * PATCH; }

INLINED bool is_within(Patched range, double x) { return (x >= range.first) & (x <= range.last); }

/* The steps at which seven coefficients give a power to its last digit: far from the end at which
   its base is 0, and from the end at which 1 less the power is 0. */
INLINED Patched patched_power(double size, double q, bool fine) {
    double last = q > 0.0 ? size : size - 2.0 * FAR;
    return (Patched){fine ? INFINITY : FAR * larger(fabs(q), 2.0), smaller(last, SLOW)};
}

/* lo + w*(hi-lo) about x: w = (x/size)^q, or 1 - (x/size)^-q where q < 0. `patched` asks for the
   coefficients. */
INLINED Taylor power_about(double x, bool patched, double size, double lo, double hi, double q,
                           bool fine) {
    double exponent = fabs(q);
    Pair of = quotient(x, size);
    Pair t = exponent_of(
        exponent, fine ? log2_fine(split(of.high, of.low)) : log2_pair(of.high, of.low), fine);
    Power power = exp2_power(t.high, t.low, true);
    Pair kept = words_of(power, fine), lost = rest_of(power, fine);
    kept = (Pair){x == 0.0 ? 0.0 : kept.high, x == 0.0 ? 0.0 : kept.low};
    /* the ends: y = 0 has no logarithm, and 1 - 1 must leave nothing */
    lost = (Pair){x == 0.0 ? 1.0 : (x == size ? 0.0 : lost.high),
                  x == 0.0 || x == size ? 0.0 : lost.low};
    Pair w = {q > 0.0 ? kept.high : lost.high, q > 0.0 ? kept.low : lost.low};
    Taylor at = {between_pair(w, lo, hi), 0, 0, 0, 0, 0, 0, 0};
    double inverse = patched ? 1.0 / x : 0.0;
    at.c1 = (q > 0.0 ? hi - lo : lo - hi) * kept.high * exponent * inverse;
    at.c2 = at.c1 * ((exponent - 1.0) * (1.0 / 2.0)) * inverse;
    at.c3 = at.c2 * ((exponent - 2.0) * (1.0 / 3.0)) * inverse;
    at.c4 = at.c3 * ((exponent - 3.0) * (1.0 / 4.0)) * inverse;
    at.c5 = at.c4 * ((exponent - 4.0) * (1.0 / 5.0)) * inverse;
    at.c6 = at.c5 * ((exponent - 5.0) * (1.0 / 6.0)) * inverse;
    at.c7 = at.c6 * ((exponent - 6.0) * (1.0 / 7.0)) * inverse;
    return at;
}

/* The rate at x, which is what remains where L > 0, and what has gone where L < 0. */
INLINED double power_at(double x, double size, double lo, double hi, double q, bool fine) {
    bool patched = is_within(patched_power(size, q, fine), x);
    double middle = patched ? middle_of(x) : x;
    return taylor_rate(power_about(middle, patched, size, lo, hi, q, fine), x - middle);
}

INLINED double power(double c, double length, double lo, double hi, double q, bool fine) {
    double size = fabs(length);
    return power_at(length > 0.0 ? size - c : c, size, lo, hi, q, fine);
}

/* p^k and what it leaves of 1; a fine p^1 is p, at less work where a loop knows of it. */
INLINED Progress bent(double c, double length, double k, bool fine) {
    Pair z = ratio(length - c, length), p = ratio(c, length);
    /* near the end the logarithm depends on what remains, so p is computed from it */
    bool late = z.high < 0.5;
    double p_high = late ? 1.0 - z.high : p.high,
           p_low = late ? ((1.0 - (1.0 - z.high)) - z.high) - z.low : p.low;
    Pair t =
        exponent_of(k, fine ? log2_fine(split(p_high, p_low)) : log2_pair(p_high, p_low), true);
    Power power = fine ? exp2_fine(t.high, t.low) : exp2_power(t.high, t.low, true);
    double unit = scaled(1.0, power.n, true);
    double past = fma(unit, power.q, unit);
    double past_low = fma(unit, power.q, unit - past) + unit * power.q_low;
    past = c == 0.0 ? 0.0 : past;
    past_low = c == 0.0 ? 0.0 : past_low;
    double left = 1.0 - past;
    double left_low = ((1.0 - left) - past) - past_low;
    /* 1 - 2^n(1+q) for n = 0 is -q, exactly, where the subtraction above would lose it */
    left = unit == 1.0 ? -power.q : left;
    left_low = unit == 1.0 ? -power.q_low : left_low;
    left = c == 0.0 ? 1.0 : left;
    left_low = c == 0.0 ? 0.0 : left_low;
    return fine && k == 1.0 ? (Progress){p, z} : (Progress){{past, past_low}, {left, left_low}};
}

/* log2(cos(pi/2*past)^2) to about 2^-68. */
INLINED Pair log2_of_cosine(Progress of) {
    bool low_half = of.left.high <= of.past.high;
    Pair s = sin_squared_fine(quarter_turn_squared(low_half ? of.left.high : of.past.high,
                                                   low_half ? of.left.low : of.past.low));
    double square = low_half ? s.high : 1.0 - s.high;
    double square_low = low_half ? s.low : ((1.0 - square) - s.high) - s.low;
    return log2_fine(square > 0.75 ? split_beside_1((Pair){-s.high, -s.low})
                                   : split(square, square_low));
}

/* lo + w*(hi-lo), w = cos(pi/2*p^k)^(2x), or 1 - that^-1 where x < 0, by logarithms. */
INLINED double sharp_cosine(double c, double length, double lo, double hi, double x, double k) {
    Pair t = exponent_of(fabs(x), log2_of_cosine(bent(c, length, k, true)), true);
    Power power = exp2_power(t.high, t.low, true);
    Pair kept = words_of(power, true), lost = rest_of(power, true);
    Pair w = {x > 0.0 ? kept.high : lost.high, x > 0.0 ? kept.low : lost.low};
    Pair rate = between_pair(w, lo, hi);
    return rate.high + rate.low;
}

/* The steps at which seven coefficients give a cosine to its last digit: far from its start, where
   p^k is singular, and from its end, where it may be 0. */
INLINED Patched patched_cosine(double length, double k, bool sharp) {
    return (Patched){sharp ? INFINITY : FAR * (k + 1.5), smaller(length - FAR, SLOW)};
}

/* n+1 coefficients of the sine and the cosine of a series give the next one. */
#define NEXT_1(f, of) (f.c1 * of.value.high)
#define NEXT_2(f, of) fma(f.c1, of.c1, f.c2 *of.value.high)
#define NEXT_3(f, of) fma(f.c1, of.c2, fma(f.c2, of.c1, f.c3 *of.value.high))
#define NEXT_4(f, of) fma(f.c1, of.c3, fma(f.c2, of.c2, fma(f.c3, of.c1, f.c4 *of.value.high)))
#define NEXT_5(f, of)                                                                              \
    fma(f.c1, of.c4, fma(f.c2, of.c3, fma(f.c3, of.c2, fma(f.c4, of.c1, f.c5 *of.value.high))))
#define NEXT_6(f, of)                                                                              \
    fma(f.c1, of.c5,                                                                               \
        fma(f.c2, of.c4,                                                                           \
            fma(f.c3, of.c3, fma(f.c4, of.c2, fma(f.c5, of.c1, f.c6 *of.value.high)))))
#define NEXT_7(f, of)                                                                              \
    fma(f.c1, of.c6,                                                                               \
        fma(f.c2, of.c5,                                                                           \
            fma(f.c3, of.c4,                                                                       \
                fma(f.c4, of.c3, fma(f.c5, of.c2, fma(f.c6, of.c1, f.c7 *of.value.high))))))

/* lo + w*(hi-lo) about c, w = cos(pi/2*p^k)^2, or sin(pi/2*p^k)^2 where x < 0. */
INLINED Taylor cosine_about(double c, bool patched, double length, double lo, double hi, double x,
                            double k) {
    Progress of = bent(c, length, k, false);
    bool low_half = of.left.high <= of.past.high;
    Pair sine = sin_squared_pair(quarter_turn_squared(low_half ? of.left.high : of.past.high,
                                                      low_half ? of.left.low : of.past.low));
    Pair rest = two_words(1.0, -sine.high);
    bool falls = x > 0.0;
    double rest_low = rest.low - sine.low;
    /* the weight if what is left is the smaller part, and if it is the larger: one choice after
       the other, as GCC vectorises them */
    double left = falls ? sine.high : rest.high, past = falls ? rest.high : sine.high;
    double left_low = falls ? sine.low : rest_low, past_low = falls ? rest_low : sine.low;
    Pair w = {low_half ? left : past, low_half ? left_low : past_low};
    /* the change of the angle pi*p^k: coefficient n times n */
    double per_step = 1.0 / c;
    double inverse = patched ? per_step : 0.0;
    Taylor f = {{0.0, 0.0}, 0, 0, 0, 0, 0, 0, 0};
    f.c1 = PI * of.past.high * k * inverse;
    f.c2 = f.c1 * (k - 1.0) * inverse;
    f.c3 = f.c2 * ((k - 2.0) * (1.0 / 2.0)) * inverse;
    f.c4 = f.c3 * ((k - 3.0) * (1.0 / 3.0)) * inverse;
    f.c5 = f.c4 * ((k - 4.0) * (1.0 / 4.0)) * inverse;
    f.c6 = f.c5 * ((k - 5.0) * (1.0 / 5.0)) * inverse;
    f.c7 = f.c6 * ((k - 6.0) * (1.0 / 6.0)) * inverse;
    /* the cosine of the angle, and its sine, each times half of the height */
    double half = 0.5 * (hi - lo), sign = falls ? half : -half;
    double cosine = sign * (rest.high - sine.high), against = low_half ? -1.0 : 1.0;
    Taylor at = {{against * cosine, 0.0}, 0, 0, 0, 0, 0, 0, 0}, turned = at;
    turned.value.high = sign * (2.0 * sqrt(sine.high * rest.high));
    at.c1 = -NEXT_1(f, turned);
    turned.c1 = NEXT_1(f, at);
    at.c2 = NEXT_2(f, turned) * (-1.0 / 2.0);
    turned.c2 = NEXT_2(f, at) * (1.0 / 2.0);
    at.c3 = NEXT_3(f, turned) * (-1.0 / 3.0);
    turned.c3 = NEXT_3(f, at) * (1.0 / 3.0);
    at.c4 = NEXT_4(f, turned) * (-1.0 / 4.0);
    turned.c4 = NEXT_4(f, at) * (1.0 / 4.0);
    at.c5 = NEXT_5(f, turned) * (-1.0 / 5.0);
    turned.c5 = NEXT_5(f, at) * (1.0 / 5.0);
    at.c6 = NEXT_6(f, turned) * (-1.0 / 6.0);
    turned.c6 = NEXT_6(f, at) * (1.0 / 6.0);
    at.c7 = NEXT_7(f, turned) * (-1.0 / 7.0);
    at.value = between_pair(w, lo, hi);
    return at;
}

INLINED double mild_cosine(double c, double length, double lo, double hi, double x, double k) {
    bool patched = is_within(patched_cosine(length, k, false), c);
    double middle = patched ? middle_of(c) : c;
    return taylor_rate(cosine_about(middle, patched, length, lo, hi, x, k), c - middle);
}

INLINED double cosine_power(double c, double length, double lo, double hi, double x, double k,
                            bool sharp) {
    double by_logarithms = sharp_cosine(c, length, lo, hi, x, k);
    double by_sine = mild_cosine(c, length, lo, hi, x, k);
    return sharp ? by_logarithms : by_sine;
}

/* Whether an exponential up to step c needs no `deep`. */
INLINED bool is_plain(double c, double k) { return c * fabs(k) < NORMAL && fabs(k) * SLOW >= 1.0; }

/* Whether seven coefficients give an exponential to its last digit within a patch. It must change
   little within a patch, but by more from step to step than the error of a rate. Its numbers must
   be normal (not subnormal). */
INLINED bool has_patches(double a, double k) {
    double pace = fabs(k);
    return (pace <= BRISK) & (pace * SLOW >= 1.0) & (a >= LEAST) & (a <= MOST);
}

INLINED Patched patched_exponential(double a, double k) {
    return (Patched){has_patches(a, k) ? 0.0 : INFINITY, smaller(GROWN / fabs(k), SLOW)};
}

/* Whether step c is in a patch, and not near the last step in one. It needs no division. */
INLINED bool is_well_within(double c, double a, double k) {
    return has_patches(a, k) & (c * fabs(k) <= GROWN - 1.0) & (c <= SLOW);
}

/* a times a power, about a step. Without coefficients it is rounded once, then scaled. */
INLINED Pair power_of(double a, Power power, bool patched, bool deep) {
    double part = a * power.q;
    Pair sum = two_words(a, part);
    double low = sum.low + fma(a, power.q_low, fma(a, power.q, -part));
    double added = patched ? 0.0 : low, kept = patched ? low : 0.0;
    return (Pair){scaled(sum.high + added, power.n, deep), scaled(kept, power.n, deep)};
}

/* a * 2^(c*(kh+kl)) about c. */
INLINED Taylor exponential_about(double c, bool patched, double a, double k, double k_low,
                                 bool deep) {
    Pair t = exponent_of(c, (Pair){k, k_low}, deep);
    Power power = exp2_power(t.high, t.low, patched || (deep && fabs(k) * SLOW < 1.0));
    double alone = scaled(fma(a, power.q, fma(a, power.q_low, a)), power.n, deep);
    Pair value = power_of(a, power, true, deep);
    Taylor at = {{patched ? value.high : alone, patched ? value.low : 0.0}, 0, 0, 0, 0, 0, 0, 0};
    double pace = patched ? LN_2 * k : 0.0;
    at.c1 = value.high * pace;
    at.c2 = at.c1 * (pace * (1.0 / 2.0));
    at.c3 = at.c2 * (pace * (1.0 / 3.0));
    at.c4 = at.c3 * (pace * (1.0 / 4.0));
    at.c5 = at.c4 * (pace * (1.0 / 5.0));
    at.c6 = at.c5 * (pace * (1.0 / 6.0));
    at.c7 = at.c6 * (pace * (1.0 / 7.0));
    return at;
}

/* The rates at a step in a patch, and at one without a patch. */
INLINED double exponential_in_patch(double c, double a, double k, double k_low) {
    double middle = middle_of(c);
    return taylor_rate(exponential_about(middle, true, a, k, k_low, false), c - middle);
}

INLINED double exponential_alone(double c, double a, double k, double k_low, bool deep) {
    return taylor_value(exponential_about(c, false, a, k, k_low, deep));
}

INLINED double exponential(double c, double a, double k, double k_low, bool deep) {
    bool patched = is_within(patched_exponential(a, k), c);
    double middle = patched ? middle_of(c) : c;
    return taylor_rate(exponential_about(middle, patched, a, k, k_low, deep), c - middle);
}

/* floor(c/period) exactly: the rounded quotient can be one too large. */
INLINED double whole_periods(double c, double period) {
    double i = floor(c / period);
    return fma(i, period, -c) > 0.0 ? i - 1.0 : i;
}

/* A time map: `pace` steps pass per `every` steps, up to the last step. Below it the sum is exact.
 */
INLINED double paced(double c, double base, double pace, double every) {
    double step = base + pace * whole_periods(c, every);
    return step < LAST_STEP ? step : LAST_STEP;
}

/* a * 2^(i*(kh+kl)). */
INLINED double stair(double i, double a, double k, double k_low) {
    return exponential_alone(i, a, k, k_low, true);
}

/* The same, i = floor(c/every). */
INLINED double staircase(double c, double a, double every, double k, double k_low) {
    return stair(whole_periods(c, every), a, k, k_low);
}

/* A loop's scale after i periods, 2^(i*(kh+kl)), exactly 1 at i = 0, and what is lost to it: near 1
 * all of its digits. */
INLINED Share share_of_scale(double i, double k, double k_low) {
    Pair t = exponent_of(i, (Pair){k, k_low}, true);
    Power power = exp2_power(t.high, t.low, fabs(k) * SLOW < 1.0);
    double kept = scaled(power.q + (power.q_low + 1.0), power.n, true);
    return (Share){kept, scaled(1.0, power.n, true) == 1.0 ? -power.q - power.q_low : 1.0 - kept};
}

/* What is kept of the rate, and what is lost of the floor, on the rate's side of it. A rate at the
   floor stays there. */
INLINED double shrunk(double rate, Share share, double floor) {
    double moved = fma(share.kept, rate, share.lost * floor);
    double at_most = rate < floor ? smaller(moved, floor) : floor;
    return rate > floor ? larger(moved, floor) : at_most;
}

/* g*c + s: the product in two words, then the sum in two. */
INLINED Pair grown_by(double c, double g, double s) {
    double total = fma(g, c, s);
    double product = g * c;
    double part = product + s;
    double back = part - product;
    return (Pair){total,
                  ((product - (part - back)) + (s - back)) + fma(g, c, -product) + (part - total)};
}

/* a * d/(g*c + s). */
INLINED double reciprocal(double c, double a, double g, double s, double d) {
    Pair bottom = grown_by(c, g, s);
    double unit = 1.0 / bottom.high;
    double w = d * unit;
    double w_low = fma(-w, bottom.low, fma(-w, bottom.high, d)) * unit;
    return fma(a, w, a * w_low);
}

/* The steps at which seven coefficients give an inverse power to its last digit. It must change
   little within a patch, but by more from step to step than the error of a rate. Its numbers must
   be normal (not subnormal). */
INLINED Patched patched_inverse(double a, double g, double s, double d, double q, bool fine) {
    bool suits = !fine & (s <= g * SLOW) & (a >= LEAST) & (a <= MOST);
    double first = larger(FAR * (q + 3.0) - s / g, 0.0);
    return (Patched){suits ? first : INFINITY, smaller((d * WIDEST_BASE - s) / g, SLOW)};
}

/* a * ((g*c + s)/d)^-q about c, the base in two words. */
INLINED Taylor inverse_about(double c, bool patched, double a, double g, double s, double d,
                             double q, bool fine) {
    Pair top = grown_by(c, g, s);
    double unit = 1.0 / d;
    double b = top.high * unit;
    Power power = grown(b, (fma(-b, d, top.high) + top.low) * unit, -q, fine);
    Taylor at = {power_of(a, power, patched, true), 0, 0, 0, 0, 0, 0, 0};
    double change = -g / top.high;
    double pace = patched ? change : 0.0;
    at.c1 = at.value.high * q * pace;
    at.c2 = at.c1 * ((q + 1.0) * (1.0 / 2.0)) * pace;
    at.c3 = at.c2 * ((q + 2.0) * (1.0 / 3.0)) * pace;
    at.c4 = at.c3 * ((q + 3.0) * (1.0 / 4.0)) * pace;
    at.c5 = at.c4 * ((q + 4.0) * (1.0 / 5.0)) * pace;
    at.c6 = at.c5 * ((q + 5.0) * (1.0 / 6.0)) * pace;
    at.c7 = at.c6 * ((q + 6.0) * (1.0 / 7.0)) * pace;
    return at;
}

INLINED double inverse(double c, double a, double g, double s, double d, double q, bool fine) {
    bool patched = is_within(patched_inverse(a, g, s, d, q, fine), c);
    double middle = patched ? middle_of(c) : c;
    return taylor_rate(inverse_about(middle, patched, a, g, s, d, q, fine), c - middle);
}

/* a * (1 + (c/d)^2)^-q, the base in two words. */
INLINED double eden(double c, double a, double d, double q, bool fine) {
    Pair u = quotient(c, d);
    double square = u.high * u.high;
    Pair base = two_sum(1.0, square);
    Power power = grown(
        base.high, base.low + fma(2.0 * u.high, u.low, fma(u.high, u.high, -square)), -q, fine);
    return scaled(fma(a, power.q, fma(a, power.q_low, a)), power.n, true);
}

/* lo + (hi-lo)/(1 + 2^(yh+yl + c*(kh+kl))). */
INLINED double hyperbolic(double c, double lo, double hi, double y, double y_low, double k,
                          double k_low) {
    double product = c * k;
    double t = y + product;
    double back = t - y;
    double low = ((y - (t - back)) + (product - back)) + (y_low + fma(c, k, -product) + c * k_low);
    t = smaller(larger(t, -1000.0), 1000.0);
    Power power = exp2_power(t, low, true);
    double unit = scaled(1.0, power.n, true);
    double e = fma(unit, power.q, unit);
    double e_low = fma(unit, power.q, unit - e) + unit * power.q_low;
    double bottom = 1.0 + e;
    back = bottom - e;
    double bottom_low = (1.0 - back) + (e - (bottom - back)) + e_low;
    double height = hi - lo;
    double above = height / bottom;
    return lo + (above + (fma(-above, bottom, height) - above * bottom_low) / bottom);
}

/* lo + w*(hi-lo), w = (L-c)/(L-b*c) falling, (1-b)*c/(L-b*c) rising. */
INLINED double rex(double c, double length, double lo, double hi, double b) {
    double size = fabs(length);
    double product = b * c;
    double product_low = fma(b, c, -product);
    double bottom = size - product;
    double bottom_low = ((size - bottom) - product) - product_low;
    bool falls = length > 0.0;
    double top = falls ? size - c : c - product;
    double top_low = falls ? 0.0 : ((c - top) - product) - product_low;
    double w = top / bottom;
    w += (fma(-w, bottom, top) + (top_low - w * bottom_low)) / bottom;
    return between(w, lo, hi);
}

/* 2^(x*(kh+kl)) - 1 as a sum of two, for exponents from -60 to 60. */
INLINED Pair exp2_less_1(double x, double k, double k_low) {
    Pair t = exponent_of(x, (Pair){k, k_low}, false);
    Power power = exp2_power(t.high, t.low, true);
    double unit = scaled(1.0, power.n, false);
    /* of 2^n - 1 and 2^n*q either may be the larger; for n = 0 they are 0 and q, exactly */
    Pair whole = two_sum(unit, -1.0);
    Pair total = two_sum(whole.high, unit * power.q);
    return (Pair){total.high, total.low + (whole.low + unit * power.q_low)};
}

/* lo + w*(hi-lo), w = g(L-c)/g(L) falling, g(c)/g(|L|) rising, g(x) = 2^(x*(kh+kl)) - 1; g(|L|)
 * leaves a loop. */
INLINED double affine_exponential(double c, double length, double lo, double hi, double k,
                                  double k_low) {
    double size = fabs(length);
    Pair top = exp2_less_1(length > 0.0 ? size - c : c, k, k_low),
         most = exp2_less_1(size, k, k_low);
    double w = top.high / most.high;
    w += (fma(-w, most.high, top.high) + (top.low - w * most.low)) / most.high;
    return between(smaller(w, 1.0), lo, hi);
}

/* lo + w*(hi-lo), w = log2((L+1)/(c+1))/(dh+dl) falling, log2(c+1)/(dh+dl) rising. */
INLINED double logarithmic(double c, double length, double lo, double hi, double d, double d_low) {
    double size = fabs(length), bottom = c + 1.0;
    bool falls = length > 0.0;
    double top = size + 1.0, inverse = 1.0 / bottom;
    double high = top * inverse;
    double low = (fma(-high, bottom, top) + (size - (top - 1.0))) *
                 inverse; /* of a length of 2^53, to which 1 is lost */
    Pair log = log2_sum(falls ? high : bottom, falls ? low : 0.0);
    double w = log.high / d;
    w += (fma(-w, d, log.high) + (log.low - w * d_low)) / d;
    return between(falls && c == 0.0 ? 1.0 : smaller(w, 1.0), lo, hi);
}

/* The curves whose kernels follow from their formula. A curve has its opcode and its rate; a curve
   with a flag also the condition under which its fields ask for `fine`. segments.h, blocks.h and
   ranges.h define what a row becomes there, the step AT and the i-th field FIELD(i). The other
   curves have kernels of their own in these headers, and so have runs of those in patches. */
#define CURVES_IN_PATCHES(FINE_CURVE)                                                              \
    FINE_CURVE(POWER, is_steep(fabs(FIELD(3))),                                                    \
               power(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3), fine))                            \
    FINE_CURVE(COSINE_POWER, is_sharp(FIELD(3), FIELD(4)),                                         \
               cosine_power(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3), FIELD(4), fine))           \
    FINE_CURVE(INVERSE, is_steep(FIELD(4)) || is_far(AT),                                          \
               inverse(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3), FIELD(4), fine))

#define CURVES_STEP_BY_STEP(CURVE, FINE_CURVE)                                                     \
    CURVE(STAIRCASE, staircase(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3)))                        \
    CURVE(RECIPROCAL, reciprocal(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3)))                      \
    CURVE(TANH, hyperbolic(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3), FIELD(4), FIELD(5)))        \
    CURVE(REX, rex(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3)))                                    \
    CURVE(AFFINE_EXPONENTIAL,                                                                      \
          affine_exponential(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3), FIELD(4)))                \
    CURVE(LOGARITHMIC, logarithmic(AT, FIELD(0), FIELD(1), FIELD(2), FIELD(3), FIELD(4)))          \
    FINE_CURVE(EDEN, is_steep(FIELD(2)), eden(AT, FIELD(0), FIELD(1), FIELD(2), fine))

#define CURVES(CURVE, FINE_CURVE)                                                                  \
    CURVES_IN_PATCHES(FINE_CURVE)                                                                  \
    CURVES_STEP_BY_STEP(CURVE, FINE_CURVE)

#endif
