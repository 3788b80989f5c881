/* Rates of a schedule in C, the same bits as in Python: every step from START,
   each STEP, before STOP.

       rates PROGRAM START STOP STEP

   PROGRAM is a file that Python wrote: schedule.program.tofile("PROGRAM"). */
#include <fastlr.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static double *read_program(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    double *words = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        long bytes = ftell(file);
        rewind(file);
        *size = bytes > 0 ? (size_t)bytes / sizeof *words : 0;
        words = malloc(*size * sizeof *words + 1);
        if (words && fread(words, sizeof *words, *size, file) != *size) {
            free(words);
            words = NULL;
        }
    }
    if (file) {
        fclose(file);
    }
    return words;
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: rates PROGRAM START STOP STEP\n");
        return 2;
    }
    size_t size = 0;
    double *program = read_program(arguments[1], &size);
    if (!program || !fastlr_is_program(program, size)) {
        fprintf(stderr, "rates: %s must be a program that this version of fastlr wrote\n", arguments[1]);
        free(program);
        return 1;
    }
    int64_t stop = strtoll(arguments[3], NULL, 10), step = strtoll(arguments[4], NULL, 10);
    int status = 0;
    for (int64_t t = strtoll(arguments[2], NULL, 10); t < stop && step > 0 && !status; t += step) {
        if (fastlr_allows(program, &t, 1)) {
            printf("%" PRId64 " %.17g\n", t, fastlr_rate(program, t));
        } else {
            fprintf(stderr, "rates: step %" PRId64 " may not be asked for\n", t);
            status = 1;
        }
    }
    free(program);
    return status;
}
