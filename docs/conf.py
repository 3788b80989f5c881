"""How Sphinx builds the documentation site: `sphinx-build -W --keep-going -b html docs build/site`.

The pages are Markdown. Start, the tutorials and some how-to pages are notebooks in Markdown: the
build executes their cells, and an error in a cell is an error of the build.
"""

import os
import sys
from pathlib import Path

from sphinx.application import Sphinx

import fastlr

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))
# Pages name these modules as users do. Python finds them as attributes only: they are imported on
# first use, and their files are elsewhere.
sys.modules["fastlr.stores"] = fastlr.stores
sys.modules["fastlr.peak_laws"] = fastlr.peak_laws
# Cells show pictures. Another backend in the environment would hide them.
os.environ.pop("MPLBACKEND", None)

project = "fastlr"
author = "The fastlr authors"
copyright = author
version = release = fastlr.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "command_line",
    "schedule_gallery",
    "signatures",
    "llms_txt",
]
templates_path = ["_templates"]
exclude_patterns = ["_templates", "jupyter_execute"]

# -- Markdown and notebooks ------------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3  # links such as presets.md#torch
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120  # seconds
nb_merge_streams = True
nb_execution_in_temp = True

# -- the API reference -----------------------------------------------------------------------------

autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# the packages behind the adapters: their docstrings are read without them
autodoc_mock_imports = [
    "torch",
    "jax",
    "optax",
    "keras",
    "transformers",
    "mlx",
    "lightning",
    "dask",
    "distributed",
    "stable_baselines3",
    "xgboost",
]
napoleon_google_docstring = False
# With fields, Sphinx looks for a page for every word of a type, such as the "shape" of an array.
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_use_ivar = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

# -- the look --------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "fastlr"
html_baseurl = os.environ.get("FASTLR_SITE", "")  # the address that llms.txt writes before a page
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {
    page: [] for page in ("index", "start", "choose", "gallery", "presets", "schedules")
}
html_theme_options = {
    "logo": {"text": "fastlr"},
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def without_last_blank_line(app: Sphinx, page: str, source: list[str]) -> None:
    """Remove the blank line before the end of a block, which doctest needs and readers do not."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def setup(app: Sphinx) -> None:
    """Register what is done to each page."""
    app.connect("source-read", without_last_blank_line)
