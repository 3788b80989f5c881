/* The kernels of one instruction set, over any range of a program's lanes. */
#ifndef FASTLR_KERNELS_H
#define FASTLR_KERNELS_H

#include "losses.h"
#include "instruction_set.h"
#include "ranges.h"
#include "rules.h"

/* Why the arithmetic of this build must not be used, or an empty string. (1 + 2^-52)^2 - (1 +
   2^-51) is 0 only if it is rounded twice. 0.3 + 1.5*2^52 - 1.5*2^52 is 0 only if it is added in
   this order. */
static const char *fault(void) {
    volatile double near_one = 1.0 + 1.0 / WHOLE, its_square = 1.0 + 2.0 / WHOLE, part = 0.3,
                    round = ROUND;
    double x = near_one, y = its_square, z = part, r = round;
    if (x * x - y != 0.0) {
        return "it was built with contracted multiply-adds; build it with -ffp-contract=off";
    }
    return (z + r) - r != 0.0
               ? "it was built with -ffast-math or its like, which changes rates; build it without"
               : "";
}

/* The lanes of a family that are in the range `lanes`; `before` lanes precede the family. */
INLINED fastlr_lanes lanes_within(fastlr_lanes lanes, size_t before, size_t count) {
    size_t first = lanes.first > before ? lanes.first - before : 0;
    size_t stop = lanes.stop > before ? lanes.stop - before : 0;
    return (fastlr_lanes){first, stop < count ? stop : count};
}

/* `rate_of` for the first lane, whose numbers need no stride: an embedder calls it once per step.
 */
ONE_RATE static double rate(const double *buffer, double t) {
    Segments root = family_at(buffer, 0).root;
    int64_t segment = root.at + ROW * segment_in_force(buffer, root, 0, t);
    double c = t - start(buffer, segment, 0);
    return opcode_of(buffer, segment) < LOOP ? curve(buffer, segment, 0, c)
                                             : rate_of_nested(buffer, segment, 0, c);
}

static void rates_of_family(const double *buffer, Family family, fastlr_lanes lanes,
                            const double *steps, double *out, Scratch *scratch) {
    ALIGNED double block[LANES_AT_ONCE];
    int64_t size = lanes_at_once(buffer), guess = 0, stop = (int64_t)lanes.stop;
    for (int64_t lane = (int64_t)lanes.first; lane < stop; lane += size) {
        int64_t n = stop - lane < size ? stop - lane : size;
        Steps of = {lane, 1, n, steps};
        if (family.first >= 0) {
            guess = lanes_at(buffer, family.root, of, out + family.first + lane, scratch, guess);
            continue;
        }
        guess = lanes_at(buffer, family.root, of, block, scratch, guess);
        for (int64_t i = 0; i < n; i++) {
            out[position(buffer, family, lane + i)] = block[i];
        }
    }
}

static void rates(const double *buffer, fastlr_lanes lanes, double t, double *out) {
    Scratch scratch;
    ALIGNED double steps[LANES_AT_ONCE];
    fill(t, LANES_AT_ONCE, steps);
    size_t before = 0;
    for (int64_t i = 0; i < integer(buffer, HEADER_FAMILIES); i++) {
        Family family = family_at(buffer, i);
        rates_of_family(buffer, family, lanes_within(lanes, before, (size_t)family.lanes), steps,
                        out, &scratch);
        before += (size_t)family.lanes;
    }
}

/* Lanes of a family, each at a step of its own: t[j] for the lane at place j. */
static void each_of_family(const double *buffer, Family family, fastlr_lanes lanes,
                           const int64_t *t, double *out, Scratch *scratch) {
    ALIGNED double steps[LANES_AT_ONCE], block[BLOCK];
    int64_t size = lanes_at_once(buffer), guess = 0, stop = (int64_t)lanes.stop;
    for (int64_t lane = (int64_t)lanes.first; lane < stop; lane += size) {
        int64_t n = stop - lane < size ? stop - lane : size;
        for (int64_t i = 0; i < n; i++) {
            steps[i] = (double)t[position(buffer, family, lane + i)];
        }
        guess = lanes_at(buffer, family.root, (Steps){lane, 1, n, steps}, block, scratch, guess);
        for (int64_t i = 0; i < n; i++) {
            out[position(buffer, family, lane + i)] = block[i];
        }
    }
}

