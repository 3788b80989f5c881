/* Verify a program or a plateau rule: offsets are in bounds and loops are finite. Kernels rely on
   it and check nothing. fastlr/program/verifier.py has the same rules. */
#include "fastlr.h"

#include <math.h>
#include <string.h>

#include "checksum.h"
#include "opcodes.h"

enum { NUMBERS = 1 + FIELDS_MOST }; /* per segment: its start, then its fields */

#define MOST_LANES 9007199254740992.0 /* 2^53 */
#define MOST_COUNT 2147483647.0       /* what an int32_t holds */
#define MOST_AXES 64.0                /* of an array of NumPy */

/* The least value of each opcode's start and fields where kernels need a whole number, else -1. */
static const signed char LEAST[OPCODES][NUMBERS] = COUNTS;

/* A buffer, and the state of reading it: the lanes of the family, and the end of the last
   segments. */
typedef struct {
    const double *buffer;
    double size;
    size_t lanes;
    double end;
} Reading;

static bool is_whole(double word, double least, double most) {
    return word >= least && word <= most && word == floor(word);
}

/* The offset and the stride of a segment's start (i = 0) or of its field i - 1. */
static const double *place_of(const double *segment, int i) {
    return segment + (i == 0 ? 1 : 5 + 2 * i);
}

/* Whether a number stands within the buffer for all lanes. */
static bool is_number(const Reading *of, const double *place) {
    double others = place[1] == 0.0 ? 0.0 : (double)of->lanes - 1.0;
    return (place[1] == 0.0 || place[1] == 1.0) && is_whole(place[0], 0.0, of->size - 1.0 - others);
}

static double number_of(const Reading *of, const double *place, size_t lane) {
    return of->buffer[(size_t)place[0] + lane * (size_t)place[1]];
}

/* How many lanes to check of two numbers: one if all lanes share both. */
static size_t lanes_of(const Reading *of, const double *a, const double *b) {
    return a[1] == 0.0 && b[1] == 0.0 ? 1 : of->lanes;
}

static bool are_counts(const Reading *of, const double *place, double least, double most) {
    for (size_t lane = 0; lane < lanes_of(of, place, place); lane++) {
        if (!is_whole(number_of(of, place, lane), least, most)) {
            return false;
        }
    }
    return true;
}

/* Whether no lane's segment begins before the previous one. */
static bool are_in_order(const Reading *of, const double *before, const double *start) {
    for (size_t lane = 0; lane < lanes_of(of, before, start); lane++) {
        if (number_of(of, start, lane) < number_of(of, before, lane)) {
            return false;
        }
    }
    return true;
}

static bool are_samples_within(const Reading *of, const double *first, const double *last) {
    for (size_t lane = 0; lane < lanes_of(of, first, last); lane++) {
        if (number_of(of, first, lane) + number_of(of, last, lane) >= of->size) {
            return false;
        }
    }
    return true;
}

/* Whether kernels may read a segment's numbers. `before` is the previous segment, or NULL. */
static bool is_segment(const Reading *of, const double *before, const double *segment) {
    if (!is_whole(segment[0], 0.0, OPCODES - 1)) {
        return false;
    }
    const signed char *least = LEAST[(int)segment[0]];
    for (int i = 0; i < NUMBERS; i++) {
        double most = i == 0 && !before ? 0.0 : INFINITY;
        if (!is_number(of, place_of(segment, i)) ||
            (least[i] >= 0 && !are_counts(of, place_of(segment, i), least[i], most))) {
            return false;
        }
    }
    return (!before || are_in_order(of, place_of(before, 0), place_of(segment, 0))) &&
           (segment[0] != SAMPLED ||
            are_samples_within(of, place_of(segment, 1), place_of(segment, 3)));
}

/* Whether segments and all those that they hold are sound. Segments stand before those that they
   hold, and behind the previous ones. */
static bool are_segments(Reading *of, const double *place, int depth) {
    if (!is_whole(place[0], of->end, of->size - ROW) ||
        !is_whole(place[1], 1.0, (of->size - place[0]) / ROW)) {
        return false;
    }
    const double *first = of->buffer + (size_t)place[0], *segment = first;
    of->end = place[0] + ROW * place[1];
    for (size_t i = 0; i < (size_t)place[1]; i++, segment += ROW) {
        if (!is_segment(of, i ? segment - ROW : NULL, segment)) {
            return false;
        }
        int held = segment[0] < LOOP ? 0 : segment[0] <= TIME_MAP ? 1 : 2;
        for (int j = 0; j < 2; j++) {
            const double *inner = segment + SEGMENT_FIRST + 2 * j;
            if (j < held ? depth == 0 || !are_segments(of, inner, depth - 1)
                         : inner[0] != 0.0 || inner[1] != 0.0) {
                return false;
            }
        }
    }
    return true;
}

