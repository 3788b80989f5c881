"""Compute sums, extrema and averages of a program's rates without a table of them."""
