#!/bin/sh
# CommonMark parsers make a link of a C++ type: std::vector<std::string> loses its angle brackets.
#
# markdown-it-py 4.3.0, mistune 3.3.4 and marko 2.2.4 (PyPI), November 2026, on the text
#     std::vector<std::string> v;
# By CommonMark an autolink is <scheme:anything>, where a scheme is any 2 to 32 letters; "std" is one, and ":string" what
# it leads to. So `<std::string>` (and `<xs:element>`, `<this::type>`) is no raw HTML and no text but a link to
# std::string, shown without its brackets. In Markdown from bug reports the type parameter vanishes from the code, and
# whatever follows the links (an allow-list of schemes, say) sees an address that nobody wrote.
#
# Output seen:
#     markdown-it-py <p>std::vector<a href="std::string">std::string</a> v;</p>
#     mistune        <p>std::vector<a href="#harmful-link">std::string</a> v;</p>
#     marko          <p>std::vector<a href="std::string">std::string</a> v;</p>
# Exits with an error when one of them shows something else.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check markdown-it-py==4.3.0 mistune==3.3.4 marko==2.2.4
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import marko
import mistune
from markdown_it import MarkdownIt

TEXT = "std::vector<std::string> v;\n"
SEEN = '<p>std::vector<a href="{}">std::string</a> v;</p>'
TARGETS = {"markdown-it-py": "std::string", "mistune": "#harmful-link", "marko": "std::string"}
shown = {
    "markdown-it-py": MarkdownIt("commonmark").render(TEXT).strip(),
    "mistune": mistune.create_markdown()(TEXT).strip(),
    "marko": marko.convert(TEXT).strip(),
}
for name, html in shown.items():
    print(f"{name:14} {html}")
sys.exit(any(html != SEEN.format(TARGETS[name]) for name, html in shown.items()))
PYTHON
