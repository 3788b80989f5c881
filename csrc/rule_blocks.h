/* Blocks of lanes of a rule that follows a metric: where their numbers and their state are.

   An update is computed in doubles, counts too, and nothing branches, so that many lanes go through
   at once. A block of lanes goes through the whole history before the next does. */
#ifndef FASTLR_RULE_BLOCKS_H
#define FASTLR_RULE_BLOCKS_H

#include "arithmetic.h"
#include "fastlr.h"
#include "opcodes.h"

#define TOGETHER 256              /* lanes of a block, whose data stay in the L1 cache */
#define MOST_UPDATES 2147483647.0 /* where a count stops */

typedef uint64_t Mask; /* all bits or none, as a vector comparison gives */

/* A block of n lanes: pointers to their metrics, numbers and state. A number that all lanes share
   is repeated in `spread`. */
typedef struct {
    int64_t n;
    size_t window; /* numbers per lane of a part that has windows */
    const double *metric, *rule[RULE_FIELDS_MOST];
    void *state[RULE_PARTS_MOST];
    double *scales; /* a second place for the scale after an update */
    ALIGNED double spread[RULE_FIELDS_MOST + 1][TOGETHER], nowhere[TOGETHER];
} Block;

INLINED double kept(double x, bool single) { return single ? (double)(float)x : x; }

INLINED Mask mask(bool is) { return 0 - (Mask)is; }

INLINED double chosen(Mask first, double a, double b) {
    return from_bits((bits(a) & first) | (bits(b) & ~first));
}

INLINED double one_more(double count) { return smaller(count + 1.0, MOST_UPDATES); }

#endif
