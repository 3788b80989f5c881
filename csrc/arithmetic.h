/* The arithmetic under the kernels, operation by operation that of
   fastlr/kernels/jit/arithmetic.py: the same bits.

   Every multiply-add is an explicit fma. A compiler must not fuse others: `fault` in kernels.h
   refuses a build that does. There are no branches and no tables, so that loops use the full vector
   width. A Pair is a number in two words. */
#ifndef FASTLR_ARITHMETIC_H
#define FASTLR_ARITHMETIC_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The bits are those of IEEE arithmetic: each operation is rounded once, in the written order. */
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||     \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "fastlr must be compiled without -ffast-math and its like, which change its rates"
#elif FLT_EVAL_METHOD != 0
#error "fastlr must be compiled for arithmetic in float64: on x86 with -mfpmath=sse -msse2"
#endif

/* These flags override those of the program that includes the sources. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("O3", "fp-contract=off", "no-math-errno", "no-trapping-math")
#endif

#if defined(__GNUC__)
#define INLINED static inline __attribute__((always_inline))
#define NOT_INLINED __attribute__((noinline))
#define RESTRICT __restrict__
#define ALIGNED __attribute__((aligned(64)))
#elif defined(_MSC_VER)
#define INLINED static __forceinline
#define NOT_INLINED __declspec(noinline)
#define RESTRICT __restrict
#define ALIGNED __declspec(align(64))
#else
#define INLINED static inline
#define NOT_INLINED
#define RESTRICT restrict
#define ALIGNED
#endif

/* A function for one rate. At -O3 GCC would convert the two numbers of a Segments at once and pass
   them through memory, which doubles the time. */
#if defined(__GNUC__) && !defined(__clang__)
#define ONE_RATE __attribute__((optimize("no-tree-slp-vectorize")))
#else
#define ONE_RATE
#endif

/* End the process. Kernels do so at an opcode that they do not know; the verifier lets none pass.
 */
#if defined(__GNUC__)
#define TRAP() __builtin_trap()
#elif defined(_MSC_VER)
#include <intrin.h>
#define TRAP() __fastfail(7) /* FAST_FAIL_FATAL_APP_EXIT */
#else
#include <stdlib.h>
#define TRAP() abort()
#endif

/* Before a loop of independent iterations that writes to several arrays. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

typedef struct {
    double high, low;
} Pair;

typedef struct {
    double n, q, q_low; /* 2^n * (1 + q + q_low); the integer n stands in the low bits, where
                           `scaled` finds it */
} Power;

typedef struct {
    double e;
    Pair s; /* 2^e * (1 + s)/(1 - s) */
} Split;

#define ROUND                                                                                      \
    6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer, which then stands in the low \
                          bits */
#define ONE_BITS 0x3FF0000000000000u
#define WHOLE_BITS                                                                                 \
    0x4330000000000000u /* of 2^52: integers below it stand in the bits behind these */
#define WHOLE 4503599627370496.0

#define LN_2 0.6931471805599453
#define LN_2_LOW 2.3190468138462996e-17
#define PI 3.141592653589793
#define QUARTER_PI_2 2.4674011002723395 /* pi^2/4 */
#define QUARTER_PI_2_LOW 1.5663238771849278e-16
#define THIRD -0.3333333333333333 /* -1/3 */
#define THIRD_LOW -1.850371707708594e-17
#define LOG2 2.8853900817779268 /* 2/ln(2) */
#define LOG2_LOW 4.0710547481862066e-17
#define LOG2_THIRD 0.9617966939259756 /* 2/(3 ln(2)) */
#define LOG2_THIRD_LOW 5.0577616648125907e-17

INLINED uint64_t bits(double x) {
    uint64_t pattern;
    memcpy(&pattern, &x, sizeof x);
    return pattern;
}

INLINED double from_bits(uint64_t pattern) {
    double x;
    memcpy(&x, &pattern, sizeof x);
    return x;
}

/* A whole number below 2^52, by its bits: few machines convert many at a time. */
INLINED int64_t whole(double x) { return (int64_t)(bits(x + WHOLE) - WHOLE_BITS); }

INLINED double smaller(double a, double b) { return b < a ? b : a; }

