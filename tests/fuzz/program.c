/* Any numbers as a program: if fastlr_is_program accepts them, evaluate them in every way. Nothing
   may go wrong.

   The first four numbers choose what to evaluate: a step, a stride, the number of steps, and the
   first lane. The others are the program. */
#include "mutations.h"

#include <fastlr.h>

#include "checksum.h"
#include "opcodes.h"

enum { CHOICES = 4, MOST_STEPS = 1500, MOST_LANES = 3000 };

static const char *const INSTRUCTION_SETS[] = {"baseline", "avx2", "avx512"};

/* Most mutants get a valid format and checksum, so that the verifier reads on. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    size_t now = mutated_behind(CHOICES, HEADER, MAGIC, HEADER_SIZE, data, size, most, seed),
           count = now / sizeof(double);
    if (seed % 16 && count >= CHOICES + HEADER) {
        double *program = copied(data + CHOICES * sizeof(double), count - CHOICES);
        program[HEADER_FORMAT] = FORMAT;
        program[HEADER_CHECKSUM] = checksum_of(program, count - CHOICES);
        memcpy(data + CHOICES * sizeof(double), program, (count - CHOICES) * sizeof *program);
        free(program);
    }
    return now;
}

static void evaluate_lanes(const double *program, size_t lanes, const double *chosen) {
    size_t first = (size_t)number_in(chosen[3], 0, (int64_t)lanes - 1),
           n = (size_t)number_in(chosen[2], 1, MOST_STEPS);
    fastlr_lanes some = {first, first + 40 < lanes ? first + 40 : lanes};
    int64_t start = number_in(chosen[0], 0, INT64_C(1) << 53),
            step = number_in(chosen[1], 1, INT64_C(1) << 53);
    n = step > ((INT64_C(1) << 53) - start) / (int64_t)n ? 1 : n;
    double *out = malloc(lanes * n * sizeof *out);
    int64_t *steps = malloc((n > lanes ? n : lanes) * sizeof *steps);
    for (size_t i = 0; i < (n > lanes ? n : lanes); i++) {
        steps[i] = start + step * (int64_t)(i % n);
    }
    fastlr_table(program, some, (fastlr_steps){start, step, n},
                 (fastlr_out){out, (ptrdiff_t)(n * sizeof *out), sizeof *out, false});
    fastlr_table(program, some, (fastlr_steps){start, step, n},
                 (fastlr_out){out, (ptrdiff_t)(n * sizeof(float)), sizeof(float), true});
    fastlr_at(program, some, steps, n, out, n);
    fastlr_rates(program, some, start, out);
    fastlr_each(program, some, steps, out);
    free(out);
    free(steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t count = size / sizeof(double);
    if (count < CHOICES) {
        return 0;
    }
    double *numbers = copied(data, count),
           *program = copied(data + CHOICES * sizeof(double), count - CHOICES);
    if (fastlr_is_program(program, count - CHOICES)) {
        fastlr_use_instruction_set(INSTRUCTION_SETS[count % 3]);
        int64_t t = number_in(numbers[0], INT64_MIN, INT64_C(1) << 53);
        volatile double rate = fastlr_rate(program, t);
        (void)rate;
        fastlr_allows(program, &t, 1);
        if (fastlr_count(program) <= MOST_LANES) {
            evaluate_lanes(program, fastlr_count(program), numbers);
        }
    }
    free(numbers);
    free(program);
    return 0;
}
