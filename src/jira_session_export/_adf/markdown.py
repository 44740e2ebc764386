"""Markdown to ADF."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from markdown_it.token import Token

from jira_session_export._adf.builder import Closing
from jira_session_export._adf.conversion import Conversion, conclude
from jira_session_export._adf.html import HtmlSink, encodable
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.options import DEFAULT, ConversionOptions
from jira_session_export._adf.output import Output
from jira_session_export._adf.sources.gfm import parse
from jira_session_export._adf.sources.tags import VOID, EndTag, StartTag, cut
from jira_session_export.errors import DocumentTooLargeError


def markdown_to_adf(markdown: str, options: ConversionOptions = DEFAULT) -> dict[str, Any]:
    """A valid ADF document that says what the Markdown says; `convert_markdown` tells what was lost, too.

    Equal marks of one document may be one object: copy before changing a part of it.

    Args:
        markdown: CommonMark with GitHub's extensions: tables, strikethrough, task lists, bare addresses, alerts,
            footnotes. HTML in it is converted like any HTML.
        options: what a host may choose; `rules` say what becomes of HTML in the Markdown.

    Raises:
        DocumentTooLargeError: the source is longer than `options.max_input_length`.
    """
    return convert_markdown(markdown, options).document


def convert_markdown(markdown: str, options: ConversionOptions = DEFAULT) -> Conversion:
    """The document, what could not be carried over (paths are lines), and the files that have to be attached.

    Args:
        markdown: as for `markdown_to_adf`.
        options: what a host may choose.

    Raises:
        DocumentTooLargeError: the source is longer than `options.max_input_length`.
    """
    if len(markdown) > options.max_input_length:
        raise DocumentTooLargeError(length=len(markdown), limit=options.max_input_length)
    out = Output(options)
    source, replaced = encodable(markdown)
    if replaced:
        out.lose(LossKind.CHARACTERS_REPLACED, f"{replaced} characters", "replaced by U+FFFD")
    _Writer(out, options).write(parse(source))
    document = out.finish()
    lines = {loss.element: f"line {loss.element}" for loss in out.losses if loss.element}
    return conclude(document, out, lines, options)


class _Open(NamedTuple):
    """Something begun: Markdown's own by its token's name, raw HTML by its tag's."""

    name: str
    closing: Closing
    token: Token | None


_REACH: Final = 500
"""So far down an end tag looks for its start tag: far beyond what anyone writes, and hostile input stays linear."""
_REOPENED: Final = 8
"""So many marks of Markdown go on after HTML around them has ended."""
_BLOCKS_THAT_END_A_PARAGRAPH: Final = frozenset(
    {
        "details",
        "div",
        "section",
        "article",
        "blockquote",
        "aside",
        "center",
        "table",
        "ul",
        "ol",
        "li",
        "td",
        "th",
        "tr",
    }
)


