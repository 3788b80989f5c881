/* Many clocks at a time: of as many lanes, each at its own, or of one lane in any order.

   A block of clocks goes through every row in force among them at the machine's full width, and
   each rate is taken from its own row. */
#ifndef FASTLR_BLOCKS_H
#define FASTLR_BLOCKS_H

#include "segments.h"

#define BLOCK                                                                                      \
    1024 /* clocks at a time: 8 KiB of float64, so that what two passes read stays in the cache */
#define MOST_BLENDED 4 /* rows in force in a block that are evaluated for all of it */
#define LEVEL 4        /* blocks that a row which holds others needs for itself */
#define NESTED (LEVEL * (DEEPEST + 1) * 8)

/* Clocks of a block: of lanes lane, lane+1, ... (stride 1), or all of one lane (stride 0). */
typedef struct {
    int64_t lane, stride, n;
    const double *c;
} Clocks;

/* What a block is computed in: a row's fields spread out, its clocks, its rates; and blocks for
 * rows within rows. */
typedef struct {
    ALIGNED double fields[FIELDS_MOST][BLOCK], clocks[BLOCK], rates[BLOCK];
    double nested[NESTED];
} Scratch;

/* How many clocks to take at a time, so that the scratch of a deep program is no larger than that
 * of a flat one. */
INLINED int64_t block_of(const double *words) {
    int64_t most = NESTED / (LEVEL * (integer(words, HEADER_DEPTH) + 1));
    return most < BLOCK ? most : BLOCK;
}

/* Whether each clock has a number of its own, not all of them one. */
INLINED bool is_own(const double *words, int64_t at, int64_t stride) {
    return integer(words, at + 1) * stride != 0;
}

/* Where a number of lane, lane+1, ... begins. */
INLINED const double *first_of(const double *words, int64_t at, int64_t lane) {
    return words + integer(words, at) + lane * integer(words, at + 1);
}

/* A number of consecutive lanes: where it stands if each has its own, spread out if they share one.
 */
INLINED const double *column(const double *words, int64_t at, Clocks of, double *spread) {
    const double *first = first_of(words, at, of.lane);
    if (is_own(words, at, of.stride)) {
        return first;
    }
    for (int64_t i = 0; i < of.n; i++) {
        spread[i] = *first;
    }
    return spread;
}

/* Clocks from the row's start, where it has begun; those of the track itself, if that is at step 0.
 */
INLINED const double *clocks_of_row(const double *words, int64_t row, Clocks of,
                                    double *RESTRICT clocks) {
    const double *begin = first_of(words, row + 1, of.lane);
    if (is_own(words, row + 1, of.stride)) {
        for (int64_t i = 0; i < of.n; i++) {
            clocks[i] = larger(of.c[i] - begin[i], 0.0);
        }
        return clocks;
    }
    double shared = *begin;
    if (shared == 0.0) {
        return of.c;
    }
    for (int64_t i = 0; i < of.n; i++) {
        clocks[i] = larger(of.c[i] - shared, 0.0);
    }
    return clocks;
}

/* Take the rates of clocks from the row's start on; later rows take theirs after it. */
static void blend(const double *words, int64_t row, Clocks of, const double *RESTRICT rates,
                  double *RESTRICT out) {
    const double *begin = first_of(words, row + 1, of.lane);
    if (is_own(words, row + 1, of.stride)) {
        for (int64_t i = 0; i < of.n; i++) {
            out[i] = begin[i] <= of.c[i] ? rates[i] : out[i];
        }
        return;
    }
    double shared = *begin;
    for (int64_t i = 0; i < of.n; i++) {
        out[i] = shared <= of.c[i] ? rates[i] : out[i];
    }
}

#define FOR_EACH(rate)                                                                             \
    for (int64_t i = 0; i < n; i++) {                                                              \
        out[i] = rate;                                                                             \
    }

/* As if no lane had to be `fine`, and again where some have; at once so where the first of them
 * has. */
