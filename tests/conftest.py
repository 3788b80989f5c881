"""Hypothesis without deadlines: the first call of a compiled kernel takes as long as its compilation."""

from hypothesis import HealthCheck, settings

settings.register_profile("fastlr", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
settings.load_profile("fastlr")
