/* Many steps at a time: one step per lane for many lanes, or steps in any order for one lane.

   Every segment in force at some step of a block is evaluated at all steps of the block, at the
   machine's full width. Each step then takes the rate of its own segment. */
#ifndef FASTLR_BLOCKS_H
#define FASTLR_BLOCKS_H

#include "segments.h"

#define BLOCK                                                                                      \
    1024 /* steps at a time: 8 KiB of float64, which stay in the cache between two passes */
#define LANES_AT_ONCE                                                                              \
    512 /* lanes at a time: their numbers pass through the cache as well as their rates */
#define MOST_BLENDED                                                                               \
    4 /* segments in force that are evaluated for a whole block; above it, one by one */
#define BLOCKS_PER_DEPTH 4 /* blocks of scratch per depth of segments within segments */
#define NESTED (BLOCKS_PER_DEPTH * (DEEPEST + 1) * 8)

/* Steps of a block: one each of lanes lane, lane+1, ... (stride 1), or all of one lane (stride 0).
 */
typedef struct {
    int64_t lane, stride, n;
    const double *c;
} Steps;

/* Memory for a block: a segment's fields (one per step), its steps and its rates; and blocks for
   segments within segments. */
typedef struct {
    ALIGNED double fields[FIELDS_MOST][BLOCK], steps[BLOCK], rates[BLOCK];
    double nested[NESTED];
} Scratch;

/* How many steps to take at a time. Deep programs take fewer, so that their scratch is no larger.
 */
INLINED int64_t block_of(const double *buffer) {
    int64_t most = NESTED / (BLOCKS_PER_DEPTH * (integer(buffer, HEADER_DEPTH) + 1));
    return most < BLOCK ? most : BLOCK;
}

/* The same for lanes. */
INLINED int64_t lanes_at_once(const double *buffer) {
    int64_t most = block_of(buffer);
    return most < LANES_AT_ONCE ? most : LANES_AT_ONCE;
}

/* Whether each step has a number of its own, instead of one for all. */
INLINED bool is_per_lane(const double *buffer, int64_t at, int64_t stride) {
    return integer(buffer, at + 1) * stride != 0;
}

/* The address of a number of lanes lane, lane+1, ... */
INLINED const double *first_of(const double *buffer, int64_t at, int64_t lane) {
    return buffer + integer(buffer, at) + lane * integer(buffer, at + 1);
}

/* A number of consecutive lanes: its address if each lane has its own, else the shared number
   repeated in `spread`. */
INLINED const double *column(const double *buffer, int64_t at, Steps of, double *spread) {
    const double *first = first_of(buffer, at, of.lane);
    if (is_per_lane(buffer, at, of.stride)) {
        return first;
    }
    for (int64_t i = 0; i < of.n; i++) {
        spread[i] = *first;
    }
    return spread;
}

/* Steps counted from the segment's start, at least 0; `of.c` itself if the start is step 0. */
INLINED const double *local_steps(const double *buffer, int64_t segment, Steps of,
                                  double *RESTRICT steps) {
    const double *begin = first_of(buffer, segment + SEGMENT_START, of.lane);
    if (is_per_lane(buffer, segment + SEGMENT_START, of.stride)) {
        for (int64_t i = 0; i < of.n; i++) {
            steps[i] = larger(of.c[i] - begin[i], 0.0);
        }
        return steps;
    }
    double shared = *begin;
    if (shared == 0.0) {
        return of.c;
    }
    for (int64_t i = 0; i < of.n; i++) {
        steps[i] = larger(of.c[i] - shared, 0.0);
    }
    return steps;
}

