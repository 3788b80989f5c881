/* Every kernel, for an x86-64 processor with AVX2 and fused multiply-adds. */
#include "instruction_set.h"

#if HAS_X86_SETS
#include <math.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#include "kernels.h"

const InstructionSet fastlr_avx2 = {"avx2",
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
