"""Hypothesis without deadlines: the first call of a compiled kernel takes as long as its
compilation.
"""

from hypothesis import HealthCheck, Phase, settings

# the same examples every time; pytest --hypothesis-profile=explore draws others
settings.register_profile(
    "explore",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile(
    "fastlr", settings.get_profile("explore"), derandomize=True, database=None
)
settings.register_profile(
    "unshrunk", settings.get_profile("fastlr"), phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("fastlr")
