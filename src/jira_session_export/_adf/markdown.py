"""Markdown to ADF."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from markdown_it.token import Token

from jira_session_export._adf.builder import Closing, Frame
from jira_session_export._adf.conversion import Conversion, conclude
from jira_session_export._adf.garbage import collection_paused
from jira_session_export._adf.html import HtmlSink, encodable
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.options import DEFAULT, ConversionOptions
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import RuleSet
from jira_session_export._adf.sources.gfm import Syntax, parse
from jira_session_export._adf.sources.gfm.callouts import Callout
from jira_session_export._adf.sources.tags import VOID, EndTag, Piece, StartTag, Unshown
from jira_session_export._adf.sources.words import HTML_NAMES, WORDS
from jira_session_export._wording import counted
from jira_session_export.errors import DocumentTooLargeError


def markdown_to_adf(markdown: str, options: ConversionOptions = DEFAULT) -> dict[str, Any]:
    """Convert Markdown to a valid ADF document; `convert_markdown` also returns what was lost.

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
    out = HtmlSink(options, quotes_all=True)
    source, replaced = encodable(markdown)
    if replaced:
        out.lose(LossKind.CHARACTERS_REPLACED, counted(replaced, "character"), "replaced by U+FFFD")
    with collection_paused(len(source), markdown=True):
        _Writer(out, options).write(parse(source, _syntax(options)))
        document = out.finish()
    lines = {loss.element: f"line {loss.element}" for loss in out.losses if loss.element}
    return conclude(document, out, lines, options)


def _syntax(options: ConversionOptions) -> Syntax:
    return Syntax(
        elements=_elements(options.rules),
        callouts=options.callouts,
        mentions=options.mentions,
        emoji=options.emoji_shortcodes,
    )


@lru_cache(maxsize=16)
def _elements(rules: RuleSet) -> frozenset[str]:
    """The names of tags that are meant as tags: those of HTML, and those that rules name, a host's own among them."""
    own = {tag for rule in set(rules.rules).difference(DEFAULT.rules.rules) for tag in rule.tags or ()}
    return HTML_NAMES | (rules.tags - WORDS) | own


_Open = tuple[str, Closing, Token | None]
"""Something begun: Markdown's own by its token's name, raw HTML by its tag's and without a token."""

