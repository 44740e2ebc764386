#!/usr/bin/env bash
# Confluence's storage format is XML. Read by an HTML parser, the code of a macro is cut, without an error.
#
# `<ac:plain-text-body><![CDATA[if (a > b) …]]></ac:plain-text-body>` is how Confluence stores code. To an HTML parser a
# CDATA section outside of SVG and MathML is a comment, and that comment ends at the first `>`: at the one in the code. What
# is before it is gone, what is after it becomes text of the page, `]]>` included. html5lib 1.1 does so, as the standard
# says, and lxml 6.0.2 (its HTML parser), too. Only the parser of Python's standard library, by BeautifulSoup 4.14.3, keeps
# the section whole.
#
# Also: `<ri:user ri:account-id="1" />` is not empty for html5lib: what follows stands inside of it. For the others it is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check beautifulsoup4==4.14.3 html5lib==1.1 lxml==6.0.2
"$work/venv/bin/python" - <<'PYTHON'
import sys
import warnings

from bs4 import BeautifulSoup

warnings.simplefilter("ignore")
CODE = "<ac:plain-text-body><![CDATA[if (a > b) { run(); }]]></ac:plain-text-body>"
EMPTY = '<p><ri:user ri:account-id="1" />after</p>'
seen = {}
for parser in ("html5lib", "lxml", "html.parser"):
    code = BeautifulSoup(CODE, parser).find("ac:plain-text-body").get_text()
    inside = BeautifulSoup(EMPTY, parser).find("ri:user").get_text()
    seen[parser] = (code, inside)
    print(f"{parser:12} code: {code!r:32} inside of the empty element: {inside!r}")
cut = " b) { run(); }]]>"
as_described = {
    "html5lib": (cut, "after"),
    "lxml": (cut, ""),
    "html.parser": ("if (a > b) { run(); }", ""),
}
sys.exit(seen != as_described)
PYTHON
