/* Every kernel, for an x86-64 processor with AVX-512. */
#include "instruction_set.h"

#if HAS_X86_SETS
#include <math.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))),             \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,fma,prefer-vector-width=512")
#endif

#include "kernels.h"

const InstructionSet fastlr_avx512 = {"avx512",
                                      fault,
                                      rate,
                                      rates,
                                      each,
                                      steps,
                                      table,
                                      replay,
                                      multi_power_terms,
                                      multi_power_exponentials,
                                      annealing_momenta,
                                      last_iterate_sums};

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
