/* One lane over a run of steps: a row at a time, each shape in a loop of its own at the machine's
 * full width. */
#ifndef FASTLR_RANGES_H
#define FASTLR_RANGES_H

#include "blocks.h"

#define SHORT 64.0 /* a period of fewer steps is not worth a run of its own */
#define LONG                                                                                       \
    256 /* steps that are worth beginning at a cache line: stores across two take twice the time   \
         */
#define AT_ONCE 32 /* clocks that go on together: enough that no step waits for the one before */

/* The steps of a run: clocks from, from + step, ..., n of them. */
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

/* How many of its steps lie before `limit`: at least one. */
INLINED int64_t steps_before(double limit, Run run) {
    return (int64_t)smaller(larger(ceil((limit - run.from) / run.step), 1.0), (double)run.n);
}

/* Do something with each clock c of a run, the i-th. Clocks are integers, so that to add to them is
 * exact. */
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

/* The same in two loops, of which one is taken: what it does may hang on whether it has to be
 * `fine`. */
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

/* One end of a line, a square or a cosine: its level, the slope from it, negative where it falls,
   and the interval that rates nearer to it than to the other stay in. */
typedef struct {
    double level, size, least, most;
    Slope slope;
} End;

static End end_of(int shape, bool high, double size, double lo, double hi) {
    Slope slope = shape == COSINE   ? cosine_slope(size, lo, hi, size > WIDE)
                  : shape == LINEAR ? linear_slope(size, lo, hi)
                                    : square_slope(size, lo, hi, size > WIDE);
    double sign = high ? -1.0 : 1.0, middle = fma(0.5, hi - lo, lo);
    slope.rate = (Pair){sign * slope.rate.high, sign * slope.rate.low};
    return (End){high ? hi : lo, size, high ? middle : lo, high ? hi : middle, slope};
}

/* The rate so far off an end's level; in a wide row it is kept from passing the middle, where the
 * halves meet. */
INLINED double rate_from(End end, double rise, bool wide) {
    double rate = end.level + rise;
    return wide ? smaller(larger(rate, end.least), end.most) : rate;
}

/* Steps that are x, x+step, ... from an end; `first`, of a square, if it is the one where it
 * begins. */
INLINED void run_from_end_as(int shape, bool wide, bool first, End end, Run run,
                             double *RESTRICT out) {
    if (shape == COSINE) {
        FOR_EACH_STEP(x, run, out[i] = rate_from(end, cosine_rise(x, end.slope, wide), wide));
    } else if (shape == LINEAR) {
        FOR_EACH_STEP(x, run, out[i] = rate_from(end, linear_rise(x, end.slope), wide));
    } else if (first) {
        FOR_EACH_STEP(
            x, run,
            out[i] = rate_from(end, square_rise(x, 2.0 * end.size - x, end.slope, wide), wide));
    } else {
        FOR_EACH_STEP(x, run, out[i] = rate_from(end, square_rise(x, x, end.slope, wide), wide));
    }
}

static void run_from_end(int shape, bool first, End end, Run run, double *out) {
    if (end.size > WIDE) {
        run_from_end_as(shape, true, first, end, run, out);
    } else {
        run_from_end_as(shape, false, first, end, run, out);
    }
}

/* First the steps nearer to the first level, then those nearer to the last. */
static void run_from_both_ends(int shape, End first, End last, Run run, double *out) {
    double turn = first.size * (shape == SQUARE ? SQUARE_TURN : TURN);
    int64_t early =
        (int64_t)smaller(larger(floor((turn - run.from) / run.step) + 1.0, 0.0), (double)run.n);
    Run late = after(run, early);
    run_from_end(shape, true, first, cut(run, early), out);
    run_from_end(shape, false, last, (Run){first.size - late.from, -run.step, late.n}, out + early);
}

/* Steps of a cosine x, x+1, ... from its first level, into `early`, and as far from its last, into
   `late` and backwards: the two rise alike, so that it is worked out once. */
INLINED void run_of_twins_as(bool wide, End first, End last, Run run, double *RESTRICT early,
                             double *RESTRICT late) {
    FOR_EACH_STEP(x, run, double rise = cosine_rise(x, first.slope, wide);
                  early[i] = rate_from(first, rise, wide); late[-i] = rate_from(last, -rise, wide));
}