#define FOR_EACH_FINE(condition, rate)                                                             \
    {                                                                                              \
        int64_t i = 0, some = condition;                                                           \
        if (some == 0) {                                                                           \
            const bool fine = false;                                                               \
            for (; i < n; i++) {                                                                   \
                some += condition;                                                                 \
                out[i] = rate;                                                                     \
            }                                                                                      \
        }                                                                                          \
        if (some > 0) {                                                                            \
            for (i = 0; i < n; i++) {                                                              \
                const bool fine = condition;                                                       \
                out[i] = rate;                                                                     \
            }                                                                                      \
        }                                                                                          \
    }

/* The shapes measured from the nearer end. */
INLINED void lanes_from_nearer_end(int shape, int64_t n, const double *RESTRICT c,
                                   const double *RESTRICT length, const double *RESTRICT lo,
                                   const double *RESTRICT hi, double *RESTRICT out, bool wide) {
    switch (shape) {
    case LINEAR: FOR_EACH(linear(c[i], length[i], lo[i], hi[i], wide)) return;
    case SQUARE: FOR_EACH(square(c[i], length[i], lo[i], hi[i], wide)) return;
    default: FOR_EACH(cosine(c[i], length[i], lo[i], hi[i], wide)) return;
    }
}

static bool any_wide(int64_t n, const double *RESTRICT length) {
    int64_t wide = 0;
    for (int64_t i = 0; i < n; i++) {
        wide += fabs(length[i]) > WIDE;
    }
    return wide > 0;
}

/* As if none were deep, and again where some are. */
static void lanes_of_exponential(int64_t n, const double *RESTRICT c, const double *RESTRICT a,
                                 const double *RESTRICT k, const double *RESTRICT k_low,
                                 double *RESTRICT out) {
    int64_t plain = 0;
    FOR_EACH(exponential(c[i], a[i], k[i], k_low[i], false))
    for (int64_t i = 0; i < n; i++) {
        plain += is_plain(c[i], k[i]);
    }
    if (plain < n) {
        FOR_EACH(exponential(c[i], a[i], k[i], k_low[i], true))
    }
}

/* A curve's row at a block of clocks of its track. */
static void lanes_of_curve(const double *words, int64_t row, Clocks of, double *RESTRICT out,
                           Scratch *scratch) {
    int64_t n = of.n;
    int shape = shape_of(words, row);
#define COLUMN(i) column(words, field_at(row, i), of, scratch->fields[i])
    const double *RESTRICT p0 = COLUMN(0);
    if (shape == CONSTANT) {
        memcpy(out, p0, (size_t)n * sizeof *out);
        return;
    }
    const double *RESTRICT c = clocks_of_row(words, row, of, scratch->clocks);
    const double *RESTRICT p1 = COLUMN(1), *RESTRICT p2 = COLUMN(2);
    if (shape == LINEAR || shape == SQUARE || shape == COSINE) {
        /* as if no length were wide, and again where some are: to look first would be to wait for
         * memory twice */
        lanes_from_nearer_end(shape, n, c, p0, p1, p2, out, false);
        if (any_wide(n, p0)) {
            lanes_from_nearer_end(shape, n, c, p0, p1, p2, out, true);
        }
        return;
    }
    if (shape == EXPONENTIAL) {
        lanes_of_exponential(n, c, p0, p1, p2, out);
        return;
    }
    if (shape == EDEN) {
        FOR_EACH_FINE(is_steep(p2[i]), eden(c[i], p0[i], p1[i], p2[i], fine))
        return;
    }
    const double *RESTRICT p3 = COLUMN(3);
    switch (shape) {
    case POWER:
        FOR_EACH_FINE(is_steep(p3[i]), power(c[i], p0[i], p1[i], p2[i], p3[i], fine)) return;
    case STAIRCASE: FOR_EACH(staircase(c[i], p0[i], p1[i], p2[i], p3[i])) return;
    case RECIPROCAL: FOR_EACH(reciprocal(c[i], p0[i], p1[i], p2[i], p3[i])) return;
    case REX: FOR_EACH(rex(c[i], p0[i], p1[i], p2[i], p3[i])) return;
    case SAMPLED: FOR_EACH(sample(words, c[i], p0[i], p1[i], p2[i], p3[i])) return;
    }
    const double *RESTRICT p4 = COLUMN(4);
    switch (shape) {
    case COSINE_POWER:
        FOR_EACH_FINE(is_sharp(p3[i], p4[i]),
                      cosine_power(c[i], p0[i], p1[i], p2[i], p3[i], p4[i], fine))
        return;
    case AFFINE_EXPONENTIAL:
        FOR_EACH(affine_exponential(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])) return;
    case LOGARITHMIC: FOR_EACH(logarithmic(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])) return;
    case INVERSE:
        FOR_EACH_FINE(is_steep(p4[i]), inverse(c[i], p0[i], p1[i], p2[i], p3[i], p4[i], fine))
        return;
    }
    const double *RESTRICT p5 = COLUMN(5);
    FOR_EACH(hyperbolic(c[i], p0[i], p1[i], p2[i], p3[i], p4[i], p5[i]))
