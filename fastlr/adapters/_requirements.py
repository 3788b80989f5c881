"""What an adapter says when a package that it needs is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["required_by"]

_INSTALLED_BY = {
    "dask": "'fastlr[dask]'",
    "distributed": "'fastlr[dask]'",
    "pandas": "'fastlr[labels]'",
    "xarray": "'fastlr[labels]'",
    "pytorch_lightning": "lightning",
    "stable_baselines3": "stable-baselines3",
}  # by an extra, or a package of another name


@contextmanager
def required_by(adapter: str) -> Iterator[None]:
    """Name the command that installs a package whose import fails here."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (missing := str(error.name).partition(".")[0]) == "fastlr":
            raise
        raise ModuleNotFoundError(
            f"fastlr.adapters.{adapter} needs {missing}, which is not installed: "
            f"pip install {_INSTALLED_BY.get(missing, missing)}",
            name=error.name,
        ) from None
