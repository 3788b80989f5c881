/* Nanoseconds per rate of a program's first lane, and of the same formula written by hand with
   libm's cosine: the least of many short rounds, in turns. bench/embedded.py compiles and runs it
   with a program file, and the peak, the warmup, the steps and the end of its schedule. */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fastlr.h"

enum { ROUNDS = 2000, STEPS = 20000, MOST = 1000 };

typedef struct {
    double peak, warmup, steps, end;
} Plan;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static double by_hand(const Plan *plan, int64_t t) {
    double c = (double)t;
    if (c < plan->warmup) {
        return plan->peak * c / plan->warmup;
    }
    double turn = 3.141592653589793 * (c - plan->warmup) / (plan->steps - plan->warmup);
    return plan->end + 0.5 * (plan->peak - plan->end) * (1.0 + cos(turn));
}

int main(int count, char **arguments) {
    if (count != 6) {
        return 2;
    }
    double program[MOST];
    FILE *file = fopen(arguments[1], "rb");
    size_t size = file ? fread(program, sizeof *program, MOST, file) : 0;
    Plan plan = {atof(arguments[2]), atof(arguments[3]), atof(arguments[4]), atof(arguments[5])};
    if (!fastlr_is_program(program, size)) {
        return 1;
    }
    /* through a pointer that the compiler does not know, as a library's function is called */
    double (*volatile of_hand)(const Plan *, int64_t) = by_hand;
    double (*volatile of_library)(const double *, int64_t) = fastlr_rate;
    double library = INFINITY, hand = INFINITY, sums[2] = {0.0, 0.0};
    int64_t stride = (int64_t)plan.steps / STEPS;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int64_t i = 0; i < STEPS; i++) {
            sums[0] += of_library(program, i * stride);
        }
        double middle = now();
        for (int64_t i = 0; i < STEPS; i++) {
            sums[1] += of_hand(&plan, i * stride);
        }
        library = fmin(library, middle - start);
        hand = fmin(hand, now() - middle);
    }
    printf("%.17g %.17g %.17g %.17g\n", library / STEPS, hand / STEPS, sums[0], sums[1]);
    return 0;
}
