/* One lane over a run of evenly spaced steps, segment by segment. Each curve has a loop of its own,
   at the machine's full width. */
#ifndef FASTLR_RANGES_H
#define FASTLR_RANGES_H

#include "blocks.h"

#define SHORT 64.0 /* steps: shorter periods are evaluated in blocks, not as runs */
#define LONG                                                                                       \
    256 /* steps: a longer run begins at a cache line, since stores across two take twice as long  \
         */
#define NEAR 256   /* steps: samples up to so near to each other go some at a time */
#define SAMPLES 16 /* so many at a time */
#define GROUP 8    /* of their steps */
#define PATCHES 16 /* Taylor polynomials at a time */
#define AT_ONCE 32 /* steps per iteration, so that none waits for the one before */

/* The n steps from, from + step, ... */
typedef struct {
    double from, step;
    int64_t n;
} Run;

/* The run from its i-th step on. */
INLINED Run after(Run run, int64_t i) {
    return (Run){run.from + run.step * (double)i, run.step, run.n - i};
}

/* No more than its first n steps. */
INLINED Run cut(Run run, int64_t n) { return (Run){run.from, run.step, run.n < n ? run.n : n}; }

INLINED int64_t smaller_count(int64_t a, int64_t b) { return a < b ? a : b; }

/* How many of its steps come before `limit`: at least one. */
INLINED int64_t steps_before(double limit, Run run) {
    return (int64_t)smaller(larger(ceil((limit - run.from) / run.step), 1.0), (double)run.n);
}

