"""The build. pyproject.toml configures the Python part, csrc/build.py the C part.

``FASTLR_URL`` is the address of the repository that the archives are built from, as the workflow of
a release knows it: ``https://HOST/OWNER/NAME``. The metadata then has it, and the description links
to its files. Without it both have no address.
"""

import gzip
import os
import re
import tarfile
from pathlib import Path
from runpy import run_path

from setuptools import setup
from setuptools.command.sdist import sdist

native = run_path("csrc/build.py")


def description(url: str) -> str:
    """The README with absolute links to files, or with the text of such links alone."""
    text = Path("README.md").read_text(encoding="utf-8")
    if not url:
        text = re.sub(r"\n!\[[^]]*\]\((?!https?:|#)[^)]*\)\n", "\n", text)
        return re.sub(r"\[([^]]*)\]\((?!https?:|#)[^)]*\)", r"\1", text)
    text = re.sub(r"(!\[[^]]*\]\()(?!https?:|#)", rf"\1{url}/raw/HEAD/", text)
    return re.sub(r"((?<!!)\[[^]]*\]\()(?!https?:|#)", rf"\1{url}/blob/HEAD/", text)


def project_urls(url: str) -> dict[str, str]:
    """The addresses of the project's pages."""
    if not url:
        return {}
    return {
        "Source": url,
        "Issues": f"{url}/issues",
        "Changelog": f"{url}/blob/HEAD/CHANGELOG.md",
        "Documentation": f"{url}/tree/HEAD/docs",
    }


class Archive(sdist):
    """The source archive, the same to the byte if ``SOURCE_DATE_EPOCH`` is set."""

    def make_archive(self, base_name, kind, root_dir=None, base_dir=None, **options):  # noqa: ANN001, ANN003, ANN201
        """Write the archive, with that time and no owner for each file."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        if epoch is None or kind != "gztar":
            return super().make_archive(base_name, kind, root_dir, base_dir, **options)

        def without_its_maker(member: tarfile.TarInfo) -> tarfile.TarInfo:
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = int(epoch)
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            return member

        path = Path(f"{base_name}.tar.gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            path.open("wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=int(epoch)) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            archive.add(base_dir, filter=without_its_maker)
        return str(path)


url = os.environ.get("FASTLR_URL", "").rstrip("/")
if url and not re.fullmatch(r"https://[^/\s]+/[^/\s]+/[^/\s]+", url):
    raise ValueError(f"FASTLR_URL must be https://HOST/OWNER/NAME, got {url!r}")

setup(
    long_description=description(url),
    long_description_content_type="text/markdown",
    project_urls=project_urls(url),
    ext_modules=[native["extension"]()],
    cmdclass={
        "build_ext": native["BuildNative"],
        "bdist_wheel": native["Wheel"],
        "sdist": Archive,
    },
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
