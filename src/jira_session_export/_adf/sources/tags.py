"""Raw HTML in Markdown, taken apart into tags and text without repairing anything.

An HTML parser closes what is open at the end of what it reads, but in Markdown a `<details>` may end many blocks later,
in another piece of raw HTML. So the pieces are only cut here, as HTML's tokeniser would, in linear time.
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import NamedTuple


class StartTag(NamedTuple):
    """`<name attrs>`; name and attribute names in lower case, entities decoded."""

    name: str
    attrs: Mapping[str, str]


class EndTag(NamedTuple):
    """`</name>`."""

    name: str


VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
"""Elements that have no end tag."""

_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_TAG_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)?))?")
_TAG_END = re.compile(r"[\s/]*>")


def cut(html: str) -> Iterator[StartTag | EndTag | str]:
    """The tags and the text of a piece of HTML, in order; comments and declarations are left out.

    A tag that is not complete gives its source as text.
    """
    position = 0
    last_close = html.rfind(">")
    while (bracket := html.find("<", position)) >= 0:
        if bracket > last_close:
            break
        name = _TAG_NAME.match(html, bracket)
        if name is None:
            beyond = _after_comment(html, bracket)
            if beyond is None:
                yield unescape(html[position : bracket + 1])
                position = bracket + 1
                continue
            tag: StartTag | EndTag | None = None
        else:
            attrs, beyond = _attributes(html, name.end())
            if beyond is None:
                break
            tag = EndTag(name[1].lower()) if html[bracket + 1] == "/" else StartTag(name[1].lower(), attrs)
        if bracket > position:
            yield unescape(html[position:bracket])
        position = beyond
        if tag is not None:
            yield tag
        if isinstance(tag, StartTag) and tag.name in _RAW_TEXT:
            end = re.compile(f"</{re.escape(tag.name)}(?=[\\s/>])", re.IGNORECASE).search(html, position)
            stop = len(html) if end is None else end.start()
            if stop > position:
                yield html[position:stop] if tag.name not in {"title", "textarea"} else unescape(html[position:stop])
            position = stop
    if position < len(html):
        yield unescape(html[position:])


def _after_comment(html: str, bracket: int) -> int | None:
    """Where a comment or declaration that begins here ends; None when none does."""
    if html.startswith(("<!-->", "<!--->"), bracket):
        return html.index(">", bracket) + 1
    if html.startswith("<!--", bracket):
        end = html.find("-->", bracket + 4)
        return len(html) if end < 0 else end + 3
    if html[bracket + 1 : bracket + 2] in {"!", "?", "/"}:
        return html.index(">", bracket) + 1
    return None


def _attributes(html: str, position: int) -> tuple[dict[str, str], int | None]:
    """The attributes from here on and where the tag ends; no end when there is none."""
    attrs: dict[str, str] = {}
    while (end := _TAG_END.match(html, position)) is None:
        found = _ATTRIBUTE.match(html, position)
        if found is None:
            return attrs, None
        value = next((group for group in found.groups()[1:] if group is not None), "")
        attrs.setdefault(found[1].lower(), unescape(value))
        position = found.end()
    return attrs, end.end()