#undef COLUMN
}

typedef struct {
    int64_t first, last;
} Rows;

INLINED int64_t count_begun(const double *words, int64_t row, Clocks of) {
    const double *begin = first_of(words, row + 1, of.lane);
    int64_t begun = 0;
    if (is_own(words, row + 1, of.stride)) {
        for (int64_t i = 0; i < of.n; i++) {
            begun += begin[i] <= of.c[i];
        }
        return begun;
    }
    double shared = *begin;
    for (int64_t i = 0; i < of.n; i++) {
        begun += shared <= of.c[i];
    }
    return begun;
}

/* The rows of a track that a block of clocks falls into lie between these two. */
static Rows rows_in_force(const double *words, Track track, Clocks of) {
    Rows rows = {0, 0};
    if (track.count > MOST_BLENDED) {
        rows.first = track.count;
        for (int64_t i = 0; i < of.n; i++) {
            int64_t k = row_in_force(words, track, of.lane + i * of.stride, of.c[i]);
            rows.first = k < rows.first ? k : rows.first;
            rows.last = k > rows.last ? k : rows.last;
        }
        return rows;
    }
    for (int64_t k = 1; k < track.count; k++) {
        int64_t begun = count_begun(words, track.at + ROW * k, of);
        rows.last = begun > 0 ? k : rows.last;
        rows.first = begun == of.n ? k : rows.first;
    }
    return rows;
}

static void one_by_one(const double *words, Track track, Clocks of, double *out) {
    for (int64_t i = 0; i < of.n; i++) {
        out[i] = rate_of(words, track, of.lane + i * of.stride, of.c[i]);
    }
}

/* Whether a row of the track holds others. */
INLINED bool holds(const double *words, Track track) {
    for (int64_t k = 0; k < track.count; k++) {
        if (shape_of(words, track.at + ROW * k) >= LOOP) {
            return true;
        }
    }
    return false;
}

static void lanes_of_nested(const double *words, Track track, Clocks of, double *out,
                            Scratch *scratch, double *nested);

/* A track at a block of clocks. Returns the first row in force, as a guess for the next block: that
   row is evaluated before it is known to be the one, so that its numbers come from memory while
   others are computed with. */
static int64_t lanes_at(const double *words, Track track, Clocks of, double *out, Scratch *scratch,
                        int64_t guess) {
    if (integer(words, HEADER_DEPTH) > 0 && holds(words, track)) {
        lanes_of_nested(words, track, of, out, scratch, scratch->nested);
        return 0;
    }
    lanes_of_curve(words, track.at + ROW * guess, of, out, scratch);
    Rows rows = rows_in_force(words, track, of);
    if (rows.last - rows.first >= MOST_BLENDED) {
        one_by_one(words, track, of, out);
        return rows.first;
    }
    if (rows.first != guess) {
        lanes_of_curve(words, track.at + ROW * rows.first, of, out, scratch);
    }
    for (int64_t k = rows.first + 1; k <= rows.last; k++) {
        lanes_of_curve(words, track.at + ROW * k, of, scratch->rates, scratch);
        blend(words, track.at + ROW * k, of, scratch->rates, out);
    }
    return rows.first;
}

