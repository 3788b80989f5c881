"""Whether optional packages are installed, without importing them."""

from importlib.util import find_spec

__all__ = ["all_installed"]


def all_installed(*packages: str) -> bool:
    """Return whether all of these packages can be found.

    A folder without ``__init__.py`` is none, such as one of the user's own in the current folder.

    >>> all_installed("numpy"), all_installed("numpy", "no_such_package")
    (True, False)
    """
    try:
        found = [find_spec(package) for package in packages]
        return all(spec is not None and spec.origin is not None for spec in found)
    except (ImportError, ValueError):  # of a finder that refuses, or a module without a spec
        return False
