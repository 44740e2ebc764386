"""ADF as HTML: what a ticket will look like in Jira, shown before it is there."""

from base64 import b64encode
from hashlib import sha256

from jira_session_export._adf.plaintext import adf_to_text
from jira_session_export._adf.rendering import Markup, element
from jira_session_export._adf.stylesheet import PREVIEW_STYLESHEET
from jira_session_export._adf.tree import mapping, string

__all__ = ["PREVIEW_STYLESHEET", "adf_to_html", "adf_to_text"]


def adf_to_html(document: object, *, page: bool = False, images: bool = True) -> str:
    """HTML that looks like the document will in Jira, safe to put into any page.

    Everything is escaped, only links and images of harmless schemes stay links and images, and there is neither script
    nor inline style, so it works under the strictest Content-Security-Policy. The look comes from `PREVIEW_STYLESHEET`,
    whose rules all hang below the class `adf`. Colours a document chooses freely need no style attribute: text colour
    is `<font color>`, cell colour `bgcolor`; highlights and custom panels carry theirs in `data-color` and
    `data-panel-color`, which the sheet reads with CSS `attr()` (a browser without it shows a default colour). Below an
    element with `data-color-mode="dark"`, as in Atlassian's own pages, it is dark.

    Args:
        document: an ADF document; any other JSON value gives what can be made of it.
        page: a whole page with the stylesheet and its own Content-Security-Policy instead of one `<div class="adf">`.
        images: whether that policy lets the page load images, which tells their hosts who looks at it.

    Returns:
        HTML which the converter reads back as the document it shows.
    """
    body = "".join(_fragments(document))
    if not page:
        return body
    sources = "http: https:" if images else "'none'"
    return _PAGE.format(style=PREVIEW_STYLESHEET, digest=_STYLE_DIGEST, images=sources, body=body)


_STYLE_DIGEST = b64encode(sha256(PREVIEW_STYLESHEET.encode()).digest()).decode()
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src {images}; style-src 'sha256-{digest}'">
<meta name="viewport" content="width=device-width">
<title>Preview</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _fragments(document: object) -> list[str]:
    """The pieces of the HTML, in order; a stack instead of recursion, because documents may be nested at will."""
    written: list[str] = []
    waiting: list[tuple[object, str]] = [(document, "")]
    while waiting:
        item, parent = waiting.pop()
        if isinstance(item, Markup):
            written.append(item)
            continue
        start, content, end = element(item, parent)
        written.append(start)
        waiting.append((Markup(end), parent))
        kind = string(mapping(item).get("type"))
        waiting.extend((child, kind) for child in reversed(content))
    return written
