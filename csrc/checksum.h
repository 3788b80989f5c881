/* The checksum of a program: the CRC-32 of its numbers as little-endian doubles, without the number
   that holds it. It is the same on machines of either byte order. */
#ifndef FASTLR_CHECKSUM_H
#define FASTLR_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "opcodes.h"

/* The remainders of half a byte, by the reversed polynomial 0xEDB88320 of zlib and PNG. */
static const uint32_t REMAINDERS[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

static inline uint32_t checksum_through(uint32_t crc, const double *numbers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, numbers + i, sizeof bits);
        for (int half = 0; half < 16; half++, bits >>= 4) {
            crc = REMAINDERS[(crc ^ bits) & 15] ^ (crc >> 4);
        }
    }
    return crc;
}

/* The checksum that a program of `size` numbers must have, at least HEADER. */
static inline double checksum_of(const double *program, size_t size) {
    uint32_t crc = checksum_through(0xFFFFFFFF, program, HEADER_CHECKSUM);
    size_t behind = HEADER_CHECKSUM + 1;
    return (double)(checksum_through(crc, program + behind, size - behind) ^ 0xFFFFFFFF);
}

#endif
