"""What PyInstaller adds to an application that imports fastlr. It runs inside PyInstaller alone.

Most modules of fastlr are imported when you first use a name of theirs, which PyInstaller does not
see, and the C backend compares itself with its sources.
"""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

from fastlr import get_include
from fastlr.adapters import packages

hiddenimports = ["_cffi_backend", *collect_submodules("fastlr", on_error="ignore")]
# the note of a build without an extension, and the C sources, where they are in a checkout too
datas = [
    *collect_data_files("fastlr", excludes=["include/*"]),
    (f"{get_include()}/*.[ch]", "fastlr/include"),
]
# Python sources beside the compiled ones: digests and Numba's cache read them
module_collection_mode = "pyz+py"
# an application that uses the package of an adapter imports that package itself
excludedimports = list(packages())
