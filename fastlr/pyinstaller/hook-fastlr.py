"""What PyInstaller adds to an application that imports fastlr. It runs inside PyInstaller alone.

Most modules of fastlr are imported when you first use a name of theirs, which PyInstaller does not
see, and the C backend compares itself with its sources.
"""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

from fastlr.adapters import packages

hiddenimports = ["_cffi_backend", *collect_submodules("fastlr", on_error="ignore")]
# the C sources, and the note of a build without an extension
datas = collect_data_files("fastlr")
# Python sources beside the compiled ones: digests and Numba's cache read them
module_collection_mode = "pyz+py"
# an application that uses the package of an adapter imports that package itself
excludedimports = list(packages())
