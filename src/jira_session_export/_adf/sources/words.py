"""Which tags of raw HTML in Markdown are meant as tags, and which are words that happen to look like one.

Whoever writes `List<String>`, `kubectl -n <namespace>` or "the <style> tag is missing" means what is written, and a
converter that believes it to be HTML makes it vanish, in the worst case with all that follows.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from jira_session_export._adf.sources.tags import VOID, EndTag, Piece, StartTag, Unshown, cut

HTML_NAMES: Final = frozenset("""
    a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br
    button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed
    fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i img input
    ins kbd label legend li link listing main map mark marquee math menu meta meter nav nobr noscript object ol optgroup
    option output p param picture pre progress q rb rp rt rtc ruby s samp search section select slot small source span
    strike strong sub summary sup svg table tbody td template tfoot th thead time tr track tt u ul var video wbr
""".split())  # noqa: SIM905 - readable as words  # fmt: skip
"""The elements HTML knows, but those in `DISALLOWED`."""

WORDS: Final = frozenset(
    {"codeblock", "compref", "customemoji", "description", "emoji", "image", "parameterizedstring", "step", "steps"}
)
"""Elements of services that the converter's rules know in HTML; in Markdown whoever writes `<image>` means the word."""

DISALLOWED: Final = frozenset(
    {"title", "textarea", "style", "xmp", "iframe", "noembed", "noframes", "script", "plaintext"}
)
"""What GitHub shows as text: https://github.github.com/gfm/#disallowed-raw-html-extension- (read November 2026)."""

INLINE: Final = frozenset("""
    a abbr acronym b bdi bdo big button canvas cite code data del dfn em font i ins kbd label mark meter nobr output
    progress q s samp slot small span strike strong sub sup time tt u var
""".split())  # noqa: SIM905 - readable as words  # fmt: skip
"""Elements that end in the text they begin in; others may have their end tag some blocks later."""

_SHOWN: Final = frozenset("""
    address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2
    h3 h4 h5 h6 header hgroup main menu nav ol p section summary table ul
""".split())  # noqa: SIM905 - readable as words  # fmt: skip
"""Blocks that show what stands in them: without an end tag they swallow nothing."""

_PARENTS: Final = {
    "li": {"ul", "ol", "menu", "dir"}, "dt": {"dl"}, "dd": {"dl"},
    "td": {"table"}, "th": {"table"}, "tr": {"table"}, "tbody": {"table"}, "thead": {"table"}, "tfoot": {"table"},
    "colgroup": {"table"}, "col": {"table"}, "caption": {"table"},
    "option": {"select", "datalist"}, "optgroup": {"select"},
    "rt": {"ruby"}, "rp": {"ruby"}, "rb": {"ruby"}, "rtc": {"ruby"},
    "source": {"audio", "video", "picture"}, "track": {"audio", "video"}, "area": {"map"}, "param": {"object"},
    "link": {"head"}, "meta": {"head"}, "base": {"head"},
}  # fmt: skip
"""Elements that need no end tag, and what they stand in; anywhere else they are words."""

_NEEDS_ATTRIBUTE: Final = {"img": {"src", "data-src", "srcset"}, "embed": {"src"}}
_OFFICE_PREFIXES: Final = ("o:", "v:", "w:", "st1:")  # Word writes them into its HTML.
_MEANT: Final = (str, Unshown)
_END_TAG: Final = re.compile(r"</([a-zA-Z][a-zA-Z0-9-]*)[ \t\n]*>")
_DOCTYPE: Final = re.compile(r"<!doctype[^>]*>[ \t]*(?:<.*)?", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[ \t]+[^<\s]")
_IN_A_SENTENCE: Final = re.compile(r"<[^<>]*>[ \t]+[^<\s]")
_NAME: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")


class Ends:
    """Where the tags of a source stand that decide about others."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._last_line: dict[str, int] = {}
        self._last_comment_end = source.rfind("-->")
        line = position = 0
        for found in _END_TAG.finditer(source) if "</" in source else ():
            line += source.count("\n", position, found.start())
            position = found.start()
            name = found[1].lower()
            self._last[name] = position
            self._last_line[name] = line

    def after(self, name: str, position: int) -> bool:
        """Whether an end tag of this name stands after the position."""
        return self._last.get(name, -1) > position

    def comment_after(self, position: int) -> bool:
        """Whether a comment that begins at the position ends."""
        return self._last_comment_end > position

    def begun_before(self, name: str, position: int) -> bool:
        """Whether a start tag of this name stands before the position."""
        first = self._first.get(name)
        if first is None:
            found = re.search(f"<{name}[ \t\n>]", self._source, re.IGNORECASE)
            first = self._first[name] = len(self._source) if found is None else found.start()
        return first < position

    def at_or_after_line(self, name: str, line: int) -> bool:
        """Whether an end tag of this name stands in this line or a later one; lines count from 0."""
        return self._last_line.get(name, -1) >= line


def begins_html(text: str, position: int, names: Collection[str], ends: Ends) -> bool:
    """Whether a block of raw HTML may begin with the tag, or the comment, at this position of the source.

    Args:
        text: the line from there on.
        position: in the source.
        names: the elements known.
        ends: the tags of the source.
    """
    found = _NAME.match(text)
    if found is None:
        if text.startswith("<!--"):
            return ends.comment_after(position)
        return _DOCTYPE.fullmatch(text) is not None
    name = found[2].lower()
    if name in {"script", "style"}:
        return not found[1] and ends.after(name, position)
    if name in DISALLOWED or name not in names:
        return False
    if name in VOID or ends.after(name, position):
        return True
    if name in _PARENTS:
        return any(ends.begun_before(parent, position) for parent in _PARENTS[name])
    return (name in _SHOWN or found[1] == "/") and not _IN_A_SENTENCE.match(text)


def holds_html(text: str) -> bool:
    """Whether there are tags in the text that are meant as HTML, so that it is no plain text and no Markdown.

    `List<String>` and "the <style> tag" are none.
    """
    if "<" not in text:
        return False
    pieces = Words(HTML_NAMES, Ends(text)).meant(cut(text), text.count("\n") + 1, inline=False)
    return any(isinstance(piece, StartTag | Unshown) for piece in pieces)


class Words:
    """Goes through the pieces of raw HTML in reading order and makes text of the tags that are words."""

    def __init__(self, names: Collection[str], ends: Ends) -> None:
        """Begin a document.

        Args:
            names: the elements known: HTML's, and those a host has rules for.
            ends: the end tags of the document.
        """
        self._names = names
        self._ends = ends
        self._open: dict[str, int] = {}  # Elements that are open, and how many of each.

    def meant(self, pieces: Iterable[Piece], line: int, *, inline: bool) -> Iterator[Piece]:
        """The pieces with words as text.

        Args:
            pieces: of one piece of text, or one block, in order.
            line: the first line after them, from which on an end tag may follow.
            inline: they stand in a line of text, in which text-level elements have to end.
        """
        pieces = list(pieces)
        last = {piece.name: number for number, piece in enumerate(pieces) if isinstance(piece, EndTag)}
        for number, piece in enumerate(pieces):
            if isinstance(piece, _MEANT):
                yield piece
                continue
            after = pieces[number + 1] if number + 1 < len(pieces) else ""
            alone = not inline and not (isinstance(after, str) and _SENTENCE.match(after))
            if isinstance(piece, StartTag):
                closed = last.get(piece.name, -1) > number or (
                    not (inline and piece.name in INLINE) and self._ends.at_or_after_line(piece.name, line)
                )
                meant = self._begins(piece, closed=closed or (alone and piece.name in _SHOWN))
            else:
                known = piece.name in self._names and piece.name not in DISALLOWED
                meant = self._ends_something(piece) or (alone and known)
            yield piece if meant else piece.source

    def _begins(self, tag: StartTag, *, closed: bool) -> bool:
        name = tag.name
        opened = self._open
        if "svg" in opened or "math" in opened:  # Other vocabularies have other names.
            pass
        elif name in DISALLOWED or (name not in self._names and not name.startswith(_OFFICE_PREFIXES)):
            return False
        elif name in _PARENTS:
            if opened.keys().isdisjoint(_PARENTS[name]):
                return False
        elif name in VOID:
            needed = _NEEDS_ATTRIBUTE.get(name)
            return bool(name in {"br", "hr", "wbr"} or (needed & tag.attrs.keys() if needed else tag.attrs))
        elif not closed:
            return False
        if name not in VOID:
            opened[name] = opened.get(name, 0) + 1
        return True

    def _ends_something(self, tag: EndTag) -> bool:
        count = self._open.get(tag.name, 0)
        if count:
            if count == 1:
                del self._open[tag.name]
            else:
                self._open[tag.name] = count - 1
            return True
        return tag.name == "br" or tag.name.startswith(_OFFICE_PREFIXES)
