"""Sphinx: the pages of the repository and the reference from the docstrings, as one site. `make docs` builds it.

The source folder is the repository, not `docs/`: so a page is found, and its relative links lead, where they do on the
repository's own web pages.
"""

import sys
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

from ringbuffer import __all__, __version__

project = "ringbuffer"
author = "The ringbuffer authors"
copyright = "the ringbuffer authors; MIT licence"
version = release = __version__

root_doc = "docs/index"
include_patterns = ["docs/**", "examples/README.md", "spec/README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
exclude_patterns = [".*", "build", "dist", "**/__pycache__"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "docstrings"]

# Every public name that is mentioned must lead somewhere. Signatures also name types that are not public, and those of other
# libraries, whose pages are not there when this is built.
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
# The first page lies in docs/, as in the repository.
templates_path = ["templates"]
html_additional_pages = {"index": "to-the-first-page.html"}


def setup(app: Sphinx) -> None:
    """Show drawings in Mermaid's language as their text: to draw them needs a script from elsewhere."""
    app.add_lexer("mermaid", TextLexer)
