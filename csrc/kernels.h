/* The functions of a level, over any part of a program's lanes. */
#ifndef FASTLR_KERNELS_H
#define FASTLR_KERNELS_H

#include "losses.h"
#include "level.h"
#include "plateau.h"
#include "ranges.h"

/* Why a build's arithmetic is not to be used, or an empty string. (1 + 2^-52)^2 - (1 + 2^-51) is 0
   only if rounded twice, and 0.3 + 1.5*2^52 - 1.5*2^52 only if added in this order.
 */
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

/* The lanes of a family among those asked for. */
INLINED fastlr_lanes lanes_within(fastlr_lanes lanes, size_t before, size_t count) {
    size_t first = lanes.first > before ? lanes.first - before : 0;
    size_t stop = lanes.stop > before ? lanes.stop - before : 0;
    return (fastlr_lanes){first, stop < count ? stop : count};
}

static double rate(const double *words, double t) {
    return rate_of(words, family_at(words, 0).root, 0, t);
}

static void rates_of_family(const double *words, Family family, fastlr_lanes lanes,
                            const double *clocks, double *out, Scratch *scratch) {
    ALIGNED double block[BLOCK];
    int64_t size = block_of(words), guess = 0, stop = (int64_t)lanes.stop;
    for (int64_t lane = (int64_t)lanes.first; lane < stop; lane += size) {
        int64_t n = stop - lane < size ? stop - lane : size;
        Clocks of = {lane, 1, n, clocks};
        if (family.first >= 0) {
            guess = lanes_at(words, family.root, of, out + family.first + lane, scratch, guess);
            continue;
        }
        guess = lanes_at(words, family.root, of, block, scratch, guess);
        for (int64_t i = 0; i < n; i++) {
            out[position(words, family, lane + i)] = block[i];
        }
    }
}

static void rates(const double *words, fastlr_lanes lanes, double t, double *out) {
    Scratch scratch;
    ALIGNED double clocks[BLOCK];
    fill(t, BLOCK, clocks);
    size_t before = 0;
    for (int64_t i = 0; i < integer(words, HEADER_FAMILIES); i++) {
        Family family = family_at(words, i);
        rates_of_family(words, family, lanes_within(lanes, before, (size_t)family.lanes), clocks,
                        out, &scratch);
        before += (size_t)family.lanes;
    }
}

/* Lanes of a family, each at a step of its own: that of the lane at place j is t[j]. */
static void each_of_family(const double *words, Family family, fastlr_lanes lanes, const int64_t *t,
                           double *out, Scratch *scratch) {
    ALIGNED double clocks[BLOCK], block[BLOCK];
    int64_t size = block_of(words), guess = 0, stop = (int64_t)lanes.stop;
    for (int64_t lane = (int64_t)lanes.first; lane < stop; lane += size) {
        int64_t n = stop - lane < size ? stop - lane : size;
        for (int64_t i = 0; i < n; i++) {
            clocks[i] = (double)t[position(words, family, lane + i)];
        }
        guess = lanes_at(words, family.root, (Clocks){lane, 1, n, clocks}, block, scratch, guess);
        for (int64_t i = 0; i < n; i++) {
            out[position(words, family, lane + i)] = block[i];
        }
    }
}

static void each(const double *words, fastlr_lanes lanes, const int64_t *t, double *out) {
    Scratch scratch;
    size_t before = 0;
    for (int64_t i = 0; i < integer(words, HEADER_FAMILIES); i++) {
        Family family = family_at(words, i);
        each_of_family(words, family, lanes_within(lanes, before, (size_t)family.lanes), t, out,
                       &scratch);
        before += (size_t)family.lanes;
    }
}

static void steps_of_lane(const double *words, Track track, int64_t lane, const int64_t *t,
                          size_t n, double *out, Scratch *scratch) {
    ALIGNED double clocks[BLOCK];
    int64_t guess = 0;
    size_t size = (size_t)block_of(words);
    for (size_t j = 0; j < n; j += size) {
        size_t count = n - j < size ? n - j : size;
        for (size_t i = 0; i < count; i++) {
            clocks[i] = (double)t[j + i];
        }
        guess = lanes_at(words, track, (Clocks){lane, 0, (int64_t)count, clocks}, out + j, scratch,
                         guess);
    }
}

static void steps(const double *words, fastlr_lanes lanes, const int64_t *t, size_t n, double *out,
                  size_t row) {
    Scratch scratch;
    size_t before = 0;
    for (int64_t i = 0; i < integer(words, HEADER_FAMILIES); i++) {
        Family family = family_at(words, i);
        fastlr_lanes own = lanes_within(lanes, before, (size_t)family.lanes);
        for (size_t lane = own.first; lane < own.stop; lane++) {
            double *to = out + (size_t)position(words, family, (int64_t)lane) * row;
            steps_of_lane(words, family.root, (int64_t)lane, t, n, to, &scratch);
        }
        before += (size_t)family.lanes;
    }
}

static bool aligned(const char *to, size_t size) { return (uintptr_t)to % size == 0; }

/* A block of rates to where they go, each rounded once if that is a float. */
static void put(const double *block, int64_t n, char *to, ptrdiff_t step, bool single) {
    if (single && step == sizeof(float) && aligned(to, sizeof(float))) {
        float *out = (float *)(void *)to;
        for (int64_t i = 0; i < n; i++) {
            out[i] = (float)block[i];
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        if (single) {
            float rate = (float)block[i];
            memcpy(to + i * step, &rate, sizeof rate);
        } else {
            memcpy(to + i * step, &block[i], sizeof *block);
        }
    }
}

static void table_of_lane(const double *words, Track track, int64_t lane, fastlr_steps steps,
                          char *to, fastlr_out out, Scratch *scratch) {
    Run run = {(double)steps.start, (double)steps.step, (int64_t)steps.n};
    if (!out.single && out.step == sizeof(double) && aligned(to, sizeof(double))) {
        steps_of(words, track, lane, run, (double *)(void *)to, scratch, scratch->nested);
        return;
    }
    ALIGNED double block[BLOCK];
    for (int64_t i = 0; i < run.n; i += BLOCK) {
        Run part = cut(after(run, i), BLOCK);
        steps_of(words, track, lane, part, block, scratch, scratch->nested);
        put(block, part.n, to + i * out.step, out.step, out.single);
    }
}

static void table(const double *words, fastlr_lanes lanes, fastlr_steps steps, fastlr_out out) {
    Scratch scratch;
    size_t before = 0;
    for (int64_t i = 0; i < integer(words, HEADER_FAMILIES); i++) {
        Family family = family_at(words, i);
        fastlr_lanes own = lanes_within(lanes, before, (size_t)family.lanes);
        for (size_t lane = own.first; lane < own.stop; lane++) {
            char *to = (char *)out.to + position(words, family, (int64_t)lane) * out.lane;
            table_of_lane(words, family.root, (int64_t)lane, steps, to, out, &scratch);
        }
        before += (size_t)family.lanes;
    }
}

#endif
