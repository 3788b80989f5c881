"""Every entry point, called with anything: targets that a fuzzer feeds with bytes (``.ci/fuzz``),
and the suite with those it found.
"""
