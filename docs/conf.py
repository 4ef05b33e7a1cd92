"""Sphinx: makes one site of the repository's pages and its docstrings. `make docs` runs it.

The source folder is the repository, not `docs/`. So pages have the same places, and their relative
links the same targets, as on the repository's own web pages.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "drawings"))
sys.path.insert(0, str(Path(__file__).parent))

from ringbuffer import __all__, __version__

project = "ringbuffer"
author = "The ringbuffer authors"
copyright = "the ringbuffer authors; MIT licence"
version = release = __version__

root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "examples/README.md",
    "spec/README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]
exclude_patterns = [".*", "build", "dist", "**/__pycache__"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "docstrings", "pictures"]

# Every link to a public name must have a target. Signatures also name private types, and types of
# other libraries, whose pages are missing when this site is built.
nitpicky = True
_public = "|".join(__all__)
nitpick_ignore_regex = [("py:.*", rf"(?!ringbuffer\.(?:\w+\.)*(?:{_public})(?:\.|$)).*")]

autodoc_default_options = {
    "members": True,
    "inherited-members": "BaseException,ImportError,int,object",  # but those of these classes
    "show-inheritance": True,
}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
maximum_signature_line_length = 100

myst_heading_anchors = 3

html_theme = "furo"
html_title = f"ringbuffer {release}"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
# The first page is in docs/, as in the repository.
templates_path = ["templates"]
html_additional_pages = {"index": "to-the-first-page.html"}