/* Do something with each step c of a run, the i-th. Steps are integers, so additions are exact. */
#define FOR_EACH_STEP(c, run, ...)                                                                 \
    do {                                                                                           \
        double ahead[AT_ONCE], base = (run).from;                                                  \
        int64_t begun = 0;                                                                         \
        for (int j = 0; j < AT_ONCE; j++) {                                                        \
            ahead[j] = (run).step * j;                                                             \
        }                                                                                          \
        for (; begun + AT_ONCE <= (run).n; begun += AT_ONCE, base += (run).step * AT_ONCE) {       \
            for (int j = 0; j < AT_ONCE; j++) {                                                    \
                const int64_t i = begun + j;                                                       \
                const double c = base + ahead[j];                                                  \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        }                                                                                          \
        for (int j = 0; j < (run).n - begun; j++) {                                                \
            const int64_t i = begun + j;                                                           \
            const double c = base + ahead[j];                                                      \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
    } while (0)

/* The same with the square of each step, as long as squares are exact. The next ones follow by two
   additions, which wait less than a multiplication among the many of a cosine. */
#define FOR_EACH_SQUARE(square, run, ...)                                                          \
    do {                                                                                           \
        double squares[AT_ONCE], growth[AT_ONCE], by = (run).step * AT_ONCE;                       \
        int64_t begun = 0;                                                                         \
        for (int j = 0; j < AT_ONCE; j++) {                                                        \
            double x = (run).from + (run).step * j;                                                \
            squares[j] = x * x;                                                                    \
            growth[j] = 2.0 * x * by + by * by;                                                    \
        }                                                                                          \
        for (; begun + AT_ONCE <= (run).n; begun += AT_ONCE) {                                     \
            for (int j = 0; j < AT_ONCE; j++) {                                                    \
                const int64_t i = begun + j;                                                       \
                const double square = squares[j];                                                  \
                __VA_ARGS__;                                                                       \
                squares[j] += growth[j];                                                           \
                growth[j] += 2.0 * by * by;                                                        \
            }                                                                                      \
        }                                                                                          \
        for (int j = 0; j < (run).n - begun; j++) {                                                \
            const int64_t i = begun + j;                                                           \
            const double square = squares[j];                                                      \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
    } while (0)

/* The same in two loops, one of which runs: `fine` is a constant in each. */
#define FOR_EACH_STEP_FINE(condition, c, run, ...)                                                 \
    do {                                                                                           \
        if (condition) {                                                                           \
            const bool fine = true;                                                                \
            FOR_EACH_STEP(c, run, __VA_ARGS__);                                                    \
        } else {                                                                                   \
            const bool fine = false;                                                               \
            FOR_EACH_STEP(c, run, __VA_ARGS__);                                                    \
        }                                                                                          \
    } while (0)

static void fill(double value, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i++) {
        out[i] = value;
    }
}

/* Where the rates of a line, a square or a cosine go: float64, or float32, to which each is rounded
   once. `single` is a constant in each loop. */
typedef struct {
    void *to;
    bool single;
} Rates;

INLINED void put_rate(Rates out, int64_t i, double rate) {
    if (out.single) {
        ((float *)out.to)[i] = (float)rate;
    } else {
        ((double *)out.to)[i] = rate;
    }
}

/* The rates from the i-th on. */
INLINED Rates rates_after(Rates out, int64_t i) {
    return (Rates){(char *)out.to + i * (int64_t)(out.single ? sizeof(float) : sizeof(double)),
                   out.single};
}

/* One end of a line, a square or a cosine: its level, the slope from it (negative if it falls), and
   the interval that contains the rates nearer to it than to the other end. */
typedef struct {
    double level, size, least, most;
    Slope slope;
} End;

static End end_of(int opcode, bool high, double size, double lo, double hi) {
    Slope slope;
    switch (opcode) {
    case COSINE: slope = cosine_slope(size, lo, hi, size > WIDE); break;
    case LINEAR: slope = linear_slope(size, lo, hi); break;
    case SQUARE: slope = square_slope(size, lo, hi, size > WIDE); break;
    default: TRAP();
    }
    double sign = high ? -1.0 : 1.0, middle = fma(0.5, hi - lo, lo);
    slope.rate = (Pair){sign * slope.rate.high, sign * slope.rate.low};
    return (End){high ? hi : lo, size, high ? middle : lo, high ? hi : middle, slope};
}

/* The rate at a distance from an end's level. In a wide segment it is clipped at the middle, where
   the halves meet. */
INLINED double rate_from(End end, double rise, bool wide) {
    double rate = end.level + rise;
    return wide ? smaller(larger(rate, end.least), end.most) : rate;
}

/* Steps x, x+step, ... from an end. `first` matters to a square alone: the end where it begins. */
INLINED void run_from_end_as(int opcode, bool wide, bool first, End end, Run run, Rates out) {
    if (opcode == COSINE && wide) {
        FOR_EACH_STEP(x, run, double rise = cosine_rise(x, x * x, end.slope, true);
                      put_rate(out, i, rate_from(end, rise, true)));
    } else if (opcode == COSINE) {
        FOR_EACH_SQUARE(square, run, double rise = cosine_rise(0.0, square, end.slope, false);
                        put_rate(out, i, rate_from(end, rise, false)));
    } else if (opcode == LINEAR) {
        FOR_EACH_STEP(x, run, put_rate(out, i, rate_from(end, linear_rise(x, end.slope), wide)));
    } else if (first) {
        FOR_EACH_STEP(x, run, double rise = square_rise(x, 2.0 * end.size - x, end.slope, wide);
                      put_rate(out, i, rate_from(end, rise, wide)));
    } else {
        FOR_EACH_STEP(x, run,
                      put_rate(out, i, rate_from(end, square_rise(x, x, end.slope, wide), wide)));
    }
}

INLINED void run_from_end_to(int opcode, bool first, End end, Run run, Rates out) {
    if (end.size > WIDE) {
        run_from_end_as(opcode, true, first, end, run, out);
    } else {
        run_from_end_as(opcode, false, first, end, run, out);
    }
}

static void run_from_end(int opcode, bool first, End end, Run run, Rates out) {
    if (out.single) {
        run_from_end_to(opcode, first, end, run, (Rates){out.to, true});
    } else {
        run_from_end_to(opcode, first, end, run, (Rates){out.to, false});
    }
}

/* The steps nearer to the first level, then the steps nearer to the last. */
static void run_from_both_ends(int opcode, End first, End last, Run run, Rates out) {
    double turn = first.size * (opcode == SQUARE ? SQUARE_TURN : TURN);
    int64_t early =
        (int64_t)smaller(larger(floor((turn - run.from) / run.step) + 1.0, 0.0), (double)run.n);
    Run late = after(run, early);
    run_from_end(opcode, true, first, cut(run, early), out);
    run_from_end(opcode, false, last, (Run){first.size - late.from, -run.step, late.n},
                 rates_after(out, early));
}

/* Steps x, x+1, ... of a cosine from its first level, into `early`, and the steps equally far from
   its last level, backwards into `late`. Both use the same rise, which is computed once. */
INLINED void put_twins(End first, End last, double rise, bool wide, Rates early, Rates late,
                       int64_t i) {
    put_rate(early, i, rate_from(first, rise, wide));
    put_rate(late, -i, rate_from(last, -rise, wide));
}

INLINED void run_of_twins_as(bool wide, bool single, End first, End last, Run run,
                             void *RESTRICT early, void *RESTRICT late) {
    if (wide) {
        FOR_EACH_STEP(
            x, run, double rise = cosine_rise(x, x * x, first.slope, true);
            put_twins(first, last, rise, true, (Rates){early, single}, (Rates){late, single}, i));
    } else {
        FOR_EACH_SQUARE(
            square, run, double rise = cosine_rise(0.0, square, first.slope, false);
            put_twins(first, last, rise, false, (Rates){early, single}, (Rates){late, single}, i));
    }
}

INLINED void run_of_twins_to(bool single, End first, End last, Run run, Rates early, Rates late) {
    if (first.size > WIDE) {
        run_of_twins_as(true, single, first, last, run, early.to, late.to);
    } else {
        run_of_twins_as(false, single, first, last, run, early.to, late.to);
    }
}

static void run_of_twins(End first, End last, Run run, Rates early, Rates late) {
    if (early.single) {
        run_of_twins_to(true, first, last, run, early, late);
    } else {
        run_of_twins_to(false, first, last, run, early, late);
    }
}

/* A cosine. Steps i and fold - i are twins: equally far from their ends. If the run contains both,
   one rise serves both. Other steps come before, between and after the twins. */
static void run_of_cosine(End first, End last, Run run, Rates out) {
    int64_t fold = (int64_t)(first.size - 2.0 * run.from), middle = (fold + 1) / 2;
    int64_t begin = fold >= run.n ? fold - run.n + 1 : 0;
    if (run.step != 1.0 || middle <= begin) {
        run_from_both_ends(COSINE, first, last, run, out);
        return;
    }
    int64_t single = fold + 1 - 2 * middle, end = fold + 1 - begin;
    run_from_both_ends(COSINE, first, last, cut(run, begin), out);
    run_of_twins(first, last, cut(after(run, begin), middle - begin), rates_after(out, begin),
                 rates_after(out, end - 1));
    run_from_both_ends(COSINE, first, last, cut(after(run, middle), single),
                       rates_after(out, middle));
    run_from_both_ends(COSINE, first, last, after(run, end), rates_after(out, end));
}

/* A line, a square or a cosine from the start of its segment. */
static void run_of_level_to_level(int opcode, double length, double lo, double hi, Run run,
                                  Rates out) {
    End first = end_of(opcode, length > 0.0, fabs(length), lo, hi);
    End last = end_of(opcode, length < 0.0, fabs(length), lo, hi);
    if (opcode == COSINE) {
        run_of_cosine(first, last, run, out);
    } else {
        run_from_both_ends(opcode, first, last, run, out);
    }
}

/* Whether a curve is measured from an end past 2^53, where distances in steps are no exact
   integers. Only a stretched period is so long. */
INLINED bool is_without_end(int opcode, double length) {
    return fabs(length) > LAST_STEP &&
           (opcode == LINEAR || opcode == SQUARE || opcode == COSINE || opcode == POWER);
}

/* The Taylor polynomials of consecutive patches, coefficient by coefficient. */
typedef struct {
    ALIGNED double high[PATCHES], low[PATCHES], c1[PATCHES], c2[PATCHES], c3[PATCHES], c4[PATCHES],
        c5[PATCHES], c6[PATCHES], c7[PATCHES];
} Taylors;

INLINED void put_taylor(Taylors *RESTRICT to, int j, Taylor at) {
    to->high[j] = at.value.high;
    to->low[j] = at.value.low;
    to->c1[j] = at.c1;
    to->c2[j] = at.c2;
    to->c3[j] = at.c3;
    to->c4[j] = at.c4;
    to->c5[j] = at.c5;
    to->c6[j] = at.c6;
    to->c7[j] = at.c7;
}

/* How many steps of a run come before x passes a limit, which belongs to those behind it. */
INLINED int64_t steps_to(double limit, Run run) {
    double steps = run.step > 0.0 ? ceil((limit - run.from) / run.step)
                                  : floor((limit - run.from) / run.step) + 1.0;
    return (int64_t)smaller(larger(steps, 0.0), (double)run.n);
}

/* The distances of a patch's steps from its middle, in the order of a run. */
typedef struct {
    ALIGNED double of[STEPS_OF_PATCH];
} Distances;

INLINED Distances distances_along(double step) {
    Distances from_middle;
    double first = step > 0.0 ? -0.5 * PATCH : 0.5 * PATCH - 1.0, by = step > 0.0 ? 1.0 : -1.0;
    for (int j = 0; j < STEPS_OF_PATCH; j++) {
        from_middle.of[j] = first + by * j;
    }
    return from_middle;
}

/* The steps of a run that are in some patches, the first of them centred at `middle`. Returns how
   many. Most patches are whole, and their loop is of constant length. */
static int64_t run_of_taylors(const Taylors *of, const Distances *from_middle, double middle,
                              Run run, double *RESTRICT out) {
    double by = run.step > 0.0 ? PATCH : -PATCH, half = run.step > 0.0 ? 0.5 * PATCH : -0.5 * PATCH;
    int64_t done = 0;
    for (int j = 0; j < PATCHES && done < run.n; j++, middle += by) {
        Taylor at = {{of->high[j], of->low[j]},
                     of->c1[j],
                     of->c2[j],
                     of->c3[j],
                     of->c4[j],
                     of->c5[j],
                     of->c6[j],
                     of->c7[j]};
        Run rest = after(run, done);
        if (fabs(run.step) == 1.0 && rest.from - middle == from_middle->of[0] &&
            rest.n >= STEPS_OF_PATCH) {
            for (int i = 0; i < STEPS_OF_PATCH; i++) {
                out[done + i] = taylor_rate(at, from_middle->of[i]);
            }
            done += STEPS_OF_PATCH;
            continue;
        }
        Run own = {rest.from - middle, run.step, steps_to(middle + half, rest)};
        FOR_EACH_STEP(d, own, out[done + i] = taylor_rate(at, d));
        done += own.n;
    }
    return done;
}

/* A run in three: the steps between have patches. */
typedef struct {
    Run before, patched, behind;
} Parts;

INLINED Parts parts_of(Run run, Patched range) {
    bool forward = run.step > 0.0, none = range.last < range.first;
    int64_t early = none ? run.n : steps_to(forward ? range.first : range.last + 1.0, run);
    Run rest = after(run, early);
    Run patched = cut(rest, steps_to(forward ? range.last + 1.0 : range.first, rest));
    return (Parts){cut(run, early), patched, after(rest, patched.n)};
}

/* A run in which every step is in a patch. `about` is the polynomial centred at a step m. */
#define FOR_EACH_PATCH(m, run, out, about)                                                         \
    Distances from_middle = distances_along((run).step);                                           \
    for (int64_t done = 0; done < (run).n;) {                                                      \
        Taylors taylors;                                                                           \
        Run rest = after(run, done);                                                               \
        double middle = middle_of(rest.from), by = rest.step > 0.0 ? PATCH : -PATCH;               \
        for (int j = 0; j < PATCHES; j++) {                                                        \
            const double m = middle + by * j;                                                      \
            put_taylor(&taylors, j, about);                                                        \
        }                                                                                          \
        done += run_of_taylors(&taylors, &from_middle, middle, rest, (out) + done);                \
    }

/* A run of a curve of which some steps are in patches. `at_step` is the rate at any step x, for
   steps far apart; `alone` that of a step x without a patch. */
#define RUN_IN_PATCHES(x, run, range, out, at_step, alone, about)                                  \
    do {                                                                                           \
        if (fabs((run).step) >= PATCH) {                                                           \
            FOR_EACH_STEP(x, run, (out)[i] = at_step);                                             \
            break;                                                                                 \
        }                                                                                          \
        Parts of = parts_of(run, range);                                                           \
        for (int end = 0; end < 2; end++) {                                                        \
            Run own = end == 0 ? of.before : of.behind;                                            \
            double *to = end == 0 ? (out) : (out) + (run).n - own.n;                               \
            FOR_EACH_STEP(x, own, to[i] = alone);                                                  \
        }                                                                                          \
        FOR_EACH_PATCH(x, of.patched, (out) + of.before.n, about);                                 \
    } while (0)

/* Steps x, x+step, ... from the end at which the power's base is 0. */
INLINED void run_of_power_as(double size, double lo, double hi, double q, Run run, bool fine,
                             double *RESTRICT out) {
    RUN_IN_PATCHES(x, run, patched_power(size, q, fine), out, power_at(x, size, lo, hi, q, fine),
                   taylor_value(power_about(x, false, size, lo, hi, q, fine)),
                   power_about(x, true, size, lo, hi, q, fine));
}

static void run_of_power(double size, double lo, double hi, double q, Run run,
                         double *RESTRICT out) {
    if (is_steep(fabs(q))) {
        run_of_power_as(size, lo, hi, q, run, true, out);
    } else {
        run_of_power_as(size, lo, hi, q, run, false, out);
    }
}

INLINED void run_of_exponential_as(Run run, double a, double k, double k_low, bool deep,
                                   double *RESTRICT out) {
    RUN_IN_PATCHES(c, run, patched_exponential(a, k), out, exponential(c, a, k, k_low, deep),
                   exponential_alone(c, a, k, k_low, deep),
                   exponential_about(c, true, a, k, k_low, false));
}

static void run_of_exponential(Run run, double a, double k, double k_low, double *RESTRICT out) {
    if (is_plain(run.from + run.step * (double)run.n, k)) {
        run_of_exponential_as(run, a, k, k_low, false, out);
    } else {
        run_of_exponential_as(run, a, k, k_low, true, out);
    }
}

INLINED void run_of_inverse_as(Run run, double a, double g, double s, double d, double q, bool fine,
                               double *RESTRICT out) {
    RUN_IN_PATCHES(c, run, patched_inverse(a, g, s, d, q, fine), out,
                   inverse(c, a, g, s, d, q, fine),
                   taylor_value(inverse_about(c, false, a, g, s, d, q, fine)),
                   inverse_about(c, true, a, g, s, d, q, fine));
}

static void run_of_inverse(Run run, double a, double g, double s, double d, double q,
                           double *RESTRICT out) {
    if (is_steep(q)) {
        run_of_inverse_as(run, a, g, s, d, q, true, out);
    } else if (run.step > 0.0) {
        int64_t near = steps_to(SLOW + 1.0, run);
        run_of_inverse_as(cut(run, near), a, g, s, d, q, false, out);
        Run far = after(run, near);
        FOR_EACH_STEP(c, far, out[near + i] = inverse(c, a, g, s, d, q, true));
    } else {
        FOR_EACH_STEP(c, run, out[i] = inverse(c, a, g, s, d, q, is_far(c)));
    }
}

static void run_of_cosine_power(Run run, double length, double lo, double hi, double x, double k,
                                double *RESTRICT out) {
    if (!is_sharp(x, k)) {
        RUN_IN_PATCHES(c, run, patched_cosine(length, k, false), out,
                       mild_cosine(c, length, lo, hi, x, k),
                       taylor_value(cosine_about(c, false, length, lo, hi, x, k)),
                       cosine_about(c, true, length, lo, hi, x, k));
    } else if (k == 1.0) {
        FOR_EACH_STEP(c, run, out[i] = sharp_cosine(c, length, lo, hi, x, 1.0));
    } else {
        FOR_EACH_STEP(c, run, out[i] = sharp_cosine(c, length, lo, hi, x, k));
    }
}

/* A staircase, stair by stair. */
static void run_of_stairs(Run run, double a, double every, double k, double k_low, double *out) {
    for (int64_t i = 0; i < run.n;) {
        Run rest = after(run, i);
        double turn = whole_periods(rest.from, every);
        int64_t n = steps_before((turn + 1.0) * every, rest);
        fill(stair(turn, a, k, k_low), n, out + i);
        i += n;
    }
}

/* One period of samples joined by lines: whether a step is nearer to the next sample, and its
   distance from the nearer one, negative from the next. */
typedef struct {
    ALIGNED double late[NEAR], distance[NEAR];
} Period;

static Period period_of(int every) {
    Period of;
    for (int c = 0; c < NEAR; c++) {
        bool late = c > TURN * every;
        of.late[c] = late;
        of.distance[c] = late ? c - every : c;
    }
    return of;
}

/* The rates of n steps from a sample on, which may be more than come before the next one. */
INLINED void line_of_samples(double first, double second, Pair slope, const Period *of, int n,
                             double *RESTRICT out) {
    for (int j = 0; j < n; j++) {
        double rise = fma(of->distance[j], slope.high, of->distance[j] * slope.low);
        out[j] = (of->late[j] != 0.0 ? second : first) + rise;
    }
}

/* Samples that are near to each other: as many as can be written in groups. The slopes between
   them, 0 where they are held, are computed some at a time. Returns how many. */
static int64_t run_of_near_samples(const double *value, int64_t samples, int every, bool joined,
                                   int64_t n, double *RESTRICT out) {
    if (every == 1) {
        samples = smaller_count(samples, n);
        memcpy(out, value, (size_t)samples * sizeof *out);
        return samples;
    }
    int64_t written = (every + GROUP - 1) / GROUP * GROUP, spare = written - every, done = 0;
    samples = smaller_count(samples, (n - spare) / every);
    Period of = period_of(every);
    for (; done + SAMPLES <= samples; done += SAMPLES) {
        ALIGNED double next[SAMPLES], slope[SAMPLES], slope_low[SAMPLES];
        for (int j = 0; j < SAMPLES; j++) {
            double first = value[done + j], second = value[done + j + joined];
            next[j] = second;
            Slope own = linear_slope(every, smaller(first, second), larger(first, second));
            slope[j] = first >= second ? -own.rate.high : own.rate.high;
            slope_low[j] = first >= second ? -own.rate.low : own.rate.low;
        }
        for (int j = 0; j < SAMPLES; j++) {
            line_of_samples(value[done + j], next[j], (Pair){slope[j], slope_low[j]}, &of,
                            (int)written, out + (done + j) * every);
        }
    }
    return done;
}

/* Samples, one after another. */
static void run_of_samples(const double *buffer, Run run, double at, double every, double last,
                           double joined, double *out) {
    for (int64_t i = 0; i < run.n;) {
        Run rest = after(run, i);
        double turn = smaller(whole_periods(rest.from, every), last);
        const double *value = buffer + whole(at + turn);
        if (run.step == 1.0 && every <= NEAR && rest.from == turn * every) {
            int64_t near = run_of_near_samples(value, whole(last - turn), (int)every, joined != 0.0,
                                               rest.n, out + i);
            if (near > 0) {
                i += near * (int64_t)every;
                continue;
            }
        }
        rest.n = turn < last ? steps_before((turn + 1.0) * every, rest) : rest.n;
        rest.from -= turn * every;
        if (joined == 0.0 || turn == last) {
            fill(value[0], rest.n, out + i);
        } else {
            run_of_level_to_level(LINEAR, value[0] >= value[1] ? every : -every,
                                  smaller(value[0], value[1]), larger(value[0], value[1]), rest,
                                  (Rates){out + i, false});
        }
        i += rest.n;
    }
}

/* The rates of a curve's formula, one loop per opcode. A condition depends on fields alone. */
static void run_of_formula(int opcode, const double *p, Run run, double *RESTRICT out) {
    const double p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3], p4 = p[4], p5 = p[5];
#define AT c
#define FIELD(k) p##k
#define CURVE(OPCODE, rate)                                                                        \
    case OPCODE: FOR_EACH_STEP(c, run, out[i] = rate); return;
#define FINE_CURVE(OPCODE, condition, rate)                                                        \
    case OPCODE: FOR_EACH_STEP_FINE(condition, c, run, out[i] = rate); return;
    switch (opcode) {
        CURVES_STEP_BY_STEP(CURVE, FINE_CURVE)
    default: TRAP();
    }
#undef FINE_CURVE
#undef CURVE
#undef FIELD
#undef AT
}

/* A curve of one lane over a run of steps from its start, with the fields in registers: by its own
   way, or by its formula. */
static void run_of_curve(const double *buffer, int64_t segment, int64_t lane, Run run,
                         double *RESTRICT out) {
    double p[FIELDS_MOST];
    for (int i = 0; i < FIELDS_MOST; i++) {
        p[i] = field(buffer, segment, i,
                     lane); /* of fields that the opcode has not, a number of the header */
    }
    const double p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3], p4 = p[4];
    const int opcode = opcode_of(buffer, segment);
    if (is_without_end(opcode, p0)) {
        FOR_EACH_STEP(c, run, out[i] = curve(buffer, segment, lane, c));
        return;
    }
    switch (opcode) {
    case CONSTANT: fill(p0, run.n, out); return;
    case LINEAR:
    case SQUARE:
    case COSINE: run_of_level_to_level(opcode, p0, p1, p2, run, (Rates){out, false}); return;
    case EXPONENTIAL: run_of_exponential(run, p0, p1, p2, out); return;
    case POWER:
        run_of_power(fabs(p0), p1, p2, p3, p0 > 0.0 ? (Run){p0 - run.from, -run.step, run.n} : run,
                     out);
        return;
    case COSINE_POWER: run_of_cosine_power(run, p0, p1, p2, p3, p4, out); return;
    case STAIRCASE:
        if (p1 >= SHORT * run.step) {
            run_of_stairs(run, p0, p1, p2, p3, out);
            return;
        }
        break;
    case SAMPLED:
        if (run.step != 1.0 && p1 < SHORT * run.step) {
            FOR_EACH_STEP(c, run, out[i] = sample(buffer, c, p0, p1, p2, p3));
        } else {
            run_of_samples(buffer, run, p0, p1, p2, p3, out);
        }
        return;
    case INVERSE: run_of_inverse(run, p0, p1, p2, p3, p4, out); return;
    default: break;
    }
    run_of_formula(opcode, p, run, out);
}

