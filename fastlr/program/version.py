"""The version of fastlr. The package, its metadata and every program carry it."""

__all__ = ["VERSION"]

VERSION = "0.1.0"