/* Whether a family's lanes have places below `lanes`. It does not check that places differ. */
static bool are_places(const Reading *of, const double *head, double lanes) {
    if (head[1] != -1.0) {
        return is_whole(head[1], 0.0, lanes - head[0]) && head[2] == 0.0;
    }
    const double listed[] = {head[2], 1.0};
    return is_number(of, listed) && are_counts(of, listed, 0.0, lanes - 1.0);
}

static bool is_family(Reading *of, const double *head, double lanes, int depth) {
    if (!is_whole(head[0], 1.0, lanes)) {
        return false;
    }
    of->lanes = (size_t)head[0];
    return are_places(of, head, lanes) && are_segments(of, head + 3, depth);
}

static bool are_finite(const double *buffer, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (!isfinite(buffer[i])) {
            return false;
        }
    }
    return true;
}

static double byte_swapped(double word) {
    unsigned char bytes[sizeof word], swapped[sizeof word];
    memcpy(bytes, &word, sizeof word);
    for (size_t i = 0; i < sizeof word; i++) {
        swapped[i] = bytes[sizeof word - 1 - i];
    }
    memcpy(&word, swapped, sizeof word);
    return word;
}

/* Why the first number is not that of a program. */
static const char *fault_of_magic(double magic) {
    static const double OLD[] = OLD_MAGICS;
    if (byte_swapped(magic) == MAGIC) {
        return "it is in the other byte order: swap the bytes of each double";
    }
    for (size_t i = 0; i < sizeof OLD / sizeof *OLD; i++) {
        if (magic == OLD[i]) {
            return "its format is older: write it again with this version of fastlr";
        }
    }
    return "it is no program of fastlr";
}

/* Why a buffer is not a whole program of this format, or an empty string. */
static const char *fault_of_seal(const double *program, size_t size) {
    if (size == 0) {
        return "it is empty";
    }
    if (program[HEADER_MAGIC] != MAGIC) {
        return fault_of_magic(program[HEADER_MAGIC]);
    }
    if (size < HEADER) {
        return "it was cut short";
    }
    double format = program[HEADER_FORMAT];
    if (!is_whole(format, 1.0, MOST_COUNT)) {
        return "it was damaged: its format is no number of a format";
    }
    if (format != FORMAT) {
        return format > FORMAT ? "its format is newer: use a newer version of fastlr"
                               : "its format is older: write it again with this version of fastlr";
    }
    if (program[HEADER_SIZE] != (double)size) {
        return "it was cut short, extended or damaged: its size is another";
    }
    return program[HEADER_CHECKSUM] == checksum_of(program, size)
               ? ""
               : "it was damaged or edited: its checksum is another";
}

static bool is_sound(const double *program, size_t size) {
    if (!are_finite(program, size)) {
        return false;
    }
    double lanes = program[HEADER_LANES], families = program[HEADER_FAMILIES], before = 0.0;
    if (!is_whole(lanes, 1.0, MOST_LANES) ||
        !is_whole(families, 1.0, (double)((size - HEADER) / FAMILY)) ||
        !is_whole(program[HEADER_DEPTH], 0.0, DEEPEST) || program[HEADER_LIMIT] < 0.0) {
        return false;
    }
    Reading of = {program, (double)size, 0, HEADER + FAMILY * families};
    for (const double *head = program + HEADER; head < program + HEADER + FAMILY * (size_t)families;
         head += FAMILY) {
        if (!is_family(&of, head, lanes, (int)program[HEADER_DEPTH])) {
            return false;
        }
        before += head[0];
    }
    return before == lanes;
}

const char *fastlr_program_fault(const double *program, size_t size) {
    const char *fault = fault_of_seal(program, size);
    if (fault[0] != 0 || is_sound(program, size)) {
        return fault;
    }
    return "it breaks a rule of programs: Program.from_array in Python says which";
}

bool fastlr_is_program(const double *program, size_t size) {
    return fastlr_program_fault(program, size)[0] == 0;
}

static bool is_flag(double word) { return word == 0.0 || word == 1.0; }

bool fastlr_is_rule(const double *rule, size_t size, size_t lanes) {
    if (size < RULE_HEADER + 2 * RULE_FIELDS || rule[RULE_MAGIC] != PLATEAU_MAGIC ||
        rule[RULE_SIZE] != (double)size) {
        return false;
    }
    Reading of = {rule, (double)size, lanes, 0.0};
    for (int i = 0; i < RULE_FIELDS; i++) {
        if (!is_number(&of, rule + RULE_HEADER + 2 * i)) {
            return false;
        }
    }
    return lanes > 0 && is_whole(rule[RULE_UPDATE], 0.0, PLATEAU_UPDATES - 1) &&
           is_flag(rule[RULE_SINGLE]) && is_flag(rule[RULE_IGNORES]) &&
           is_flag(rule[RULE_WINDOWED]) && is_flag(rule[RULE_RAISES]) &&
           is_whole(rule[RULE_AXES], 0.0, MOST_AXES) && are_finite(rule, size) &&
           are_counts(&of, rule + RULE_HEADER + 2 * FIELD_COOLDOWN, 0.0, MOST_COUNT);
}
