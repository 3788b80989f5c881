"""Choose how much the tests try: everything with ``--exhaustive``, a part of it by default.

- A test marked ``exhaustive`` repeats, over many more inputs, what other tests already show. With
  ``exhaustive(one_in=n)``, one case in ``n`` of a parametrized test stays in the default run. ``n``
  is a prime above 3, so that these cases use every backend.
- Hypothesis draws a twentieth of the examples by default. They are the same whenever the same test
  files are run: Hypothesis also tries the constants of the modules that are loaded.
  ``--hypothesis-profile=explore`` draws others.
"""

import gc
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings

# the first call of a compiled kernel takes as long as its compilation: no deadline
settings.register_profile(
    "explore",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile(
    "exhaustive", settings.get_profile("explore"), derandomize=True, database=None
)
settings.register_profile("share", settings.get_profile("exhaustive"), max_examples=5)
settings.register_profile(
    "unshrunk", settings.get_profile("exhaustive"), phases=[Phase.explicit, Phase.generate]
)

# Tests that compile Numba's kernels, which takes a minute. They come first: pytest-xdist gives each
# worker one part of the list, so one worker compiles, and the other one finds the kernels on disk.
COMPILING = re.compile(
    r"jit|numba|compiled|one_number|no_python|tests/kernels/(?!test_native|test_c_)"
)


def pytest_addoption(parser):
    parser.addoption(
        "--exhaustive",
        action="store_true",
        help="run the tests marked exhaustive too, and draw all examples",
    )


@pytest.hookimpl(tryfirst=True)  # before Hypothesis loads the profile of --hypothesis-profile
def pytest_configure(config):
    settings.load_profile("exhaustive" if config.getoption("exhaustive") else "share")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect tests without searching for garbage, as all of them stay: a third less time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Drop the exhaustive tests unless they are wanted, and order those that stay."""
    if not config.getoption("exhaustive"):
        drop_exhaustive(config, items)
    items.sort(key=lambda item: COMPILING.search(item.nodeid) is None)


def drop_exhaustive(config, items):
    kept, dropped, seen = [], [], Counter()
    for item in items:
        marker = item.get_closest_marker("exhaustive")
        one_in = marker.kwargs.get("one_in") if marker else 1
        test = item.nodeid.partition("[")[0]
        (kept if one_in and seen[test] % one_in == 0 else dropped).append(item)
        seen[test] += 1
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept
