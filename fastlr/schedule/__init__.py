"""The schedule: an immutable value, how to build it, evaluate it, combine it, and store it."""