/* Take the rates of the steps from the segment's start on. Later segments then overwrite theirs. */
static void blend(const double *buffer, int64_t segment, Steps of, const double *RESTRICT rates,
                  double *RESTRICT out) {
    const double *begin = first_of(buffer, segment + SEGMENT_START, of.lane);
    if (is_per_lane(buffer, segment + SEGMENT_START, of.stride)) {
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

/* Assume that no lane must be `fine`; recompute if any must. If the first one must, skip the first
   pass. */
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

/* The curves measured from the nearer end. */
INLINED void lanes_from_nearer_end(int opcode, int64_t n, const double *RESTRICT c,
                                   const double *RESTRICT length, const double *RESTRICT lo,
                                   const double *RESTRICT hi, double *RESTRICT out, bool wide) {
    switch (opcode) {
    case LINEAR: FOR_EACH(linear(c[i], length[i], lo[i], hi[i], wide)) return;
    case SQUARE: FOR_EACH(square(c[i], length[i], lo[i], hi[i], wide)) return;
    case COSINE: FOR_EACH(cosine(c[i], length[i], lo[i], hi[i], wide)) return;
    default: TRAP();
    }
}

static bool any_wide(int64_t n, const double *RESTRICT length) {
    /* positive numbers are in the order of their bits, which are faster to compare */
    uint64_t wide = 0;
    for (int64_t i = 0; i < n; i++) {
        wide |= bits(WIDE) - bits(fabs(length[i]));
    }
    return wide >> 63;
}

/* Exponentials, at less work where all of them are in patches, or none. */
static void lanes_of_exponential(int64_t n, const double *RESTRICT c, const double *RESTRICT a,
                                 const double *RESTRICT k, const double *RESTRICT k_low,
                                 double *RESTRICT out) {
    int64_t within = 0, alone = 0, plain = 0;
    for (int64_t i = 0; i < n; i++) {
        within += is_well_within(c[i], a[i], k[i]);
        alone += !has_patches(a[i], k[i]);
        plain += is_plain(c[i], k[i]);
    }
    if (within == n) {
        FOR_EACH(exponential_in_patch(c[i], a[i], k[i], k_low[i]))
    } else if (alone == n && plain == n) {
        FOR_EACH(exponential_alone(c[i], a[i], k[i], k_low[i], false))
    } else if (plain == n) {
        FOR_EACH(exponential(c[i], a[i], k[i], k_low[i], false))
    } else {
        FOR_EACH(exponential(c[i], a[i], k[i], k_low[i], true))
    }
}

static const int FIELD_COUNTS[OPCODES] = FIELD_COUNTS_OF_OPCODES;

/* A curve at a block of steps, which count from where its segments begin. */
static void lanes_of_curve(const double *buffer, int64_t segment, Steps of, double *RESTRICT out,
                           Scratch *scratch) {
    int64_t n = of.n;
    int opcode = opcode_of(buffer, segment);
    if (opcode < 0 || opcode >= LOOP) {
        TRAP(); /* before fields are read that it may not have */
    }
    int fields = FIELD_COUNTS[opcode];
#define COLUMN(i) column(buffer, field_at(segment, i), of, scratch->fields[i])
    const double *RESTRICT p0 = COLUMN(0);
    if (opcode == CONSTANT) {
        memcpy(out, p0, (size_t)n * sizeof *out);
        return;
    }
    const double *RESTRICT c = local_steps(buffer, segment, of, scratch->steps);
    const double *RESTRICT p1 = COLUMN(1), *RESTRICT p2 = COLUMN(2);
    if (opcode == LINEAR || opcode == SQUARE || opcode == COSINE) {
        /* Assume the narrow case; recompute if any length is wide. Looking first would wait for
           memory twice. */
        lanes_from_nearer_end(opcode, n, c, p0, p1, p2, out, false);
        if (any_wide(n, p0)) {
            lanes_from_nearer_end(opcode, n, c, p0, p1, p2, out, true);
        }
        return;
    }
    if (opcode == EXPONENTIAL) {
        lanes_of_exponential(n, c, p0, p1, p2, out);
        return;
    }
    const double *RESTRICT p3 = fields > 3 ? COLUMN(3) : c,
                           *RESTRICT p4 = fields > 4 ? COLUMN(4) : c,
                           *RESTRICT p5 = fields > 5 ? COLUMN(5) : c;
#undef COLUMN
#define AT c[i]
#define FIELD(k) p##k[i]
#define CURVE(OPCODE, rate)                                                                        \
    case OPCODE: FOR_EACH(rate) return;
#define FINE_CURVE(OPCODE, condition, rate)                                                        \
    case OPCODE: FOR_EACH_FINE(condition, rate) return;
    switch (opcode) {
    case SAMPLED:
        FOR_EACH(sample(buffer, c[i], p0[i], p1[i], p2[i], p3[i])) return;
        CURVES(CURVE, FINE_CURVE)
    default: TRAP();
    }
#undef FINE_CURVE
#undef CURVE
#undef FIELD
#undef AT
}

typedef struct {
    int64_t first, last;
} InForce;

INLINED int64_t count_begun(const double *buffer, int64_t segment, Steps of) {
    const double *begin = first_of(buffer, segment + SEGMENT_START, of.lane);
    int64_t begun = 0;
    if (is_per_lane(buffer, segment + SEGMENT_START, of.stride)) {
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

/* The first and the last segment in force at a step of a block. */
static InForce find_in_force(const double *buffer, Segments segments, Steps of) {
    InForce in_force = {0, 0};
    if (segments.count > MOST_BLENDED) {
        in_force.first = segments.count;
        for (int64_t i = 0; i < of.n; i++) {
            int64_t k = segment_in_force(buffer, segments, of.lane + i * of.stride, of.c[i]);
            in_force.first = k < in_force.first ? k : in_force.first;
            in_force.last = k > in_force.last ? k : in_force.last;
        }
        return in_force;
    }
    for (int64_t k = 1; k < segments.count; k++) {
        int64_t begun = count_begun(buffer, segments.at + ROW * k, of);
        in_force.last = begun > 0 ? k : in_force.last;
        in_force.first = begun == of.n ? k : in_force.first;
    }
    return in_force;
}

static void one_by_one(const double *buffer, Segments segments, Steps of, double *out) {
    for (int64_t i = 0; i < of.n; i++) {
        out[i] = rate_of(buffer, segments, of.lane + i * of.stride, of.c[i]);
    }
}

/* Whether any of the segments holds others. */
INLINED bool holds(const double *buffer, Segments segments) {
    for (int64_t k = 0; k < segments.count; k++) {
        if (opcode_of(buffer, segments.at + ROW * k) >= LOOP) {
            return true;
        }
    }
    return false;
}

static void lanes_of_nested(const double *buffer, Segments segments, Steps of, double *out,
                            Scratch *scratch, double *nested);

/* Some segments at a block of steps. Returns the first segment in force, as a guess for the next
   block. The guessed segment is evaluated before its start is compared, so that its numbers are
   read from memory early. */
static int64_t lanes_at(const double *buffer, Segments segments, Steps of, double *out,
                        Scratch *scratch, int64_t guess) {
    if (integer(buffer, HEADER_DEPTH) > 0 && holds(buffer, segments)) {
        lanes_of_nested(buffer, segments, of, out, scratch, scratch->nested);
        return 0;
    }
    lanes_of_curve(buffer, segments.at + ROW * guess, of, out, scratch);
    InForce in_force = find_in_force(buffer, segments, of);
    if (in_force.last - in_force.first >= MOST_BLENDED) {
        one_by_one(buffer, segments, of, out);
        return in_force.first;
    }
    if (in_force.first != guess) {
        lanes_of_curve(buffer, segments.at + ROW * in_force.first, of, out, scratch);
    }
    for (int64_t k = in_force.first + 1; k <= in_force.last; k++) {
        lanes_of_curve(buffer, segments.at + ROW * k, of, scratch->rates, scratch);
        blend(buffer, segments.at + ROW * k, of, scratch->rates, out);
    }
    return in_force.first;
}

/* A loop at steps from its start: its body at the steps within a period, then shrunk by the number
   of the period. */
static void lanes_of_loop(const double *buffer, int64_t segment, Steps of, double *RESTRICT out,
                          Scratch *scratch, double *nested) {
    int64_t n = of.n;
    double *RESTRICT turns = nested, *RESTRICT within = nested + n;
    const double *period = column(buffer, field_at(segment, 0), of, scratch->fields[0]);
    const double *times = column(buffer, field_at(segment, 1), of, scratch->fields[1]);
    for (int64_t i = 0; i < n; i++) {
        turns[i] = smaller(whole_periods(of.c[i], period[i]), times[i] - 1.0);
        within[i] = of.c[i] - turns[i] * period[i];
    }
    lanes_of_nested(buffer, first_segments(buffer, segment), (Steps){of.lane, of.stride, n, within},
                    out, scratch, nested + 2 * n);
    const double *k = column(buffer, field_at(segment, 2), of, scratch->fields[0]);
    const double *k_low = column(buffer, field_at(segment, 3), of, scratch->fields[1]);
    const double *floor = column(buffer, field_at(segment, 4), of, scratch->fields[2]);
    for (int64_t i = 0; i < n; i++) {
        out[i] = shrunk(out[i], share_of_scale(turns[i], k[i], k_low[i]), floor[i]);
    }
}

static void merge(int opcode, int64_t n, double *RESTRICT out, const double *RESTRICT other) {
    switch (opcode) {
    case MULTIPLY: FOR_EACH(out[i] * other[i]) return;
    case ADD: FOR_EACH(out[i] + other[i]) return;
    case MINIMUM: FOR_EACH(smaller(out[i], other[i])) return;
    case MAXIMUM: FOR_EACH(larger(out[i], other[i])) return;
    default: TRAP();
    }
}

/* The same with one number, for which no block has to be filled. */
static void merge_level(int opcode, int64_t n, double *out, double level) {
    switch (opcode) {
    case MULTIPLY: FOR_EACH(out[i] * level) return;
    case ADD: FOR_EACH(out[i] + level) return;
    case MINIMUM: FOR_EACH(smaller(out[i], level)) return;
    case MAXIMUM: FOR_EACH(larger(out[i], level)) return;
    default: TRAP();
    }
}

/* A segment that holds others, at steps from its start. */
static void lanes_of_holder(const double *buffer, int64_t segment, Steps of, double *out,
                            Scratch *scratch, double *nested) {
    int opcode = opcode_of(buffer, segment);
    if (opcode == LOOP) {
        lanes_of_loop(buffer, segment, of, out, scratch, nested);
        return;
    }
    if (opcode == TIME_MAP) {
        const double *base = column(buffer, field_at(segment, 0), of, scratch->fields[0]);
        const double *pace = column(buffer, field_at(segment, 1), of, scratch->fields[1]);
        const double *every = column(buffer, field_at(segment, 2), of, scratch->fields[2]);
        for (int64_t i = 0; i < of.n; i++) {
            nested[i] = paced(of.c[i], base[i], pace[i], every[i]);
        }
        of.c = nested;
        lanes_of_nested(buffer, first_segments(buffer, segment), of, out, scratch, nested + of.n);
        return;
    }
    if (opcode >= OPCODES) {
        TRAP(); /* before offsets are read that it may not have */
    }
    lanes_of_nested(buffer, first_segments(buffer, segment), of, out, scratch, nested);
    lanes_of_nested(buffer, second_segments(buffer, segment), of, nested, scratch, nested + of.n);
    merge(opcode, of.n, out, nested);
}

/* Segments of which some hold others. It recurses at most DEEPEST times; each depth takes up to
   BLOCKS_PER_DEPTH blocks of `nested`. */
static void lanes_of_nested(const double *buffer, Segments segments, Steps of, double *out,
                            Scratch *scratch, double *nested) {
    InForce in_force = find_in_force(buffer, segments, of);
    if (in_force.last - in_force.first >= MOST_BLENDED) {
        one_by_one(buffer, segments, of, out);
        return;
    }
    double *rates = nested, *steps = nested + of.n;
    for (int64_t k = in_force.first; k <= in_force.last; k++) {
        int64_t segment = segments.at + ROW * k;
        if (opcode_of(buffer, segment) < LOOP) {
            lanes_of_curve(buffer, segment, of, rates, scratch);
        } else {
            Steps own = {of.lane, of.stride, of.n, local_steps(buffer, segment, of, steps)};
            lanes_of_holder(buffer, segment, own, rates, scratch, nested + 2 * of.n);
        }
        blend(buffer, segment, of, rates, out);
    }
}

#endif
