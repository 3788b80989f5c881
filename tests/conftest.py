"""Hypothesis without deadlines: the first call of a compiled kernel takes as long as its compilation."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("fastlr", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
settings.register_profile("unshrunk", settings.get_profile("fastlr"), phases=[Phase.explicit, Phase.generate], database=None)
settings.load_profile("fastlr")
