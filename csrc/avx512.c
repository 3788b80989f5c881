/* Every kernel, for an x86-64 processor with AVX-512. */
#include "level.h"

#if HAS_X86_LEVELS
#include <math.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))),             \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,fma,prefer-vector-width=512")
#endif

#include "kernels.h"

const Level fastlr_avx512 = {"avx512", fault,   rate, rates, each,    steps,
                             table,    plateau, drop, drops, annealed};

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
