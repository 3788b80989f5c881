"""Fuzz every entry point: targets that a fuzzer calls with bytes (``.ci/fuzz``). The test suite
runs the inputs that the fuzzer found.
"""
