/* The segments of a program: the offsets of their numbers, the segment in force at a step, and the
   rate of one lane at one step.

   `buffer` is the program, `segment` the offset of a segment in it, `lane` a lane of its family.
   `c` is a step, counted from the start of the segment or segments that are evaluated. */
#ifndef FASTLR_SEGMENTS_H
#define FASTLR_SEGMENTS_H

#include "formulas.h"

typedef struct {
    int64_t at, count; /* the offset of the first segment, and their number */
} Segments;

typedef struct {
    int64_t lanes, first, listed; /* `first` is the first lane's place in the output, or -1 if
                                     places are listed at offset `listed` */
    Segments root;
} Family;

typedef struct {
    double turn, step; /* the number of a period, and the step within the period */
} Place;

INLINED int64_t integer(const double *buffer, int64_t at) { return (int64_t)buffer[at]; }

INLINED Segments segments_at(const double *buffer, int64_t at) {
    return (Segments){integer(buffer, at), integer(buffer, at + 1)};
}

INLINED Family family_at(const double *buffer, int64_t i) {
    int64_t head = HEADER + FAMILY * i;
    return (Family){integer(buffer, head), integer(buffer, head + 1), integer(buffer, head + 2),
                    segments_at(buffer, head + 3)};
}

/* The place of a lane's rates in the output. */
INLINED int64_t position(const double *buffer, Family family, int64_t lane) {
    return family.first >= 0 ? family.first + lane : integer(buffer, family.listed + lane);
}

/* A number of a lane: buffer[at] is its offset, buffer[at + 1] its stride. */
INLINED double number(const double *buffer, int64_t at, int64_t lane) {
    return buffer[integer(buffer, at) + lane * integer(buffer, at + 1)];
}

/* Offset of a segment's i-th field. */
INLINED int64_t field_at(int64_t segment, int i) { return segment + SEGMENT_FIELDS + 2 * i; }

INLINED double field(const double *buffer, int64_t segment, int i, int64_t lane) {
    return number(buffer, field_at(segment, i), lane);
}

INLINED double start(const double *buffer, int64_t segment, int64_t lane) {
    return number(buffer, segment + SEGMENT_START, lane);
}

INLINED int opcode_of(const double *buffer, int64_t segment) { return (int)buffer[segment]; }

INLINED Segments first_segments(const double *buffer, int64_t segment) {
    return segments_at(buffer, segment + SEGMENT_FIRST);
}

INLINED Segments second_segments(const double *buffer, int64_t segment) {
    return segments_at(buffer, segment + SEGMENT_SECOND);
}

/* The number of the last segment whose start is <= c, by bisection. */
INLINED int64_t segment_in_force(const double *buffer, Segments segments, int64_t lane, double c) {
    int64_t low = 0, high = segments.count - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) >> 1;
        if (start(buffer, segments.at + ROW * middle, lane) <= c) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* Samples that are held, or joined by lines. A line is measured from the smaller of its two ends.
   The line behind the last sample is flat. */
INLINED double sample(const double *buffer, double c, double at, double every, double last,
                      double joined) {
    double i = smaller(whole_periods(c, every), last);
    const double *value = buffer + whole(at + i);
    double first = value[0], second = value[i < last ? 1 : 0];
    double length = first >= second ? every : -every;
    double line =
        linear(c - i * every, length, smaller(first, second), larger(first, second), true);
    return joined == 0.0 ? first : line;
}

INLINED double combined(int opcode, double a, double b) {
    switch (opcode) {
    case MULTIPLY: return a * b;
    case ADD: return a + b;
    case MINIMUM: return smaller(a, b);
    case MAXIMUM: return larger(a, b);
    default: TRAP();
    }
}

#define AT c
#define FIELD(i) field(buffer, segment, i, lane)

/* A curve that needs many registers, at one step: a function of its own, so that its caller does
   not save them for lines and cosines. */