static void steps_of(const double *buffer, Segments segments, int64_t lane, Run run, double *out,
                     Scratch *scratch, double *nested);

static void singles_of(const double *buffer, Segments segments, int64_t lane, Run run, float *out,
                       Scratch *scratch);

/* The steps of a run that are in the period of its first step, and the number of that period. */
INLINED Run first_period(const double *buffer, int64_t segment, int64_t lane, Run run,
                         double *turn) {
    double period = field(buffer, segment, 0, lane), last = field(buffer, segment, 1, lane) - 1.0;
    Place place = place_in_loop(buffer, segment, lane, run.from);
    *turn = place.turn;
    run.from = place.step;
    return place.turn < last ? cut(run, steps_before(period, run)) : run;
}

/* A loop, period by period. A loop that shrinks goes in blocks, which stay in the cache between two
   passes. */
static void run_of_loop(const double *buffer, int64_t segment, int64_t lane, Run run, double *out,
                        Scratch *scratch, double *nested) {
    double k = field(buffer, segment, 2, lane), k_low = field(buffer, segment, 3, lane),
           floor = field(buffer, segment, 4, lane), turn;
    for (int64_t i = 0; i < run.n;) {
        Run rest = first_period(buffer, segment, lane, after(run, i), &turn);
        rest = k == 0.0 ? rest : cut(rest, BLOCK);
        steps_of(buffer, first_segments(buffer, segment), lane, rest, out + i, scratch, nested);
        if (k != 0.0) {
            Share share = share_of_scale(turn, k, k_low);
            for (int64_t j = i; j < i + rest.n; j++) {
                out[j] = shrunk(out[j], share, floor);
            }
        }
        i += rest.n;
    }
}