class _Writer:
    """Writes tokens to the output; raw HTML between them goes through the rules for HTML.

    Raw HTML and Markdown may begin and end across each other, so both are kept on one stack.
    """

    def __init__(self, out: Output, options: ConversionOptions) -> None:
        self._out = out
        self._sink = HtmlSink(out, options.rules, quotes_all=True)
        self._open: list[_Open] = []
        self._line = 0

    def write(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.map:
                self._line = self._out.element = token.map[0] + 1
            self._write(token)
        self._end_down_to(0)

    def _write(self, token: Token) -> None:
        if token.nesting > 0:
            self._begin(token)
        elif token.nesting < 0:
            self._finish(token.type.removesuffix("_close"))
        else:
            _LEAVES[token.type](self, token)

    def _begin(self, token: Token) -> None:
        name = token.type.removesuffix("_open")
        begin = _BEGINNINGS.get(name)
        closing = begin(self._out, token) if begin is not None and not self._sink.skipping else ()
        self._open.append(_Open(name, closing, token))

    def _finish(self, name: str) -> None:
        """End what the Markdown ends, with all HTML begun in it; HTML may have ended a paragraph before."""
        position = len(self._open) - 1
        while position >= 0 and (self._open[position].token is None or self._open[position].name != name):
            if name == "paragraph" and self._open[position].token is not None and not self._is_mark(position):
                return
            position -= 1
        if position >= 0:
            self._end_down_to(position)

    def _end_down_to(self, position: int) -> None:
        while len(self._open) > position:
            _, closing, token = self._open.pop()
            if token is None:
                self._sink.end_element("")
            else:
                self._out.end(closing)

    def _is_mark(self, position: int) -> bool:
        return self._open[position].name in _MARKS

    # --- raw HTML

    def _raw(self, html: str) -> None:
        for piece in cut(html):
            if isinstance(piece, str):
                self._sink.characters(piece)
            elif isinstance(piece, EndTag):
                self._end_tag(piece.name)
            else:
                self._start_tag(piece)

    def _start_tag(self, tag: StartTag) -> None:
        self._out.element = self._line - 1  # The sink counts on by one.
        self._sink.start_element(tag.name, tuple(tag.attrs.items()))
        self._out.element = self._line
        if tag.name in VOID:
            self._sink.end_element(tag.name)
        else:
            self._open.append(_Open(tag.name, (), None))

    def _end_tag(self, name: str) -> None:
        """End the HTML element of this name, if it is open here: not beyond a list item, a quote or a cell."""
        marks: list[Token] = []
        for position in range(len(self._open) - 1, max(-1, len(self._open) - 1 - _REACH), -1):
            opened, _, token = self._open[position]
            if token is None and opened == name:
                self._end_down_to(position)
                for mark in reversed(marks[-_REOPENED:]):
                    self._begin(mark)
                return
            if token is not None:
                if opened in _MARKS:
                    marks.append(token)
                elif opened != "paragraph" or name not in _BLOCKS_THAT_END_A_PARAGRAPH:
                    return
                else:
                    marks.clear()

    # --- leaves

    def inline(self, token: Token) -> None:
        for child in token.children or ():
            self._write(child)

    def text(self, token: Token) -> None:
        self._sink.characters(token.content)

    def soft_break(self, _: Token) -> None:
        self._sink.characters("\n")

    def hard_break(self, _: Token) -> None:
        if not self._sink.skipping:
            self._out.hard_break()

    def code(self, token: Token) -> None:
        closing = self._out.mark("code")
        self._sink.characters(token.content)
        self._out.end(closing)

    def image(self, token: Token) -> None:
        if not self._sink.skipping:
            self._out.image(str(token.attrs.get("src", "")), alt=_plain_text(token.children))

    def footnote_reference(self, token: Token) -> None:
        closing = self._out.mark("subsup", {"type": "sup"})
        self._sink.characters(f"[{token.meta['number']}]")
        self._out.end(closing)

    def html_inline(self, token: Token) -> None:
        self._raw(token.content)

    def html_block(self, token: Token) -> None:
        self._out.end_line()
        before = len(self._open)
        self._raw(token.content)
        self._out.end_line()
        if self._sink.skipping:  # What is not shown must not swallow the Markdown that follows.
            self._end_down_to(before)

    def code_block(self, token: Token) -> None:
        if self._sink.skipping:
            return
        closing = self._out.code_block(token.info.split(maxsplit=1)[0] if token.info.strip() else "")
        self._out.text(token.content)
        self._out.end(closing)

    def rule(self, _: Token) -> None:
        if not self._sink.skipping:
            self._out.block("rule")


_LEAVES: Final[Mapping[str, Callable[[_Writer, Token], None]]] = {
    "code_block": _Writer.code_block,
    "code_inline": _Writer.code,
    "fence": _Writer.code_block,
    "footnote_ref": _Writer.footnote_reference,
    "hardbreak": _Writer.hard_break,
    "hr": _Writer.rule,
    "html_block": _Writer.html_block,
    "html_inline": _Writer.html_inline,
    "image": _Writer.image,
    "inline": _Writer.inline,
    "softbreak": _Writer.soft_break,
    "text": _Writer.text,
}


def _plain_text(tokens: list[Token] | None) -> str:
    """The text of inline tokens, images in it by their own."""
    pieces: list[str] = []
    waiting = list(reversed(tokens or ()))
    while waiting:
        token = waiting.pop()
        if token.type == "image":
            waiting.extend(reversed(token.children or ()))
        else:
            pieces.append(" " if token.type.endswith("break") else token.content)
    return "".join(pieces)


# --- what has a beginning and an end


_Begin = Callable[[Output, Token], Closing]


def _opens(node_type: str) -> _Begin:
    return lambda out, _: out.open(node_type)


def _marks(mark_type: str) -> _Begin:
    return lambda out, _: out.mark(mark_type)


def _paragraph(out: Output, _: Token) -> Closing:
    out.end_line()
    return out.end_line


def _heading(out: Output, token: Token) -> Closing:
    return out.heading(int(token.tag[1]))


def _quote(out: Output, token: Token) -> Closing:
    panel = token.meta.get("panel")
    return out.open("panel", {"panelType": panel}) if panel else out.open("blockquote")


def _bullet_list(out: Output, token: Token) -> Closing:
    return out.open("taskList" if token.meta["tasks"] else "bulletList")


def _ordered_list(out: Output, token: Token) -> Closing:
    if token.meta["tasks"]:
        return out.open("taskList")
    start = token.attrs.get("start", 1)
    return out.open("orderedList", {"order": start} if start != 1 else None)


def _list_item(out: Output, token: Token) -> Closing:
    closing = out.open("taskItem" if out.list_type == "taskList" else "listItem")
    if "done" in token.meta:
        out.make_task("DONE" if token.meta["done"] else "TODO")
    return closing


def _footnotes(out: Output, _: Token) -> Closing:
    out.block("rule")
    return out.open("orderedList")


def _cell(out: Output, token: Token) -> Closing:
    closing = out.open("tableHeader" if token.tag == "th" else "tableCell")
    align = str(token.attrs.get("style", "")).removeprefix("text-align:")
    if align not in {"center", "right"}:
        return closing
    return (closing, out.align("alignment", {"align": "center" if align == "center" else "end"}))


def _link(out: Output, token: Token) -> Closing:
    return out.link(str(token.attrs.get("href", "")), str(token.attrs.get("title", "")))


_MARKS: Final[Mapping[str, _Begin]] = {
    "em": _marks("em"),
    "link": _link,
    "s": _marks("strike"),
    "strong": _marks("strong"),
}
_BEGINNINGS: Final[Mapping[str, _Begin]] = {
    **_MARKS,
    "blockquote": _quote,
    "bullet_list": _bullet_list,
    "footnotes": _footnotes,
    "heading": _heading,
    "list_item": _list_item,
    "ordered_list": _ordered_list,
    "paragraph": _paragraph,
    "table": _opens("table"),
    "td": _cell,
    "th": _cell,
    "tr": _opens("tableRow"),
}
"""Beside them there are `thead` and `tbody`, which ADF does not have."""
