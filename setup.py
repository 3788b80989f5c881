"""The build: what is Python stands in pyproject.toml, what is C in csrc/build.py."""

from runpy import run_path

from setuptools import setup

native = run_path("csrc/build.py")

setup(
    ext_modules=[native["extension"]()],
    cmdclass={"build_ext": native["build_ext"]()},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