/* Whether a loop repeats its body as it is, in runs. */
INLINED bool repeats(const double *buffer, int64_t segment, int64_t lane, double step) {
    return opcode_of(buffer, segment) == LOOP && field(buffer, segment, 0, lane) >= SHORT * step &&
           field(buffer, segment, 2, lane) == 0.0;
}

static void singles_of_loop(const double *buffer, int64_t segment, int64_t lane, Run run,
                            float *out, Scratch *scratch) {
    double turn;
    for (int64_t i = 0; i < run.n;) {
        Run rest = first_period(buffer, segment, lane, after(run, i), &turn);
        singles_of(buffer, first_segments(buffer, segment), lane, rest, out + i, scratch);
        i += rest.n;
    }
}

/* A segment that holds others, in blocks of steps of one lane. Loops of short periods take this
 * way.
 */
static void run_of_single_steps(const double *buffer, int64_t segment, int64_t lane, Run run,
                                double *out, Scratch *scratch, double *nested) {
    ALIGNED double steps[BLOCK];
    for (int64_t begin = 0, size = block_of(buffer); begin < run.n; begin += size) {
        Run block = cut(after(run, begin), size);
        FOR_EACH_STEP(c, block, steps[i] = c);
        lanes_of_holder(buffer, segment, (Steps){lane, 0, block.n, steps}, out + begin, scratch,
                        nested);
    }
}