INLINED double larger(double a, double b) { return b > a ? b : a; }

/* A sum of two, the first the larger, as the nearest number and what it leaves. */
INLINED Pair two_words(double high, double low) {
    double nearest = high + low;
    return (Pair){nearest, (high - nearest) + low};
}

/* a + b, whichever is the larger, as the nearest number and what it leaves. */
INLINED Pair two_sum(double a, double b) {
    double high = a + b;
    double part = high - a;
    return (Pair){high, (a - (high - part)) + (b - part)};
}

/* x/length as a sum of two, for exact integers 0 <= x <= length; the division is of constants, so
 * it leaves a loop. */
INLINED Pair quotient(double x, double length) {
    double inverse = 1.0 / length;
    double high = x * inverse;
    return (Pair){high, fma(-high, length, x) * inverse};
}

/* The same in two words, the first of them the nearest. */
INLINED Pair ratio(double x, double length) {
    Pair sum = quotient(x, length);
    return two_words(sum.high, sum.low);
}

/* a * b in two words, to about 2^-102. */
INLINED Pair product(Pair a, Pair b) {
    double high = a.high * b.high;
    return (Pair){high, fma(a.high, b.low, fma(a.low, b.high, fma(a.high, b.high, -high)))};
}

/* head + x*rest in two words, |head| the larger: a step of Horner's scheme. */
INLINED Pair horner(Pair head, Pair x, Pair rest) {
    Pair term = product(x, rest);
    double total = head.high + term.high;
    return (Pair){total, ((head.high - total) + term.high) + (term.low + head.low)};
}

/* (top + top_low)/size^2 in two words, for a constant top; `wide` where the square is not exact. */
INLINED Pair over_square(double top, double top_low, double size, bool wide) {
    double square = size * size;
    double quotient = top / square;
    double rest = fma(-quotient, square, top);
    rest += wide ? fma(-quotient, fma(size, size, -square), top_low) : top_low;
    return (Pair){quotient, rest * (quotient * (1.0 / top))};
}

/* (sin(sqrt(y))^2 / y - 1) / y for y in [0, pi^2/16], to 2^-55.8 of the sine's square. */
INLINED double sin_squared_tail(double y) {
    double p = fma(-1.5165673556044163e-09, y, 9.391918278013035e-08);
    p = fma(p, y, -4.275534464234997e-06);
    p = fma(p, y, 0.00014109346721561032);
    p = fma(p, y, -0.0031746031735040516);
    p = fma(p, y, 0.04444444444436478);
    return fma(p, y, -0.33333333333333137);
}

/* (sin(sqrt(y))^2 - y + y^2/3) / y^3 for y in [0, pi^2/16]. */
INLINED double sin_squared_rest(double y) {
    double p = fma(1.9887078962520736e-11, y, -1.565471905009153e-09);
    p = fma(p, y, 9.39679380803723e-08);
    p = fma(p, y, -4.275559684947853e-06);
    p = fma(p, y, 0.00014109347439641865);
    p = fma(p, y, -0.0031746031745996787);
    return fma(p, y, 0.04444444444444425);
}

/* sin(sqrt(y + y_low))^2 for y in [0, pi^2/16] in two words, to about 2^-58. */
INLINED Pair sin_squared_pair(Pair of) {
    double y = of.high, y_low = of.low;
    double square = y * y;
    double second = THIRD * square;
    double second_low = fma(THIRD, square, -second) +
                        fma(THIRD, fma(y, y, -square) + 2.0 * y * y_low, THIRD_LOW * square);
    double rest = fma(square * y, sin_squared_rest(y), second_low + y_low);
    double total = y + second;
    return two_words(total, rest + ((y - total) + second));
}

/* The same to about 2^-68, for a large power of it: four terms of its series in two words, the rest
 * in one. */