_REACH: Final = 500
"""So far down an end tag looks for its start tag: far beyond what anyone writes, and hostile input stays linear."""
_REOPENED: Final = 8
"""So many marks of Markdown go on after HTML around them has ended."""
_END_EACH_OTHER: Final = {"li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}}
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir", "dl"})
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

    def __init__(self, out: HtmlSink, options: ConversionOptions) -> None:
        self._out = out
        self._open: list[_Open] = []
        self._line = 0
        self._hard_wraps = options.hard_wraps
        self._sites = tuple(site.rstrip("/").lower() for site in options.smart_link_sites)

    def write(self, tokens: list[Token]) -> None:
        for position, token in enumerate(tokens):
            if token.map:
                self._line = self._out.element = token.map[0] + 1
            if "callout" in token.meta:
                empty = tokens[position + 1].type == "paragraph_open" and not tokens[position + 2].children
                self._begin_callout(token, tokens[position + (4 if empty else 1)])
            else:
                self._write(token)
            if self._out.unquoted:
                self._quote(tokens, position)
        self._end_down_to(0)

    def _quote(self, tokens: Sequence[Token], position: int) -> None:
        """Let the losses about what the token begins quote its text."""
        text = _text_from(tokens, position)
        for loss in self._out.unquoted:
            self._out.quote(loss, text)
        self._out.unquoted.clear()

    def _write(self, token: Token) -> None:
        if token.nesting > 0:
            name = token.type[:-5]
            begin = _BEGINNINGS.get(name)
            closing = begin(self._out, token) if begin is not None and not self._out.skipping else ()
            self._open.append((name, closing, token))
        elif token.nesting < 0:
            self._finish(token.type[:-6])
        else:
            _LEAVES[token.type](self, token)

    def _finish(self, name: str) -> None:
        """End what the Markdown ends, with all HTML begun in it; HTML may have ended a paragraph before."""
        opened = self._open
        position = len(opened) - 1
        while position >= 0 and (opened[position][2] is None or opened[position][0] != name):
            if name == "paragraph" and opened[position][2] is not None and opened[position][0] not in _MARKS:
                return
            position -= 1
        if position >= 0:
            self._end_down_to(position)

    def _end_down_to(self, position: int) -> None:
        opened = self._open
        while len(opened) > position:
            _, closing, token = opened.pop()
            if token is None:
                self._out.end_element("")
            elif closing != ():
                self._out.end(closing)

    # --- callouts

    def _begin_callout(self, token: Token, following: Token) -> None:
        closing = () if self._out.skipping else self._callout(token.meta["callout"], following)
        self._open.append((token.type[:-5], closing, token))

    def _callout(self, callout: Callout, following: Token) -> Closing:
        """A panel; its word stands in bold where there can be none, or where it would hold nothing."""
        out = self._out
        if callout.fold:
            expand = out.open("expand", {"title": callout.title or callout.word})
            return (expand, out.open("panel", {"panelType": callout.panel})) if out.parent_type == "expand" else expand
        panel = out.open("panel", {"panelType": callout.panel})
        if not isinstance(panel, Frame):
            self._bold_line(f"{callout.word}: {callout.title}" if callout.title else callout.word)
            return panel
        if callout.title or following.type not in _STAND_IN_PANELS:
            self._bold_line(callout.title or callout.word)

        def say_something() -> None:
            out.end_line()
            if not panel.suspended and not panel.content:
                self._bold_line(callout.word)

        return (panel, say_something)

    def _bold_line(self, text: str) -> None:
        out = self._out
        out.end_line()
        closing = out.mark("strong")
        out.text(text)
        out.end(closing)
        out.end_line()

    # --- raw HTML

    def _raw(self, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, StartTag):
                self._start_tag(piece)
            elif isinstance(piece, EndTag):
                self._end_tag(piece.name)
            elif isinstance(piece, str):
                self._out.characters(piece)
            else:
                self._unshown(piece)

    def _start_tag(self, tag: StartTag) -> None:
        if tag.name in _END_EACH_OTHER:
            self._end_item_before(tag.name)
        out = self._out
        out.element = self._line - 1  # The sink counts on by one.
        out.start_element(tag.name, tuple(tag.attrs.items()))
        if tag.name in VOID:
            self._out.end_element(tag.name)
        else:
            self._open.append((tag.name, (), None))

    def _end_item_before(self, name: str) -> None:
        """End the item before this one in its list, which needs no end tag."""
        for position in range(len(self._open) - 1, max(-1, len(self._open) - 1 - _REACH), -1):
            opened, _, token = self._open[position]
            if token is None and opened in _END_EACH_OTHER[name]:
                self._end_down_to(position)
                return
            if opened in _LISTS or (token is not None and opened not in _MARKS and opened != "paragraph"):
                return

    def _end_tag(self, name: str) -> None:
        """End the HTML element of this name, if it is open here: not beyond a list item, a quote or a cell."""
        if name == "br":  # As browsers have it.
            self._start_tag(StartTag("br", {}, ""))
            return
        marks: list[Token] = []
        for position in range(len(self._open) - 1, max(-1, len(self._open) - 1 - _REACH), -1):
            opened, _, token = self._open[position]
            if token is None and opened == name:
                self._end_down_to(position)
                for mark in reversed(marks[-_REOPENED:]):
                    self._write(mark)
                return
            if token is not None:
                if opened in _MARKS:
                    marks.append(token)
                elif opened != "paragraph" or name not in _BLOCKS_THAT_END_A_PARAGRAPH:
                    return
                else:
                    marks.clear()

    def _unshown(self, element: Unshown) -> None:
        """A whole script or style sheet: rules may make something of a script, a formula for one."""
        self._start_tag(element.tag)
        self._out.characters(element.text)
        self._end_tag(element.tag.name)

    # --- leaves

    def inline(self, token: Token) -> None:
        children = token.children or ()
        for position, child in self._without_smart_links(children) if self._sites else enumerate(children):
            if child.type == "text":
                self._out.characters(child.content)
            else:
                self._write(child)
            if self._out.unquoted:
                self._quote(children, position)

    def _without_smart_links(self, children: Sequence[Token]) -> Iterator[tuple[int, Token]]:
        """Write the links that show nothing but an address of the host's sites as smart links; give what is left.

        Each token comes with its position.
        """
        position = 0
        while position < len(children):
            token = children[position]
            position += 1
            if token.type == "link_open" and not self._out.skipping:
                text, end = (*children[position : position + 2], token, token)[:2]
                href = str(token.attrs.get("href", ""))
                bare = text.type == "text" and end.type == "link_close" and text.content in {href, token.info}
                if bare and self._is_of_a_site(href) and self._out.card("inlineCard", href):
                    position += 2
                    continue
            yield position - 1, token

    def _is_of_a_site(self, url: str) -> bool:
        url = url.lower()
        return any(
            url.startswith(site) and url[len(site) : len(site) + 1] in {"", "/", "?", "#"} for site in self._sites
        )

    def text(self, token: Token) -> None:
        self._out.characters(token.content)

    def soft_break(self, token: Token) -> None:
        if self._hard_wraps:
            self.hard_break(token)
        else:
            self._out.characters("\n")

    def hard_break(self, _: Token) -> None:
        if not self._out.skipping:
            self._out.hard_break()

    def code(self, token: Token) -> None:
        closing = self._out.mark("code")
        self._as_written(token.content)
        self._out.end(closing)

    def formula(self, token: Token) -> None:
        self._as_written(token.content)

    def _as_written(self, text: str) -> None:
        """Write text of one line with its spaces."""
        if text == " ".join(text.split()):
            self._out.characters(text)
            return
        closing = self._out.preserve_white_space(preserve=True)
        self._out.characters(text)
        self._out.end(closing)

    def mention(self, token: Token) -> None:
        if not self._out.skipping:
            self._out.inline("mention", {"id": token.meta["account"]})

    def emoji(self, token: Token) -> None:
        if self._out.skipping:
            return
        shown = token.content
        points = "-".join(f"{ord(character):x}" for character in shown if character != "\ufe0f")
        self._out.inline("emoji", {"shortName": token.meta["name"], "id": points, "text": shown})

    def image(self, token: Token) -> None:
        if self._out.skipping:
            return
        out = self._out
        alt, title = _plain_text(token.children), str(token.attrs.get("title", ""))
        figure = out.image(str(token.attrs.get("src", "")), alt=alt)
        if not title.strip() or title == alt:
            return
        if figure is not None:
            closing = out.caption(figure)
            out.text(title)
            out.end(closing)
        else:
            out.lose(LossKind.FORMATTING_DROPPED, title, "the title of an image that is no longer one")

    def footnote_reference(self, token: Token) -> None:
        closing = self._out.mark("subsup", {"type": "sup"})
        self._out.characters(f"[{token.meta['number']}]")
        self._out.end(closing)

    def html_inline(self, token: Token) -> None:
        self._raw(token.meta["pieces"])

    def html_block(self, token: Token) -> None:
        self._out.end_line()
        before = len(self._open)
        self._raw(token.meta["pieces"])
        self._out.end_line()
        if self._out.skipping:  # What is not shown must not swallow the Markdown that follows.
            self._end_down_to(before)

    def code_block(self, token: Token) -> None:
        if self._out.skipping:
            return
        language, title = _language_and_title(token.info)
        if title:
            self._out.lose(LossKind.FORMATTING_DROPPED, title, "a code block in ADF has a language and no title")
        closing = self._out.code_block(language)
        self._out.text(token.content)
        self._out.end(closing)

    def rule(self, _: Token) -> None:
        if not self._out.skipping:
            self._out.block("rule")


_LEAVES: Final[Mapping[str, Callable[[_Writer, Token], None]]] = {
    "code_block": _Writer.code_block,
    "code_inline": _Writer.code,
    "emoji": _Writer.emoji,
    "fence": _Writer.code_block,
    "footnote_ref": _Writer.footnote_reference,
    "formula": _Writer.formula,
    "hardbreak": _Writer.hard_break,
    "hr": _Writer.rule,
    "html_block": _Writer.html_block,
    "html_inline": _Writer.html_inline,
    "image": _Writer.image,
    "inline": _Writer.inline,
    "mention": _Writer.mention,
    "softbreak": _Writer.soft_break,
    "text": _Writer.text,
    "word": _Writer.text,
}

_STAND_IN_PANELS: Final = frozenset(
    {"paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "fence", "code_block", "hr"}
)
"""Blocks of Markdown that surely stay in a panel when they begin it."""

_LANGUAGE: Final = re.compile(r"[\s{.=]*([^\s{}(),:;=\"'\[\]]+)")
_TITLE: Final = re.compile(r"(?:title|filename|file|name|caption)=(?:\"([^\"]*)\"|'([^']*)'|([^\s{}]+))")
_COLON_TITLE: Final = re.compile(r"\s*[\w+#.-]+:(\S+)")


@remembering
def _language_and_title(info: str) -> tuple[str, str]:
    """What the line that begins a code block says: `ts {1,3}`, `{.python}`, `{r, echo=FALSE}`, `js title="a.js"`."""
    found = _LANGUAGE.match(info)
    title = _TITLE.search(info) or _COLON_TITLE.match(info)
    said = next((group for group in title.groups() if group), "") if title else ""
    if found is None or (found.end() < len(info) and info[found.end()] == "="):
        return "", said
    language = found[1]
    if language.startswith("#") and (words := _CLASS.search(info)):  # `{#id .python}`
        language = words[1]
    return language, said


_CLASS: Final = re.compile(r"\.([\w+#-]+)")


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


def _text_from(tokens: Sequence[Token], position: int) -> str:
    """The text of what a token begins, as far as a loss quotes it; of raw HTML, what it is or encloses."""
    first = tokens[position]
    if first.type == "html_block":
        return _TAG.sub(" ", first.content[:_LONGEST_QUOTED]).strip() or first.content
    if first.nesting == 0 and first.type != "html_inline":
        return first.content
    texts: list[str] = []
    depth = 0
    for token in islice(tokens, position, position + _MOST_QUOTED):
        depth += token.nesting
        if token.type == "inline":
            texts += [_shown(child) for child in (token.children or ())[:_MOST_QUOTED] if child.type != "html_inline"]
        elif token.type != "html_inline":
            texts.append(_shown(token))
        elif token is not first and token.content.startswith("</"):
            break
        if token.nesting < 0:
            texts.append(" ")
        if depth <= 0 and first.nesting > 0:
            break
    return " ".join("".join(texts).split()) or first.content


def _shown(token: Token) -> str:
    return " " if token.type.endswith("break") else token.content


_MOST_QUOTED: Final = 200  # Tokens.
_LONGEST_QUOTED: Final = 4000  # Characters of raw HTML.
_TAG: Final = re.compile("<[^<>]*>")

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


def _quote(out: Output, _: Token) -> Closing:
    return out.open("blockquote")


def _bullet_list(out: Output, token: Token) -> Closing:
    return out.open("taskList" if token.meta.get("tasks") else "bulletList")


def _ordered_list(out: Output, token: Token) -> Closing:
    if token.meta.get("tasks"):
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