ONE_RATE NOT_INLINED static double long_curve(const double *buffer, int64_t segment, int64_t lane,
                                              double c) {
#define CURVE(OPCODE, rate)                                                                        \
    case OPCODE: return rate;
#define FINE_CURVE(OPCODE, condition, rate)                                                        \
    case OPCODE: {                                                                                 \
        const bool fine = condition;                                                               \
        return rate;                                                                               \
    }
    switch (opcode_of(buffer, segment)) {
    case EXPONENTIAL: return exponential(c, FIELD(0), FIELD(1), FIELD(2), true);
    case SAMPLED:
        return sample(buffer, c, FIELD(0), FIELD(1), FIELD(2), FIELD(3));
        CURVES(CURVE, FINE_CURVE)
    default: TRAP();
    }
#undef FINE_CURVE
#undef CURVE
}

/* A curve at one step. The more work of a wide cosine would take a tenth of the time of all. */
INLINED double curve(const double *buffer, int64_t segment, int64_t lane, double c) {
    switch (opcode_of(buffer, segment)) {
    case CONSTANT: return FIELD(0);
    case LINEAR: return linear(c, FIELD(0), FIELD(1), FIELD(2), true);
    case SQUARE: return square(c, FIELD(0), FIELD(1), FIELD(2), true);
    case COSINE:
        return fabs(FIELD(0)) > WIDE ? cosine(c, FIELD(0), FIELD(1), FIELD(2), true)
                                     : cosine(c, FIELD(0), FIELD(1), FIELD(2), false);
    default: return long_curve(buffer, segment, lane, c);
    }
}

#undef FIELD
#undef AT

INLINED Place place_in_loop(const double *buffer, int64_t segment, int64_t lane, double c) {
    double period = field(buffer, segment, 0, lane), times = field(buffer, segment, 1, lane);
    double turn = smaller(whole_periods(c, period), times - 1.0);
    return (Place){turn, c - turn * period};
}

/* The rate of a loop, from its body's rate in period number `turn`. */
INLINED double shrunk_in_loop(const double *buffer, int64_t segment, int64_t lane, double turn,
                              double rate) {
    Share share =
        share_of_scale(turn, field(buffer, segment, 2, lane), field(buffer, segment, 3, lane));
    return shrunk(rate, share, field(buffer, segment, 4, lane));
}

ONE_RATE static double rate_of_nested(const double *buffer, int64_t segment, int64_t lane,
                                      double c);

/* One lane of some segments at one step. */
ONE_RATE static double rate_of(const double *buffer, Segments segments, int64_t lane, double c) {
    int64_t segment = segments.at + ROW * segment_in_force(buffer, segments, lane, c);
    c -= start(buffer, segment, lane);
    return opcode_of(buffer, segment) < LOOP ? curve(buffer, segment, lane, c)
                                             : rate_of_nested(buffer, segment, lane, c);
}

/* A segment that holds others. It recurses at most DEEPEST times. */
ONE_RATE static double rate_of_nested(const double *buffer, int64_t segment, int64_t lane,
                                      double c) {
    int opcode = opcode_of(buffer, segment);
    Segments first = first_segments(buffer, segment);
    if (opcode == LOOP) {
        Place place = place_in_loop(buffer, segment, lane, c);
        return shrunk_in_loop(buffer, segment, lane, place.turn,
                              rate_of(buffer, first, lane, place.step));
    }
    if (opcode == TIME_MAP) {
        c = paced(c, field(buffer, segment, 0, lane), field(buffer, segment, 1, lane),
                  field(buffer, segment, 2, lane));
        return rate_of(buffer, first, lane, c);
    }
    if (opcode >= OPCODES) {
        TRAP(); /* before offsets are read that it may not have */
    }
    double a = rate_of(buffer, first, lane, c);
    return combined(opcode, a, rate_of(buffer, second_segments(buffer, segment), lane, c));
}

#endif