/* A time map: a run of the segments that it holds, unless the mapped steps are uneven or pass the
   last step. */
static void run_of_time_map(const double *buffer, int64_t segment, int64_t lane, Run run,
                            double *out, Scratch *scratch, double *nested) {
    double base = field(buffer, segment, 0, lane), pace = field(buffer, segment, 1, lane),
           every = field(buffer, segment, 2, lane);
    Segments inner = first_segments(buffer, segment);
    double turns = whole_periods(run.step, every);
    Run within = {paced(run.from, base, pace, every), pace * turns, run.n};
    if (pace == 0.0) {
        fill(rate_of(buffer, inner, lane, base), run.n, out);
    } else if (turns * every == run.step &&
               within.from + within.step * (double)run.n <= LAST_STEP) {
        steps_of(buffer, inner, lane, within, out, scratch, nested);
    } else {
        run_of_single_steps(buffer, segment, lane, run, out, scratch, nested);
    }
}

/* A time map that stands still for many steps: each rate is evaluated once and repeated. */
static void run_of_landings(const double *buffer, int64_t segment, int64_t lane, Run run,
                            double *out, Scratch *scratch, double *nested) {
    double every = field(buffer, segment, 2, lane), size = (double)block_of(buffer);
    double last = whole_periods(run.from + run.step * (double)(run.n - 1), every);
    for (int64_t i = 0; i < run.n;) {
        double turn = whole_periods(after(run, i).from, every);
        int64_t n = (int64_t)smaller(last - turn + 1.0, size);
        run_of_time_map(buffer, segment, lane, (Run){turn * every, every, n}, nested, scratch,
                        nested + n);
        for (int64_t j = 0; j < n; j++) {
            int64_t steps = steps_before((turn + (double)j + 1.0) * every, after(run, i));
            fill(nested[j], steps, out + i);
            i += steps;
        }
    }
}

