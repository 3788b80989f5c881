/* Numbers from a fuzzer. Programs consist of float64 numbers that are whole, which mutations of
   bytes seldom find. */
#ifndef MUTATIONS_H
#define MUTATIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static double special(uint64_t which, double word) {
    static const double SPECIAL[] = {-1.0,
                                     0.0,
                                     0.5,
                                     1.0,
                                     2.0,
                                     3.0,
                                     9007199254740992.0,
                                     18014398509481984.0,
                                     1e-310,
                                     1e290,
                                     1e308,
                                     -1e308,
                                     0x1p31,
                                     0x1p62,
                                     0x1p63,
                                     1.0 / 0.0,
                                     0.0 / 0.0,
                                     4294967296.0};
    switch (which % 6) {
    case 0: return SPECIAL[which / 6 % (sizeof SPECIAL / sizeof *SPECIAL)];
    case 1: return (double)(which / 6 % 300);
    case 2: return word + (double)(which / 6 % 9) - 4.0;
    case 3: return word * 2.0;
    case 4: return (double)(which / 6 % (UINT64_C(1) << 54));
    default: return -word;
    }
}

/* Half of the mutations change a number; the others are the fuzzer's own, of bytes. */
static size_t mutated(uint8_t *data, size_t size, size_t most, unsigned seed) {
    size_t count = size / sizeof(double);
    if (count == 0 || seed % 2) {
        return LLVMFuzzerMutate(data, size, most) / sizeof(double) * sizeof(double);
    }
    uint64_t state = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    for (unsigned i = 0; i <= seed / 2 % 3; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double word, other;
        uint8_t *at = data + (state >> 33) % count * sizeof word,
                *from = data + (state >> 13) % count * sizeof word;
        memcpy(&word, at, sizeof word);
        memcpy(&other, from, sizeof other);
        word = state >> 62 ? special(state >> 8, word) : other;
        memcpy(at, &word, sizeof word);
    }
    return size;
}

/* The same, but in most cases the numbers behind the first `chosen` get a valid magic number and
   size, so that the verifier reads on. */
static size_t mutated_behind(size_t chosen, size_t header, double magic, size_t size_at,
                             uint8_t *data, size_t size, size_t most, unsigned seed) {
    size_t now = mutated(data, size, most, seed), count = now / sizeof(double);
    if (seed % 16 && count >= chosen + header) {
        double whole = (double)(count - chosen);
        memcpy(data + chosen * sizeof magic, &magic, sizeof magic);
        memcpy(data + (chosen + size_at) * sizeof whole, &whole, sizeof whole);
    }
    return now;
}

/* A copy on the heap, so that a sanitizer sees reads outside of it. */
static double *copied(const uint8_t *data, size_t count) {
    double *words = malloc(count * sizeof *words + 1);
    memcpy(words, data, count * sizeof *words);
    return words;
}

/* A whole number from any float64. */
static int64_t number_in(double word, int64_t least, int64_t most) {
    return word >= (double)least && word <= (double)most ? (int64_t)word : least;
}

#endif