static void run_of_twins(End first, End last, Run run, double *early, double *late) {
    if (first.size > WIDE) {
        run_of_twins_as(true, first, last, run, early, late);
    } else {
        run_of_twins_as(false, first, last, run, early, late);
    }
}

/* A cosine: where step i and step fold - i are both asked for they are twins, and what is left over
   stands before them, between them and after them. */
static void run_of_cosine(End first, End last, Run run, double *out) {
    int64_t fold = (int64_t)(first.size - 2.0 * run.from), middle = (fold + 1) / 2;
    int64_t begin = fold >= run.n ? fold - run.n + 1 : 0;
    if (run.step != 1.0 || middle <= begin) {
        run_from_both_ends(COSINE, first, last, run, out);
        return;
    }
    int64_t single = fold + 1 - 2 * middle, end = fold + 1 - begin;
    run_from_both_ends(COSINE, first, last, cut(run, begin), out);
    run_of_twins(first, last, cut(after(run, begin), middle - begin), out + begin, out + end - 1);
    run_from_both_ends(COSINE, first, last, cut(after(run, middle), single), out + middle);
    run_from_both_ends(COSINE, first, last, after(run, end), out + end);
}

/* Whether a row is measured from an end that lies past the last step, so far that steps from it are
   no integers that can be counted on: only a stretched period is so long. */
INLINED bool is_without_end(int shape, double length) {
    return fabs(length) > LAST_STEP &&
           (shape == LINEAR || shape == SQUARE || shape == COSINE || shape == POWER);
}

/* Steps that are x, x+step, ... from the end of the curve that its quotient is taken from. */
static void run_of_power(double size, double lo, double hi, double q, Run run,
                         double *RESTRICT out) {
    if (is_steep(q)) {
        FOR_EACH_STEP(x, run, out[i] = power_kept(x, size, lo, hi, q, true, true));
    } else if (q > 0.0 && size <= SLOW) {
        FOR_EACH_STEP(x, run, out[i] = power_kept(x, size, lo, hi, q, false, false));
    } else if (q > 0.0) {
        FOR_EACH_STEP(x, run, out[i] = power_kept(x, size, lo, hi, q, true, false));
    } else {
        FOR_EACH_STEP(x, run, out[i] = power_lost(x, size, lo, hi, q));
    }
}

static void run_of_cosine_power(Run run, double length, double lo, double hi, double x, double k,
                                double *RESTRICT out) {
    if (!is_sharp(x, k)) {
        FOR_EACH_STEP(c, run, out[i] = cosine_power(c, length, lo, hi, x, k, false));
    } else if (k == 1.0) {
        FOR_EACH_STEP(c, run, out[i] = cosine_power(c, length, lo, hi, x, 1.0, true));
    } else {
        FOR_EACH_STEP(c, run, out[i] = cosine_power(c, length, lo, hi, x, k, true));
    }
}

/* A staircase, a stair at a time. */
static void run_of_stairs(Run run, double a, double every, double k, double k_low, double *out) {
    for (int64_t i = 0; i < run.n;) {
        Run rest = after(run, i);
        double turn = whole_periods(rest.from, every);
        int64_t n = steps_before((turn + 1.0) * every, rest);
        fill(exponential(turn, a, k, k_low, true), n, out + i);
        i += n;
    }
}

/* A curve's row of one lane over a run of its clocks: one loop a shape, its fields held in
 * registers. */
