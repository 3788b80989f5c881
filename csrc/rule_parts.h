/* The parts of the state of a rule that follows a metric, by the letters of `RuleLayout` in
   fastlr/program/opcodes.py. */
#ifndef FASTLR_RULE_PARTS_H
#define FASTLR_RULE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "opcodes.h"

static const char *const PARTS_OF_RULES[UPDATES] = RULE_PARTS;

/* A number of a part is an int32_t or a double. */
static inline bool is_count(char part) {
    return part == 'i' || part == 'n' || part == 'h' || part == 'w' || part == 'I';
}

static inline size_t number_size(char part) { return is_count(part) ? 4 : 8; }

/* How many numbers of a part belong to a lane. Capital letters need windows. */
static inline size_t numbers_per_lane(char part, size_t window) {
    return part == 'D' || part == 'I' || part == 'W' ? window : 1;
}

#endif
