"""How Numba kernels are compiled: helpers once each, and only the symbols that are called."""

import numpy as np
from numba import njit, types

from fastlr.kernels.jit import linking
from fastlr.kernels.jit.compiling import entry, inlined, kernel


def test_an_inlined_function_is_compiled_once_for_all_numbers():
    @inlined
    def scaled(x, times, negative):
        return -x * times if negative else x * times

    @njit
    def call(x):
        return scaled(x, 2, False) + scaled(x, 3, True) + scaled(x, int(x), False)

    assert call(5.0) == 10.0 - 15.0 + 25.0
    assert len(scaled.signatures) == 1


def test_an_entry_takes_the_arguments_that_it_is_compiled_for():
    @kernel
    def put(address, out):
        out[0] = address
        return address + 1

    out = np.zeros(1)

    assert entry(put, types.int64, types.float64[::1])(np.int64(3), out) == 4
    assert out.tolist() == [3.0]


def test_a_symbol_is_linked_without_the_others(monkeypatch):
    linked = []
    monkeypatch.setattr(linking.llvm, "add_symbol", lambda symbol, address: linked.append(symbol))
    linking.link.__wrapped__(linking.RATES)

    assert linked == [linking.RATES]
