"""LLVM vectorises every formula: it computes its fused multiply-adds on packed lanes."""

import re

import llvmlite.binding as llvm
import numpy as np
import pytest
from numba import njit

from fastlr.kernels.jit import formulas, lines_and_cosines, patches, powers
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.ranges import step_of

# formula -> the numbers of a row
ROWS = {
    "linear": (
        lambda c, length, lo, hi: lines_and_cosines.linear(c, length, lo, hi, True),
        (1e6, 0.0, 0.1),
    ),
    "square": (
        lambda c, length, lo, hi: lines_and_cosines.square(c, length, lo, hi, True),
        (1e6, 0.0, 0.1),
    ),
    "cosine": (
        lambda c, length, lo, hi: lines_and_cosines.cosine(c, length, lo, hi, True),
        (1e6, 0.0, 0.1),
    ),
    "power": (
        lambda c, size, lo, hi, q: patches.power(c, size, lo, hi, q, False),
        (1e6, 0.0, 0.1, 0.7),
    ),
    "power, fine": (
        lambda c, size, lo, hi, q: patches.power(c, size, lo, hi, q, True),
        (1e6, 0.0, 0.1, 70.0),
    ),
    "power, some fine": (
        lambda c, size, lo, hi, q: patches.power(c, size, lo, hi, q, powers.is_steep(c)),
        (1e6, 0.0, 0.1, 7.0),
    ),
    "power lost": (
        lambda c, size, lo, hi, q: patches.power(c, size, lo, hi, q, False),
        (1e6, 0.0, 0.1, -0.7),
    ),
    "power about the middle of a patch": (
        lambda c, size, lo, hi, q: patches.taylor_rate(
            patches.power_about(c, True, size, lo, hi, q, False), 1.0
        ),
        (1e6, 0.0, 0.1, 0.7),
    ),
    "cosine_power": (
        lambda c, length, lo, hi, x, k: patches.cosine_power(c, length, lo, hi, x, k, False),
        (1e6, 0.0, 0.1, 1.0, 0.7),
    ),
    "cosine_power, fine": (
        lambda c, length, lo, hi, x, k: patches.cosine_power(c, length, lo, hi, x, k, True),
        (1e6, 0.0, 0.1, 12.0, 0.7),
    ),
    "cosine_power, some fine": (
        lambda c, length, lo, hi, x, k: patches.cosine_power(
            c, length, lo, hi, x, k, patches.is_sharp(x, c)
        ),
        (1e6, 0.0, 0.1, 1.0, 0.7),
    ),
    "cosine_power about the middle of a patch": (
        lambda c, length, lo, hi, x, k: patches.taylor_rate(
            patches.cosine_about(c, True, length, lo, hi, x, k), 1.0
        ),
        (1e6, 0.0, 0.1, 1.0, 0.7),
    ),
    "exponential": (
        lambda c, a, k, k_low: patches.exponential(c, a, k, k_low, True),
        (0.1, -1e-5, 0.0),
    ),
    "staircase": (
        lambda c, a, every, k, k_low: formulas.staircase(c, a, every, k, k_low),
        (0.1, 7.0, -1e-5, 0.0),
    ),
    "reciprocal": (lambda c, a, g, s, d: formulas.reciprocal(c, a, g, s, d), (0.1, 1e-4, 1.0, 1.0)),
    "inverse": (
        lambda c, a, g, s, d, q: patches.inverse(c, a, g, s, d, q, False),
        (0.1, 1e-4, 1.0, 1.0, 0.5),
    ),
    "inverse about the middle of a patch": (
        lambda c, a, g, s, d, q: patches.taylor_rate(
            patches.inverse_about(c, True, a, g, s, d, q, False), 1.0
        ),
        (0.1, 1e-4, 1.0, 1.0, 0.5),
    ),
    "eden": (lambda c, a, d, q: formulas.eden(c, a, d, q, False), (0.1, 7.5, 0.25)),
    "inverse, fine": (
        lambda c, a, g, s, d, q: patches.inverse(c, a, g, s, d, q, True),
        (0.1, 1e-4, 1.0, 1.0, 50.0),
    ),
    "eden, fine": (lambda c, a, d, q: formulas.eden(c, a, d, q, True), (0.1, 7.5, 25.0)),
    "tanh": (
        lambda c, lo, hi, y, y_low, k, k_low: formulas.tanh(c, lo, hi, y, y_low, k, k_low),
        (0.0, 0.1, -8.0, 0.0, 1e-5, 0.0),
    ),
    "rex": (lambda c, length, lo, hi, b: formulas.rex(c, length, lo, hi, b), (1e6, 0.0, 0.1, 0.5)),
    "logarithmic": (
        lambda c, length, lo, hi, d, d_low: formulas.logarithmic(c, length, lo, hi, d, d_low),
        (1e6, 0.0, 0.1, 19.93, 0.0),
    ),
    "affine_exponential": (
        lambda c, length, lo, hi, k, k_low: formulas.affine_exponential(
            c, length, lo, hi, k, k_low
        ),
        (1e6, 0.0, 0.1, 1e-6, 0.0),
    ),
}

PACKED = re.compile(r"vfn?m(add|sub)\w*pd\s.*%[yz]mm|\bfml[as]\s+v\d+\.2d")


def machine_fuses() -> bool:
    """Whether this machine has a fused multiply-add; without one, ``fma`` is a library call."""
    return "aarch64" in llvm.get_process_triple() or bool(llvm.get_host_cpu_features().get("fma"))


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.exhaustive(one_in=5)
def test_formula_is_vectorised(name):
    formula, numbers = ROWS[name]
    formula = inlined(formula)

    @njit(error_model="numpy")
    def run(numbers, out):
        for i in range(out.size):
            out[i] = formula(step_of(1.0, 1.0, i), *numbers)

    out = np.empty(100)
    run(numbers, out)
    [assembly] = run.inspect_asm().values()

    assert np.isfinite(out).all()
    assert bool(PACKED.search(assembly)) == machine_fuses()
