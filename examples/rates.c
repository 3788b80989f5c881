/* Print the rates of a schedule at steps START, START + STEP, ... before STOP.

       rates PROGRAM START STOP STEP

   PROGRAM is a file that Python wrote: schedule.program.tofile("PROGRAM").
   The rates have the bits that Python gives. */
#include <fastlr.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static double *read_program(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    double *buffer = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        long bytes = ftell(file);
        rewind(file);
        *size = bytes > 0 ? (size_t)bytes / sizeof *buffer : 0;
        buffer = malloc(*size * sizeof *buffer + 1);
        if (buffer && (bytes % (long)sizeof *buffer != 0 ||
                       fread(buffer, sizeof *buffer, *size, file) != *size)) {
            free(buffer);
            buffer = NULL;
        }
    }
    if (file) {
        fclose(file);
    }
    return buffer;
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: rates PROGRAM START STOP STEP\n");
        return 2;
    }
    size_t size = 0;
    double *program = read_program(arguments[1], &size);
    const char *fault = program ? fastlr_program_fault(program, size) : "it cannot be read";
    if (fault[0] != 0) {
        fprintf(stderr, "rates: %s must be a program of this version of fastlr: %s\n", arguments[1],
                fault);
        free(program);
        return 1;
    }
    int64_t span[3];
    for (int i = 0; i < 3; i++) {
        char *end;
        span[i] = strtoll(arguments[2 + i], &end, 10);
        if (*end || end == arguments[2 + i]) {
            fprintf(stderr, "rates: START, STOP and STEP must be integers, got %s\n",
                    arguments[2 + i]);
            free(program);
            return 2;
        }
    }
    int64_t stop = span[1], step = span[2];
    int status = 0;
    for (int64_t t = span[0]; t < stop && step > 0 && !status;
         t = t >= 0 && step < stop - t ? t + step : stop) {
        if (fastlr_allows(program, &t, 1)) {
            printf("%" PRId64 " %.17g\n", t, fastlr_rate(program, t));
        } else {
            fprintf(stderr, "rates: step %" PRId64 " is negative or past the end\n", t);
            status = 1;
        }
    }
    free(program);
    if (fflush(stdout) != 0) {
        perror("rates: standard output");
        return 1;
    }
    return status;
}
