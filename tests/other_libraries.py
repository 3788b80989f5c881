"""Skip a test if another library is not installed, unless it is required."""

import importlib.util
import os

import pytest


def require(*names):
    """Go on only where these packages are installed."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            required = name in os.environ.get("FASTLR_REQUIRE", "").split(",")
            (pytest.fail if required else pytest.skip)(f"{name} is not installed")