/* Whether some segments are one level. */
INLINED bool is_level(const double *buffer, Segments segments) {
    return segments.count == 1 && opcode_of(buffer, segments.at) == CONSTANT;
}

/* An operation on two rates, in blocks that stay in the cache until they are merged. */
static void run_of_pair(const double *buffer, int64_t segment, int64_t lane, Run run, double *out,
                        Scratch *scratch, double *nested) {
    Segments first = first_segments(buffer, segment), second = second_segments(buffer, segment);
    int opcode = opcode_of(buffer, segment);
    bool level = is_level(buffer, second);
    for (int64_t i = 0, size = block_of(buffer); i < run.n; i += size) {
        Run block = cut(after(run, i), size);
        steps_of(buffer, first, lane, block, out + i, scratch, nested + size);
        if (level) {
            merge_level(opcode, block.n, out + i, field(buffer, second.at, 0, lane));
            continue;
        }
        steps_of(buffer, second, lane, block, nested, scratch, nested + size);
        merge(opcode, block.n, out + i, nested);
    }
}

/* How many rates to write to `out` before the next one begins a cache line. */
static int64_t to_align(const double *out) {
    return (int64_t)((64u - ((uintptr_t)out & 63u)) % 64u / sizeof *out);
}

/* A segment of one lane over a run of steps from its start. */
static void run_of_segment(const double *buffer, int64_t segment, int64_t lane, Run run,
                           double *out, Scratch *scratch, double *nested) {
    int opcode = opcode_of(buffer, segment);
    if (opcode < LOOP) {
        int64_t head = run.n > LONG ? to_align(out) : 0;
        if (head > 0) {
            run_of_curve(buffer, segment, lane, cut(run, head), out);
        }
        run_of_curve(buffer, segment, lane, after(run, head), out + head);
    } else if (opcode == TIME_MAP && field(buffer, segment, 2, lane) >= SHORT * run.step) {
        run_of_landings(buffer, segment, lane, run, out, scratch, nested);
    } else if (opcode == TIME_MAP) {
        run_of_time_map(buffer, segment, lane, run, out, scratch, nested);
    } else if (opcode >= OPCODES) {
        TRAP(); /* before offsets are read that it may not have */
    } else if (opcode != LOOP) {
        run_of_pair(buffer, segment, lane, run, out, scratch, nested);
    } else if (field(buffer, segment, 0, lane) < SHORT * run.step) {
        run_of_single_steps(buffer, segment, lane, run, out, scratch, nested);
    } else {
        run_of_loop(buffer, segment, lane, run, out, scratch, nested);
    }
}