static void run_of_curve(const double *words, int64_t row, int64_t lane, Run run,
                         double *RESTRICT out) {
    double p[FIELDS_MOST];
    for (int i = 0; i < FIELDS_MOST; i++) {
        p[i] = field(words, row, i, lane); /* of those that a shape has not, a word of the header */
    }
    const double p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3], p4 = p[4], p5 = p[5];
    const int shape = shape_of(words, row);
    if (is_without_end(shape, p0)) {
        FOR_EACH_STEP(c, run, out[i] = curve(words, row, lane, c));
        return;
    }
    switch (shape) {
    case CONSTANT: fill(p0, run.n, out); return;
    case LINEAR:
    case SQUARE:
        run_from_both_ends(shape, end_of(shape, p0 > 0.0, fabs(p0), p1, p2),
                           end_of(shape, p0 < 0.0, fabs(p0), p1, p2), run, out);
        return;
    case COSINE:
        run_of_cosine(end_of(shape, p0 > 0.0, fabs(p0), p1, p2),
                      end_of(shape, p0 < 0.0, fabs(p0), p1, p2), run, out);
        return;
    case EXPONENTIAL:
        if (is_plain(run.from + run.step * (double)run.n, p1)) {
            FOR_EACH_STEP(c, run, out[i] = exponential(c, p0, p1, p2, false));
        } else {
            FOR_EACH_STEP(c, run, out[i] = exponential(c, p0, p1, p2, true));
        }
        return;
    case POWER:
        run_of_power(fabs(p0), p1, p2, p3, p0 > 0.0 ? (Run){p0 - run.from, -run.step, run.n} : run,
                     out);
        return;
    case STAIRCASE:
        if (p1 < SHORT * run.step) {
            FOR_EACH_STEP(c, run, out[i] = staircase(c, p0, p1, p2, p3));
        } else {
            run_of_stairs(run, p0, p1, p2, p3, out);
        }
        return;
    case RECIPROCAL: FOR_EACH_STEP(c, run, out[i] = reciprocal(c, p0, p1, p2, p3)); return;
    case REX: FOR_EACH_STEP(c, run, out[i] = rex(c, p0, p1, p2, p3)); return;
    case SAMPLED: FOR_EACH_STEP(c, run, out[i] = sample(words, c, p0, p1, p2, p3)); return;
    case COSINE_POWER: run_of_cosine_power(run, p0, p1, p2, p3, p4, out); return;
    case INVERSE:
        FOR_EACH_STEP_FINE(is_steep(p4), c, run, out[i] = inverse(c, p0, p1, p2, p3, p4, fine));
        return;
    case LOGARITHMIC: FOR_EACH_STEP(c, run, out[i] = logarithmic(c, p0, p1, p2, p3, p4)); return;
    case EDEN: FOR_EACH_STEP_FINE(is_steep(p2), c, run, out[i] = eden(c, p0, p1, p2, fine)); return;
    case AFFINE_EXPONENTIAL:
        FOR_EACH_STEP(c, run, out[i] = affine_exponential(c, p0, p1, p2, p3, p4));
        return;
    default: FOR_EACH_STEP(c, run, out[i] = hyperbolic(c, p0, p1, p2, p3, p4, p5)); return;
    }
}

static void steps_of(const double *words, Track track, int64_t lane, Run run, double *out,
                     Scratch *scratch, double *nested);

/* A loop a period at a time; where it shrinks, in blocks that stay in the cache between two passes.
 */
static void run_of_loop(const double *words, int64_t row, int64_t lane, Run run, double *out,
                        Scratch *scratch, double *nested) {
    double period = field(words, row, 0, lane), last = field(words, row, 1, lane) - 1.0;
    double k = field(words, row, 2, lane), k_low = field(words, row, 3, lane),
           floor = field(words, row, 4, lane);
    for (int64_t i = 0; i < run.n;) {
        Run rest = after(run, i);
        Place place = place_in_loop(words, row, lane, rest.from);
        rest.from = place.clock;
        rest.n = place.turn < last ? steps_before(period, rest) : rest.n;
        rest = k == 0.0 ? rest : cut(rest, BLOCK);
        steps_of(words, first_track(words, row), lane, rest, out + i, scratch, nested);
        if (k != 0.0) {
            Share share = share_of_scale(place.turn, k, k_low);
            for (int64_t j = i; j < i + rest.n; j++) {
                out[j] = shrunk(out[j], share, floor);
            }
        }
        i += rest.n;
    }
}

/* Any row as so many clocks of one lane: what a loop of short periods takes. */
static void run_of_clocks(const double *words, int64_t row, int64_t lane, Run run, double *out,
                          Scratch *scratch, double *nested) {
    ALIGNED double clocks[BLOCK];
    for (int64_t begin = 0, size = block_of(words); begin < run.n; begin += size) {
        Run block = cut(after(run, begin), size);
        FOR_EACH_STEP(c, block, clocks[i] = c);
        lanes_of_holder(words, row, (Clocks){lane, 0, block.n, clocks}, out + begin, scratch,
                        nested);
    }
}

/* A row at another pace: a run of the track that it holds, unless that passes the last step or its
 * clock goes on unevenly. */
