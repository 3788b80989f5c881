"""Evaluate a program: the NumPy reference, the C library and Numba, and the choice among them."""
