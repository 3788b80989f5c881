"""The reference backend raises at an opcode for which it has no function."""

import numpy as np
import pytest

import fastlr as flr
from fastlr.kernels import reference
from fastlr.program.opcodes import FAMILY, HEADER, OPCODES, Opcode


def with_opcode(number: float) -> np.ndarray:
    """The program of a constant, its opcode replaced; no verifier sees it."""
    buffer = np.array(flr.constant(1.0).program)
    buffer[HEADER + FAMILY] = number
    return buffer


@pytest.mark.parametrize("number", [-1, len(OPCODES), 99])
def test_a_number_that_is_no_opcode_raises(number):
    with pytest.raises(NotImplementedError, match=f"reference: no opcode {number}"):
        reference.rates(with_opcode(number), range(1), 0, np.empty(1))


def test_an_opcode_without_a_function_raises(monkeypatch):
    buffer = with_opcode(len(OPCODES))
    monkeypatch.setattr(reference, "OPCODES", (*OPCODES, Opcode("new", (), "0")))
    with pytest.raises(NotImplementedError, match="no function for opcode 'new'"):
        reference.rates(buffer, range(1), 0, np.empty(1))