/* A loop at its own clocks: its body at the clocks within a period, then shrunk by the period's
 * number. */
static void lanes_of_loop(const double *words, int64_t row, Clocks of, double *RESTRICT out,
                          Scratch *scratch, double *nested) {
    int64_t n = of.n;
    double *RESTRICT turns = nested, *RESTRICT within = nested + n;
    const double *period = column(words, field_at(row, 0), of, scratch->fields[0]);
    const double *times = column(words, field_at(row, 1), of, scratch->fields[1]);
    for (int64_t i = 0; i < n; i++) {
        turns[i] = smaller(whole_periods(of.c[i], period[i]), times[i] - 1.0);
        within[i] = of.c[i] - turns[i] * period[i];
    }
    lanes_of_nested(words, first_track(words, row), (Clocks){of.lane, of.stride, n, within}, out,
                    scratch, nested + 2 * n);
    const double *k = column(words, field_at(row, 2), of, scratch->fields[0]);
    const double *k_low = column(words, field_at(row, 3), of, scratch->fields[1]);
    const double *floor = column(words, field_at(row, 4), of, scratch->fields[2]);
    for (int64_t i = 0; i < n; i++) {
        out[i] = shrunk(out[i], share_of_scale(turns[i], k[i], k_low[i]), floor[i]);
    }
}

static void merge(int shape, int64_t n, double *RESTRICT out, const double *RESTRICT other) {
    switch (shape) {
    case MULTIPLY: FOR_EACH(out[i] * other[i]) return;
    case ADD: FOR_EACH(out[i] + other[i]) return;
    case MINIMUM: FOR_EACH(smaller(out[i], other[i])) return;
    default: FOR_EACH(larger(out[i], other[i])) return;
    }
}

/* A row that holds others, at its own clocks. */
static void lanes_of_holder(const double *words, int64_t row, Clocks of, double *out,
                            Scratch *scratch, double *nested) {
    int shape = shape_of(words, row);
    if (shape == LOOP) {
        lanes_of_loop(words, row, of, out, scratch, nested);
        return;
    }
    if (shape == CLOCK) {
        const double *base = column(words, field_at(row, 0), of, scratch->fields[0]);
        const double *pace = column(words, field_at(row, 1), of, scratch->fields[1]);
        const double *every = column(words, field_at(row, 2), of, scratch->fields[2]);
        for (int64_t i = 0; i < of.n; i++) {
            nested[i] = paced(of.c[i], base[i], pace[i], every[i]);
        }
        of.c = nested;
        lanes_of_nested(words, first_track(words, row), of, out, scratch, nested + of.n);
        return;
    }
    lanes_of_nested(words, first_track(words, row), of, out, scratch, nested);
    lanes_of_nested(words, second_track(words, row), of, nested, scratch, nested + of.n);
    merge(shape, of.n, out, nested);
}

/* A track with rows that hold others, as deep as DEEPEST: each level takes up to LEVEL blocks of
 * `nested`. */
static void lanes_of_nested(const double *words, Track track, Clocks of, double *out,
                            Scratch *scratch, double *nested) {
    Rows rows = rows_in_force(words, track, of);
    if (rows.last - rows.first >= MOST_BLENDED) {
        one_by_one(words, track, of, out);
        return;
    }
    double *rates = nested, *clocks = nested + of.n;
    for (int64_t k = rows.first; k <= rows.last; k++) {
        int64_t row = track.at + ROW * k;
        if (shape_of(words, row) < LOOP) {
            lanes_of_curve(words, row, of, rates, scratch);
        } else {
            Clocks own = {of.lane, of.stride, of.n, clocks_of_row(words, row, of, clocks)};
            lanes_of_holder(words, row, own, rates, scratch, nested + 2 * of.n);
        }
        blend(words, row, of, rates, out);
    }
}

#endif