INLINED Pair sin_squared_fine(Pair y) {
    double p = fma(1.8368367016282538e-15, y.high, -2.154745259101809e-13);
    p = fma(p, y.high, 2.0472396668881164e-11);
    p = fma(p, y.high, -1.5661391300568796e-09);
    p = fma(p, y.high, 9.396834793637377e-08);
    p = fma(p, y.high, -4.275559831115378e-06);
    p = fma(p, y.high, 0.00014109347442680775);
    Pair series = horner((Pair){-0.0031746031746031746, -2.753529326947313e-21}, y, (Pair){p, 0.0});
    series = horner((Pair){0.044444444444444446, -1.6961740653995447e-18}, y, series);
    series = product(y, horner((Pair){1.0, 0.0}, y, horner((Pair){THIRD, THIRD_LOW}, y, series)));
    return two_words(series.high, series.low);
}

/* (pi/2 * u)^2 in two words. */
INLINED Pair quarter_turn_squared(double u, double u_low) {
    double square = u * u;
    double square_low = fma(2.0 * u, u_low, fma(u, u, -square));
    double y = QUARTER_PI_2 * square;
    return (Pair){y, fma(QUARTER_PI_2, square, -y) +
                         fma(QUARTER_PI_2, square_low, QUARTER_PI_2_LOW * square)};
}

/* A number in two words, the first of them normal and above 0, as 2^e * (1 + s)/(1 - s) with |s| <
   0.172.

   2^-e times it lies in [sqrt(1/2), sqrt(2)). Shifts are of unsigned numbers, 2048 added to e,
   since few machines shift many signed ones at a time. */
INLINED Split split(double high, double low) {
    uint64_t pattern = bits(high);
    uint64_t biased = (pattern - 0x3FE6A09E667F3BCDu + 0x8000000000000000u) >> 52;
    double mantissa = from_bits(pattern - ((biased - 2048u) << 52));
    double mantissa_low = low * from_bits((1023u + 2048u - biased) << 52);
    double e = from_bits(WHOLE_BITS | biased) - (WHOLE + 2048.0);
    double top = mantissa - 1.0, bottom = mantissa + 1.0;
    double bottom_low = (mantissa - (bottom - 1.0)) + mantissa_low;
    double inverse = 1.0 / bottom;
    double s = top * inverse;
    double s_low = (fma(-s, bottom_low, fma(-s, bottom, top)) + mantissa_low) * inverse;
    return (Split){e, {s, s_low}};
}

/* log2(high + low) as a sum of two, the second up to a hundredth of the first, for a normal high >
 * 0: e + 2/ln(2) * atanh(s). */
INLINED Pair log2_sum(double high, double low) {
    Split of = split(high, low);
    double s = of.s.high, square = s * s;
    double p = fma(0.1911738212001467, square, 0.19115906361838925);
    p = fma(p, square, 0.22198878361539787);
    p = fma(p, square, 0.26230757613541184);
    p = fma(p, square, 0.32059890409740277);
    p = fma(p, square, 0.4121985830773556);
    p = fma(p, square, 0.5770780163556755);
    double first = LOG2 * s;
    double rest = fma(LOG2, of.s.low, fma(LOG2_LOW, s, fma(LOG2, s, -first)));
    rest = fma(s * square, fma(p, square, LOG2_THIRD), rest);
    double total = of.e + first;
    return (Pair){total, (first - (total - of.e)) + rest};
}

/* The same in two words. */
INLINED Pair log2_pair(double high, double low) {
    Pair sum = log2_sum(high, low);
    return two_words(sum.high, sum.low);
}

/* 1 + d for d from -1/4 to 0, where a sum of two words would lose the last digits of a small d. */
INLINED Split split_beside_1(Pair d) {
    double bottom = 2.0 + d.high;
    double bottom_low = ((2.0 - bottom) + d.high) + d.low;
    double inverse = 1.0 / bottom;
    double s = d.high * inverse;
    return (Split){0.0, {s, (fma(-s, bottom_low, fma(-s, bottom, d.high)) + d.low) * inverse}};
}

/* The logarithm in two words to about 2^-70, for a large power, which multiplies the error: three
   terms of its series in two words, the rest in one. */
