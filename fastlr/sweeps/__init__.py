"""Sweeps of many schedules: axes, sampling, batches, tables in stores, labels, and ranking."""