static void run_of_clock(const double *words, int64_t row, int64_t lane, Run run, double *out,
                         Scratch *scratch, double *nested) {
    double base = field(words, row, 0, lane), pace = field(words, row, 1, lane),
           every = field(words, row, 2, lane);
    Track inner = first_track(words, row);
    double turns = whole_periods(run.step, every);
    Run within = {paced(run.from, base, pace, every), pace * turns, run.n};
    if (pace == 0.0) {
        fill(rate_of(words, inner, lane, base), run.n, out);
    } else if (turns * every == run.step &&
               within.from + within.step * (double)run.n <= LAST_STEP) {
        steps_of(words, inner, lane, within, out, scratch, nested);
    } else {
        run_of_clocks(words, row, lane, run, out, scratch, nested);
    }
}

/* A clock that stands still for long: the rate where it does, each once, spread over its steps. */
static void run_of_landings(const double *words, int64_t row, int64_t lane, Run run, double *out,
                            Scratch *scratch, double *nested) {
    double every = field(words, row, 2, lane), size = (double)block_of(words);
    double last = whole_periods(run.from + run.step * (double)(run.n - 1), every);
    for (int64_t i = 0; i < run.n;) {
        double turn = whole_periods(after(run, i).from, every);
        int64_t n = (int64_t)smaller(last - turn + 1.0, size);
        run_of_clock(words, row, lane, (Run){turn * every, every, n}, nested, scratch, nested + n);
        for (int64_t j = 0; j < n; j++) {
            int64_t steps = steps_before((turn + (double)j + 1.0) * every, after(run, i));
            fill(nested[j], steps, out + i);
            i += steps;
        }
    }
}

/* A row of two tracks, in blocks that stay in the cache until they are merged. */
static void run_of_pair(const double *words, int64_t row, int64_t lane, Run run, double *out,
                        Scratch *scratch, double *nested) {
    for (int64_t i = 0, size = block_of(words); i < run.n; i += size) {
        Run block = cut(after(run, i), size);
        steps_of(words, first_track(words, row), lane, block, out + i, scratch, nested + size);
        steps_of(words, second_track(words, row), lane, block, nested, scratch, nested + size);
        merge(shape_of(words, row), block.n, out + i, nested);
    }
}

/* Of steps into `out`, those before it comes to stand at the beginning of a cache line. */
static int64_t to_align(const double *out) {
    return (int64_t)((64u - ((uintptr_t)out & 63u)) % 64u / sizeof *out);
}

/* A row of one lane over a run of its clocks. */
static void run_of_row(const double *words, int64_t row, int64_t lane, Run run, double *out,
                       Scratch *scratch, double *nested) {
    int shape = shape_of(words, row);
    if (shape < LOOP) {
        int64_t head = run.n > LONG ? to_align(out) : 0;
        if (head > 0) {
            run_of_curve(words, row, lane, cut(run, head), out);
        }
        run_of_curve(words, row, lane, after(run, head), out + head);
    } else if (shape == CLOCK && field(words, row, 2, lane) >= SHORT * run.step) {
        run_of_landings(words, row, lane, run, out, scratch, nested);
    } else if (shape == CLOCK) {
        run_of_clock(words, row, lane, run, out, scratch, nested);
    } else if (shape != LOOP) {
        run_of_pair(words, row, lane, run, out, scratch, nested);
    } else if (field(words, row, 0, lane) < SHORT * run.step) {
        run_of_clocks(words, row, lane, run, out, scratch, nested);
    } else {
        run_of_loop(words, row, lane, run, out, scratch, nested);
    }
}

/* One lane of a track over a run of its clocks, a row in force at a time; `nested` has room for
 * what rows within rows need. */
static void steps_of(const double *words, Track track, int64_t lane, Run run, double *out,
                     Scratch *scratch, double *nested) {
    int64_t k = row_in_force(words, track, lane, run.from);
    for (int64_t i = 0; i < run.n; k++) {
        int64_t row = track.at + ROW * k;
        Run rest = after(run, i);
        double begin = start(words, row, lane),
               end = k + 1 < track.count ? start(words, row + ROW, lane) : INFINITY;
        if (end <= rest.from) {
            continue; /* it vanishes */
        }
        rest.n = end < INFINITY ? steps_before(end, rest) : rest.n;
        run_of_row(words, row, lane, (Run){rest.from - begin, rest.step, rest.n}, out + i, scratch,
                   nested);
        i += rest.n;
    }
}

#endif