INLINED Pair log2_fine(Split of) {
    Pair square = product(of.s, of.s);
    double p = fma(0.15317133249419657, square.high, 0.1510921036603565);
    p = fma(p, square.high, 0.16974821796157197);
    p = fma(p, square.high, 0.1923590696777991);
    p = fma(p, square.high, 0.22195308523723004);
    p = fma(p, square.high, 0.2623081892450772);
    p = fma(p, square.high, 0.3205988979753357);
    p = fma(p, square.high, 0.4121985831111324);
    Pair series =
        horner((Pair){0.5770780163555853, 5.2551030481378675e-17}, square, (Pair){p, 0.0});
    series = horner((Pair){LOG2_THIRD, LOG2_THIRD_LOW}, square, series);
    Pair first = product(of.s, horner((Pair){LOG2, LOG2_LOW}, square, series));
    double total = of.e + first.high;
    return two_words(total, (first.high - (total - of.e)) + first.low);
}

/* ((2^f - 1) / f - ln(2)) / f for |f| <= 1/2. */
INLINED double exp2_tail(double f) {
    double p = fma(2.5740107210835404e-11, f, 4.456206637107801e-10);
    p = fma(p, f, 7.05488968060739e-09);
    p = fma(p, f, 1.0178054631989145e-07);
    p = fma(p, f, 1.321548682848012e-06);
    p = fma(p, f, 1.5252733846922176e-05);
    p = fma(p, f, 0.00015403530393347974);
    p = fma(p, f, 0.0013333558146401913);
    p = fma(p, f, 0.00961812910762849);
    p = fma(p, f, 0.05550410866482164);
    return fma(p, f, 0.24022650695910072);
}

/* 2^(high + low) as 2^n * (1 + q + q_low), |q| < 0.42; high in [-4000, 4000]. The low word is 0
 * unless `fine`. */
INLINED Power exp2_power(double high, double low, bool fine) {
    double n = high + ROUND;
    double near = high - (n - ROUND);
    double f = near + low;
    double tail = exp2_tail(f);
    double p = fma(tail, f, LN_2);
    double q = f * p;
    double p_low = fma(tail, f, LN_2 - p) + LN_2_LOW;
    double rest = fma(f, p, -q) + fma(f, p_low, p * ((near - f) + low));
    Pair sum = two_words(q, rest);
    return (Power){n, fine ? sum.high : q, fine ? sum.low : 0.0};
}

/* The same, q and q_low to about 2^-69 of them, for a large power of what it is: five terms of its
   series in two words, the rest in one. */
INLINED Power exp2_fine(double high, double low) {
    double n = high + ROUND;
    double near = high - (n - ROUND);
    Pair f = two_words(near, low);
    double p = fma(3.1358982205268927e-15, f.high, 6.787216569244263e-14);
    p = fma(p, f.high, 1.3691481277436085e-12);
    p = fma(p, f.high, 2.5678417409936245e-11);
    p = fma(p, f.high, 4.4455382725476077e-10);
    p = fma(p, f.high, 7.054911622461184e-09);
    p = fma(p, f.high, 1.0178086009239488e-07);
    p = fma(p, f.high, 1.321548679014379e-06);
    p = fma(p, f.high, 1.5252733804059841e-05);
    p = fma(p, f.high, 0.0001540353039338161);
    Pair series = horner((Pair){0.0013333558146428443, 1.3928059563172586e-20}, f, (Pair){p, 0.0});
    series = horner((Pair){0.009618129107628477, 2.8324606784381e-19}, f, series);
    series = horner((Pair){0.05550410866482158, -3.1658222903912804e-18}, f, series);
    series = horner((Pair){0.24022650695910072, -9.493931253182876e-18}, f, series);
    series = product(f, horner((Pair){LN_2, LN_2_LOW}, f, series));
    Pair q = two_words(series.high, series.low);
    return (Power){n, q.high, q.low};
}

/* x * 2^n, n as a Power gives it; with `deep` from -4000 to 2046, else from -1022 to 1023, at less
 * work. */
INLINED double scaled(double x, double n, bool deep) {
    if (!deep) {
        return x * from_bits((bits(n) << 52) + ONE_BITS);
    }
    /* what is beyond a double's powers first, so that a subnormal result is rounded once, and as
     * without `deep` */
    n = larger(n, ROUND - 2044.0);
    double within = smaller(larger(n, ROUND - 1022.0), ROUND + 1023.0),
           beyond = ROUND + (n - within);
    return x * from_bits((bits(beyond) << 52) + ONE_BITS) *
           from_bits((bits(within) << 52) + ONE_BITS);
}

#endif