static void each(const double *buffer, fastlr_lanes lanes, const int64_t *t, double *out) {
    Scratch scratch;
    size_t before = 0;
    for (int64_t i = 0; i < integer(buffer, HEADER_FAMILIES); i++) {
        Family family = family_at(buffer, i);
        each_of_family(buffer, family, lanes_within(lanes, before, (size_t)family.lanes), t, out,
                       &scratch);
        before += (size_t)family.lanes;
    }
}

static void steps_of_lane(const double *buffer, Segments segments, int64_t lane, const int64_t *t,
                          size_t n, double *out, Scratch *scratch) {
    ALIGNED double steps[BLOCK];
    int64_t guess = 0;
    size_t size = (size_t)block_of(buffer);
    for (size_t j = 0; j < n; j += size) {
        size_t count = n - j < size ? n - j : size;
        for (size_t i = 0; i < count; i++) {
            steps[i] = (double)t[j + i];
        }
        guess = lanes_at(buffer, segments, (Steps){lane, 0, (int64_t)count, steps}, out + j,
                         scratch, guess);
    }
}

static void steps(const double *buffer, fastlr_lanes lanes, const int64_t *t, size_t n, double *out,
                  size_t row) {
    Scratch scratch;
    size_t before = 0;
    for (int64_t i = 0; i < integer(buffer, HEADER_FAMILIES); i++) {
        Family family = family_at(buffer, i);
        fastlr_lanes own = lanes_within(lanes, before, (size_t)family.lanes);
        for (size_t lane = own.first; lane < own.stop; lane++) {
            double *to = out + (size_t)position(buffer, family, (int64_t)lane) * row;
            steps_of_lane(buffer, family.root, (int64_t)lane, t, n, to, &scratch);
        }
        before += (size_t)family.lanes;
    }
}

static bool aligned(const char *to, size_t size) { return (uintptr_t)to % size == 0; }

/* Write a block of rates, each rounded once if the output is of floats. */
static void put(const double *block, int64_t n, char *to, ptrdiff_t step, bool single) {
    for (int64_t i = 0; i < n; i++) {
        if (single) {
            float rate = (float)block[i];
            memcpy(to + i * step, &rate, sizeof rate);
        } else {
            memcpy(to + i * step, &block[i], sizeof *block);
        }
    }
}

static void table_of_lane(const double *buffer, Segments segments, int64_t lane, fastlr_steps steps,
                          char *to, fastlr_out out, Scratch *scratch) {
    Run run = {(double)steps.start, (double)steps.step, (int64_t)steps.n};
    if (!out.single && out.step == sizeof(double) && aligned(to, sizeof(double))) {
        steps_of(buffer, segments, lane, run, (double *)(void *)to, scratch, scratch->nested);
        return;
    }
    if (out.single && out.step == sizeof(float) && aligned(to, sizeof(float))) {
        singles_of(buffer, segments, lane, run, (float *)(void *)to, scratch);
        return;
    }
    ALIGNED double block[BLOCK];
    for (int64_t i = 0; i < run.n; i += BLOCK) {
        Run part = cut(after(run, i), BLOCK);
        steps_of(buffer, segments, lane, part, block, scratch, scratch->nested);
        put(block, part.n, to + i * out.step, out.step, out.single);
    }
}

static void table(const double *buffer, fastlr_lanes lanes, fastlr_steps steps, fastlr_out out) {
    Scratch scratch;
    size_t before = 0;
    for (int64_t i = 0; i < integer(buffer, HEADER_FAMILIES); i++) {
        Family family = family_at(buffer, i);
        fastlr_lanes own = lanes_within(lanes, before, (size_t)family.lanes);
        for (size_t lane = own.first; lane < own.stop; lane++) {
            char *to = (char *)out.to + position(buffer, family, (int64_t)lane) * out.lane;
            table_of_lane(buffer, family.root, (int64_t)lane, steps, to, out, &scratch);
        }
        before += (size_t)family.lanes;
    }
}

#endif
