"""Whether optional packages are installed, without importing them."""

from importlib.util import find_spec

__all__ = ["all_installed"]


def all_installed(*packages: str) -> bool:
    """Return whether all of these packages can be found.

    >>> all_installed("numpy"), all_installed("numpy", "no_such_package")
    (True, False)
    """
    try:
        return all(find_spec(package) is not None for package in packages)
    except (ImportError, ValueError):  # of a finder that refuses, or a module without a spec
        return False