/* The same into float32. What has no run of its own there goes in blocks of float64. */
static void run_of_singles(const double *buffer, int64_t segment, int64_t lane, Run run, float *out,
                           Scratch *scratch) {
    int opcode = opcode_of(buffer, segment);
    if (opcode == LINEAR || opcode == SQUARE || opcode == COSINE) {
        double length = field(buffer, segment, 0, lane);
        if (!is_without_end(opcode, length)) {
            run_of_level_to_level(opcode, length, field(buffer, segment, 1, lane),
                                  field(buffer, segment, 2, lane), run, (Rates){out, true});
            return;
        }
    }
    if (repeats(buffer, segment, lane, run.step)) {
        singles_of_loop(buffer, segment, lane, run, out, scratch);
        return;
    }
    ALIGNED double block[BLOCK];
    for (int64_t begin = 0; begin < run.n; begin += BLOCK) {
        Run part = cut(after(run, begin), BLOCK);
        run_of_segment(buffer, segment, lane, part, block, scratch, scratch->nested);
        for (int64_t i = 0; i < part.n; i++) {
            out[begin + i] = (float)block[i];
        }
    }
}

/* One lane of some segments over a run of steps, segment by segment. `nested` is scratch for
   segments within segments. */
INLINED void steps_into(const double *buffer, Segments segments, int64_t lane, Run run, Rates out,
                        Scratch *scratch, double *nested) {
    int64_t k = segment_in_force(buffer, segments, lane, run.from);
    for (int64_t i = 0; i < run.n; k++) {
        int64_t segment = segments.at + ROW * k;
        Run rest = after(run, i);
        double begin = start(buffer, segment, lane),
               end = k + 1 < segments.count ? start(buffer, segment + ROW, lane) : INFINITY;
        if (end <= rest.from) {
            continue; /* no step is in it */
        }
        rest.n = end < INFINITY ? steps_before(end, rest) : rest.n;
        Run own = {rest.from - begin, rest.step, rest.n};
        void *to = rates_after(out, i).to;
        if (out.single) {
            run_of_singles(buffer, segment, lane, own, to, scratch);
        } else {
            run_of_segment(buffer, segment, lane, own, to, scratch, nested);
        }
        i += rest.n;
    }
}

static void steps_of(const double *buffer, Segments segments, int64_t lane, Run run, double *out,
                     Scratch *scratch, double *nested) {
    steps_into(buffer, segments, lane, run, (Rates){out, false}, scratch, nested);
}

/* The same into float32. */
static void singles_of(const double *buffer, Segments segments, int64_t lane, Run run, float *out,
                       Scratch *scratch) {
    steps_into(buffer, segments, lane, run, (Rates){out, true}, scratch, scratch->nested);
}

#endif
