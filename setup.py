"""The build. pyproject.toml configures the Python part, csrc/build.py the C part."""

from runpy import run_path

from setuptools import setup

native = run_path("csrc/build.py")

setup(
    ext_modules=[native["extension"]()],
    cmdclass={"build_ext": native["build_ext"](), "bdist_wheel": native["bdist_wheel"]()},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
