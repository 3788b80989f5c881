"""Rules that arguments obey, output arrays, and output files."""
