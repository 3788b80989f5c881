/* Every kernel, for any processor of the kind that is compiled for. */
#include "kernels.h"

const Level fastlr_baseline = {"baseline", fault,   rate, rates, each,    steps,
                               table,      plateau, drop, drops, annealed};
