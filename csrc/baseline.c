/* Every kernel, for any processor of the architecture. */
#include "kernels.h"

const InstructionSet fastlr_baseline = {"baseline",
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
