/* A program's rows: where their numbers stand, which is in force, and one lane's rate at one clock.

   `words` is the program, `row` where a row stands in it, `lane` a lane of its family. */
#ifndef FASTLR_SEGMENTS_H
#define FASTLR_SEGMENTS_H

#include "formulas.h"

typedef struct {
    int64_t at, count; /* where its first row stands, and how many there are */
} Track;

typedef struct {
    int64_t lanes, first, listed; /* `first` the position of the first in the output, or -1 where
                                     positions are listed */
    Track root;
} Family;

typedef struct {
    double turn, clock; /* the number of a period, and the clock within it */
} Place;

INLINED int64_t integer(const double *words, int64_t at) { return (int64_t)words[at]; }

INLINED Track track_at(const double *words, int64_t at) {
    return (Track){integer(words, at), integer(words, at + 1)};
}

INLINED Family family_at(const double *words, int64_t i) {
    int64_t head = HEADER + FAMILY * i;
    return (Family){integer(words, head), integer(words, head + 1), integer(words, head + 2),
                    track_at(words, head + 3)};
}

/* Where a lane's rates go in the output. */
INLINED int64_t position(const double *words, Family family, int64_t lane) {
    return family.first >= 0 ? family.first + lane : integer(words, family.listed + lane);
}

/* A number of a lane: where it stands is at words[at], its stride behind it. */
INLINED double number(const double *words, int64_t at, int64_t lane) {
    return words[integer(words, at) + lane * integer(words, at + 1)];
}

/* Where the i-th field of a row is told. */
INLINED int64_t field_at(int64_t row, int i) { return row + 7 + 2 * i; }

INLINED double field(const double *words, int64_t row, int i, int64_t lane) {
    return number(words, field_at(row, i), lane);
}

INLINED double start(const double *words, int64_t row, int64_t lane) {
    return number(words, row + 1, lane);
}

INLINED int shape_of(const double *words, int64_t row) { return (int)words[row]; }

INLINED Track first_track(const double *words, int64_t row) { return track_at(words, row + 3); }

INLINED Track second_track(const double *words, int64_t row) { return track_at(words, row + 5); }

/* The number of the last row whose start is <= c, by bisection. */
INLINED int64_t row_in_force(const double *words, Track track, int64_t lane, double c) {
    int64_t low = 0, high = track.count - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (start(words, track.at + ROW * middle, lane) <= c) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* A table held, or joined by lines that are measured from the smaller of their two ends; the last
 * sample's is flat. */
INLINED double sample(const double *words, double c, double at, double every, double last,
                      double joined) {
    double i = smaller(whole_periods(c, every), last);
    const double *value = words + whole(at + i);
    double first = value[0], second = value[i < last ? 1 : 0];
    double length = first >= second ? every : -every;
    double line =
        linear(c - i * every, length, smaller(first, second), larger(first, second), true);
    return joined == 0.0 ? first : line;
}

INLINED double combined(int shape, double a, double b) {
    switch (shape) {
    case MULTIPLY: return a * b;
    case ADD: return a + b;
    case MINIMUM: return smaller(a, b);
    default: return larger(a, b);
    }
}

/* A curve's row at one clock, its fields given. */
INLINED double curve(const double *words, int64_t row, int64_t lane, double c) {
#define P(i) field(words, row, i, lane)
    switch (shape_of(words, row)) {
    case CONSTANT: return P(0);
    case LINEAR: return linear(c, P(0), P(1), P(2), true);
    case SQUARE: return square(c, P(0), P(1), P(2), true);
    case POWER: return power(c, P(0), P(1), P(2), P(3), is_steep(P(3)));
    case COSINE: return cosine(c, P(0), P(1), P(2), true);
    case COSINE_POWER: return cosine_power(c, P(0), P(1), P(2), P(3), P(4), is_sharp(P(3), P(4)));
    case EXPONENTIAL: return exponential(c, P(0), P(1), P(2), true);
    case STAIRCASE: return staircase(c, P(0), P(1), P(2), P(3));
    case RECIPROCAL: return reciprocal(c, P(0), P(1), P(2), P(3));
    case INVERSE: return inverse(c, P(0), P(1), P(2), P(3), P(4), is_steep(P(4)));
    case TANH: return hyperbolic(c, P(0), P(1), P(2), P(3), P(4), P(5));
    case REX: return rex(c, P(0), P(1), P(2), P(3));
    case AFFINE_EXPONENTIAL: return affine_exponential(c, P(0), P(1), P(2), P(3), P(4));
    case LOGARITHMIC: return logarithmic(c, P(0), P(1), P(2), P(3), P(4));
    case EDEN: return eden(c, P(0), P(1), P(2), is_steep(P(2)));
    default: return sample(words, c, P(0), P(1), P(2), P(3));
    }
#undef P
}

INLINED Place place_in_loop(const double *words, int64_t row, int64_t lane, double c) {
    double period = field(words, row, 0, lane), times = field(words, row, 1, lane);
    double turn = smaller(whole_periods(c, period), times - 1.0);
    return (Place){turn, c - turn * period};
}

/* The rate of a loop's body, by its period's number. */
INLINED double shrunk_in_loop(const double *words, int64_t row, int64_t lane, double turn,
                              double rate) {
    Share share = share_of_scale(turn, field(words, row, 2, lane), field(words, row, 3, lane));
    return shrunk(rate, share, field(words, row, 4, lane));
}

static double rate_of_nested(const double *words, int64_t row, int64_t lane, double c);

/* One lane of a track at one clock. */
static double rate_of(const double *words, Track track, int64_t lane, double c) {
    int64_t row = track.at + ROW * row_in_force(words, track, lane, c);
    c -= start(words, row, lane);
    return shape_of(words, row) < LOOP ? curve(words, row, lane, c)
                                       : rate_of_nested(words, row, lane, c);
}

/* A row that holds others, as deep as DEEPEST. */
static double rate_of_nested(const double *words, int64_t row, int64_t lane, double c) {
    int shape = shape_of(words, row);
    Track first = first_track(words, row);
    if (shape == LOOP) {
        Place place = place_in_loop(words, row, lane, c);
        return shrunk_in_loop(words, row, lane, place.turn,
                              rate_of(words, first, lane, place.clock));
    }
    if (shape == CLOCK) {
        c = paced(c, field(words, row, 0, lane), field(words, row, 1, lane),
                  field(words, row, 2, lane));
        return rate_of(words, first, lane, c);
    }
    double a = rate_of(words, first, lane, c);
    return combined(shape, a, rate_of(words, second_track(words, row), lane, c));
}

#endif
