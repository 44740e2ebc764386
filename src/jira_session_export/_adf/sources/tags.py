"""Raw HTML in Markdown, taken apart into tags and text without repairing anything.

An HTML parser closes what is open at the end of what it reads, but in Markdown a `<details>` may end many blocks later,
in another piece of raw HTML. So the pieces are only cut here, as HTML's tokeniser would, in linear time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape


@dataclass(frozen=True, slots=True)
class StartTag:
    """`<name attrs>`; name and attribute names in lower case, entities decoded; and the source it was."""

    name: str
    attrs: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class EndTag:
    """`</name>`, and the source it was."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Unshown:
    """A whole `<script>` or `<style>` element: its start tag and the text in it."""

    tag: StartTag
    text: str


class Comment(str):
    """What stands between `<!--` and `-->`; no text, and only told of pages."""

    __slots__ = ()


Piece = StartTag | EndTag | Unshown | str

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
"""Elements that have no end tag."""

_DOCTYPE = re.compile(r"<!doctype\b", re.IGNORECASE)
_TAG_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)?))?")
_TAG_END = re.compile(r"[\s/]*>")
_END_OF = {name: re.compile(f"</{name}[\\s/]*>", re.IGNORECASE) for name in ("script", "style")}
_END_OF_TEXT = {
    name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE)
    for name in ("title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
_FIRST_LINE_BREAK_IS_MARKUP = frozenset({"pre", "listing", "textarea"})


def cut(html: str, *, typed: bool = True) -> Iterator[Piece]:
    """The tags and the text of a piece of HTML, in order; what is typed has no comments.

    What is no complete tag or comment gives its source as text, and so do declarations and processing instructions:
    a person who writes `<?php … ?>` into a ticket means it. Only a document type at the very beginning says nothing.

    Args:
        html: the piece.
        typed: it stands in Markdown, where somebody has typed it. In a page declarations say nothing, and the text of
            `<textarea>`, `<title>` and the like, and of a script without an end, has no tags.
    """
    position = 0
    last_close = html.rfind(">")
    last_comment_end = html.rfind("-->") if "<!--" in html else -1
    hopeless: set[str] = set()
    while 0 <= (bracket := html.find("<", position)) < last_close:
        name = _TAG_NAME.match(html, bracket)
        piece: Piece
        if name is None:
            beyond = _after_comment(html, bracket, last_comment_end)
            if beyond is None:
                yield unescape(html[position : bracket + 1])
                position = bracket + 1
                continue
            piece = html[bracket:beyond]
            if not typed and piece.startswith("<!--"):
                piece = Comment(piece[4:].removesuffix("-->"))
            elif not typed or piece.startswith("<!--") or (not position and _DOCTYPE.match(piece)):
                piece = ""
        else:
            attrs, beyond = _attributes(html, name.end())
            if beyond is None:
                break
            source = html[bracket:beyond]
            if html[bracket + 1] == "/":
                piece = EndTag(name[1].lower(), source)
            else:
                piece = StartTag(name[1].lower(), attrs, source)
                end_of = _END_OF.get(piece.name)
                if end_of is not None and piece.name not in hopeless:
                    end = end_of.search(html, beyond)
                    if end is None and not typed:
                        piece = Unshown(piece, html[beyond:])
                        beyond = len(html)
                    elif end is None:
                        hopeless.add(piece.name)
                    else:
                        piece = Unshown(piece, html[beyond : end.start()])
                        beyond = end.end()
        if bracket > position:
            yield unescape(html[position:bracket])
        position = beyond
        if piece:
            yield piece
        if isinstance(piece, StartTag) and piece.name in _FIRST_LINE_BREAK_IS_MARKUP:
            position += html.startswith("\n", position)
        if isinstance(piece, StartTag) and not typed and piece.name in _END_OF_TEXT:
            end = _END_OF_TEXT[piece.name].search(html, position)
            stop = len(html) if end is None else end.start()
            if stop > position:
                text = html[position:stop]
                yield unescape(text) if piece.name in {"title", "textarea"} else text
            position = stop
    if position < len(html):
        yield unescape(html[position:])


def _after_comment(html: str, bracket: int, last_comment_end: int) -> int | None:
    """Where a comment, declaration or instruction that begins here ends; None when none does."""
    if html.startswith(("<!-->", "<!--->"), bracket):
        return html.index(">", bracket) + 1
    if html.startswith("<!--", bracket):
        return html.index("-->", bracket + 4) + 3 if last_comment_end >= bracket + 4 else None
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
