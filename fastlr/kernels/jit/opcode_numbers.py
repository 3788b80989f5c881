"""The number of every opcode as a constant that compiled functions can read: ``codes.COSINE``."""

from fastlr.program.opcodes import OPCODES, opcode

__all__: list[str] = []

CONSTANT = opcode("constant")
LINEAR = opcode("linear")
SQUARE = opcode("square")
POWER = opcode("power")
COSINE = opcode("cosine")
COSINE_POWER = opcode("cosine_power")
EXPONENTIAL = opcode("exponential")
STAIRCASE = opcode("staircase")
RECIPROCAL = opcode("reciprocal")
INVERSE = opcode("inverse")
TANH = opcode("tanh")
REX = opcode("rex")
AFFINE_EXPONENTIAL = opcode("affine_exponential")
LOGARITHMIC = opcode("logarithmic")
EDEN = opcode("eden")
SAMPLED = opcode("sampled")
LOOP = opcode("loop")
CLOCK = opcode("clock")
MULTIPLY = opcode("multiply")
ADD = opcode("add")
MINIMUM = opcode("minimum")
MAXIMUM = opcode("maximum")
COUNT = len(OPCODES)  # numbers from here on are no opcodes
