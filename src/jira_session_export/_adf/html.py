"""HTML to ADF."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jira_session_export._adf.builder import DONE, PARAGRAPH, Closing, Frame
from jira_session_export._adf.check_boxes import tick_boxes
from jira_session_export._adf.code_paragraphs import join_code
from jira_session_export._adf.conversion import Conversion, conclude
from jira_session_export._adf.element import Element
from jira_session_export._adf.frames import CLOSED
from jira_session_export._adf.garbage import collection_paused
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.marks import Marks
from jira_session_export._adf.options import DEFAULT, ConversionOptions
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.formulas import lose_drawn
from jira_session_export._adf.rules.ruleset import Outcome, Skip
from jira_session_export._adf.silent import is_custom, says_something
from jira_session_export._adf.sources import find, read
from jira_session_export._adf.sources.storage import StorageFormatError, readable, refuse_storage_format
from jira_session_export._adf.spaces import release_spaces
from jira_session_export._adf.style_sheets import LateStyleSheetError, StyleReader, StyleSheets, is_for_screens
from jira_session_export._adf.vocabulary import Word, words_of
from jira_session_export._adf.watch import Watched
from jira_session_export._limits import utf16_length
from jira_session_export._wording import counted
from jira_session_export.errors import DocumentTooLargeError

if TYPE_CHECKING:
    import bs4

_EMPTY_PARAGRAPH = re.compile(r"<p(?:\s[^<>]*)?>\s*</p>", re.IGNORECASE)
"""As some editors write an empty line; in the source only, because a parser makes them of stray end tags, too."""


def html_to_adf(html: "str | bs4.Tag", options: ConversionOptions = DEFAULT) -> dict[str, Any]:
    """Convert HTML to a valid ADF document; `convert_html` also returns what could not be carried over.

    Equal marks of one document may be one object: copy before changing a part of it.

    Args:
        html: a document or a part of one, or what BeautifulSoup made of it.
        options: what a host may choose.

    Raises:
        DocumentTooLargeError: the source is longer than `options.max_input_length`.
    """
    return convert_html(html, options).document


def convert_html(html: "str | bs4.Tag", options: ConversionOptions = DEFAULT) -> Conversion:
    """The document, what could not be carried over, and the files that have to be attached.

    Args:
        html: a document or a part of one, or what BeautifulSoup made of it.
        options: what a host may choose.

    Raises:
        DocumentTooLargeError: the source is longer than `options.max_input_length`.
    """
    if not isinstance(html, str) and not hasattr(html, "contents"):
        raise TypeError(f"html is {type(html).__name__}; give a string, or a tag of BeautifulSoup.")
    if isinstance(html, str) and len(html) > options.max_input_length:
        raise DocumentTooLargeError(length=len(html), limit=options.max_input_length)
    if not isinstance(html, str):
        return _styled(html, 0, options)
    source, replaced = encodable(html)
    try:
        return _styled(source, replaced, options, html_only=True)
    except StorageFormatError:
        return _styled(readable(source), replaced, options)


def _styled(
    source: "str | bs4.Tag", replaced: int, options: ConversionOptions, *, html_only: bool = False
) -> Conversion:
    try:
        return _converted(source, replaced, options, html_only=html_only)
    except LateStyleSheetError:
        reader = StyleReader()
        read(source, reader)
        return _converted(source, replaced, options, html_only=html_only, sheets=reader.sheets)


def _converted(
    source: "str | bs4.Tag",
    replaced: int,
    options: ConversionOptions,
    *,
    html_only: bool = False,
    sheets: StyleSheets | None = None,
) -> Conversion:
    kind = _SinkOfPlaces if sheets is not None and sheets.has_within else HtmlSink
    out = kind(options, html_only=html_only, sheets=sheets)
    if replaced:
        out.lose(LossKind.CHARACTERS_REPLACED, counted(replaced, "character"), "replaced by U+FFFD")
    out.keeps_empty_paragraphs = _EmptyParagraphs(source)
    with collection_paused(len(source) if isinstance(source, str) else 0):
        read(source, _LineBreaks(out) if options.line_breaks else out)
        lose_drawn(out)
        document = out.finish()
        if out.has_code_font or out.has_code_markers:
            join_code(document, fonts=out.has_code_font)
        if out.has_check_boxes:
            tick_boxes(document, out.new_local_id)
        if out.no_break_spaces == 1:  # With others beside them they are meant.
            release_spaces(document)
    longest = utf16_length(source) if isinstance(source, str) else None
    if not out.losses:
        return conclude(document, out, {}, options, longest=longest)
    finder = find(source, {loss.element for loss in out.losses}, {out.losses[n].element for n in out.unquoted})
    for position in out.unquoted:
        out.quote(position, finder.text(out.losses[position].element))
    return conclude(document, out, finder.paths, options, longest=longest)


class _LineBreaks:
    """Tells a sink what a source has, but line ends in its text as line breaks."""

    def __init__(self, sink: "HtmlSink") -> None:
        self.start_element = sink.start_element
        self.end_element = sink.end_element
        self.comment = sink.comment
        self.doctype = sink.doctype
        self.processing_instruction = sink.processing_instruction
        self.characters = sink.lines


class _EmptyParagraphs:
    """Whether somebody has written empty paragraphs; it is looked up once, when the parser gives the first."""

    __slots__ = ("_found", "_source")

    def __init__(self, source: "str | bs4.Tag") -> None:
        self._source = source
        self._found: bool | None = None

    def __call__(self) -> bool:
        if self._found is None:
            self._found = not isinstance(self._source, str) or _EMPTY_PARAGRAPH.search(self._source) is not None
        return self._found


def encodable(text: str) -> tuple[str, int]:
    """The text with NULs and lone surrogates replaced by U+FFFD, and how many there were."""
    try:
        if not text.isascii():
            text.encode("utf-16-le")  # A tenth of the time of UTF-8.
    except UnicodeEncodeError:
        pass
    else:
        if "\0" not in text:
            return text, 0
    kept = "".join(
        "\N{REPLACEMENT CHARACTER}" if character == "\0" or "\ud800" <= character <= "\udfff" else character
        for character in text
    )
    return kept, sum(a != b for a, b in zip(text, kept, strict=True))


class HtmlSink(Output):
    """An output that is told start tags, end tags and text, and asks the rules what to write.

    Nothing vanishes here unsaid, whatever the rules are: text of an element that a rule leaves out is quoted by a loss,
    an element with content in its attributes is watched until its end (see `watch`), and what is said by the words of
    the `vocabulary` is held by the document or reported.
    """

    __slots__ = (
        "_asked",
        "_closings",
        "_end_skipping",
        "_html_only",
        "_in_inner_html",
        "_known",
        "_knows_sheets",
        "_plain",
        "_quotes_all",
        "_quotes_attrs",
        "_remember",
        "_sheets",
        "_skipping",
    )

    def __init__(
        self,
        options: ConversionOptions,
        *,
        quotes_all: bool = False,
        html_only: bool = False,
        sheets: StyleSheets | None = None,
    ) -> None:
        """A sink that has received nothing yet.

        Args:
            options: what a host may choose; `rules` are those that are asked.
            quotes_all: rules leave out no text without a loss, not even style sheets: in Markdown somebody typed them.
            html_only: it raises `StorageFormatError` when it meets an element of Confluence's storage format.
            sheets: what all style sheets of the source say, when they have been read before; without it
                `LateStyleSheetError` is raised by one that comes after text.
        """
        super().__init__(options)
        rules = options.rules
        self._sheets = sheets  # None until one is met.
        self._knows_sheets = sheets is not None
        self._plain = rules.plain
        self._asked = rules.asked
        self._known = rules.known
        self._remember = rules.remember
        self._closings: list[Closing | None] = []
        self._quotes_all = quotes_all
        self._html_only = html_only
        self._skipping = 0
        self._quotes_attrs = True
        self._in_inner_html = False
        self._end_skipping: Callable[[], None] | None = None  # While it is skipping.

    @property
    def skipping(self) -> bool:
        """Whether what comes now is left out, as it is in an element that is not shown."""
        return self._skipping > 0

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """A start tag, with its attributes as pairs."""
        self.element += 1
        if self._skipping:
            self._skipping += 1
            if attrs and self._quotes_attrs:
                self._quote(tag, attrs)
            return
        if attrs:
            outcome = self._ask(tag, attrs)
        else:
            try:
                element, apply = self._plain[tag]
            except KeyError:
                if self._html_only:
                    refuse_storage_format(tag)
                self._closings.append(Watched(tag, {}, (), self, notes=False).finish if is_custom(tag) else DONE)
                return
            outcome = apply(element, self)
        if type(outcome) is Skip:  # For each element: an `isinstance` that says no costs ten times as much.
            reads_style = tag == "style" and not self._quotes_all and is_for_screens(dict(attrs).get("media") or "")
            self._skip(outcome, reads_style=reads_style)
            if attrs and self._quotes_attrs:
                self._quote(tag, attrs)
        else:
            self._closings.append(outcome)

    def end_element(self, tag: str) -> None:  # noqa: ARG002 - the parser hands it over
        """Handle an end tag; also called for elements that have none in the source."""
        if self._skipping:
            self._skipping -= 1
            if not self._skipping and self._end_skipping is not None:
                self._end_skipping()
                self._end_skipping = None  # It holds what holds it.
            return
        closing = self._closings.pop()
        if closing is PARAGRAPH and self._line:
            self.end_line()
        elif type(closing) is Frame:
            # As `end`, written out: most elements are a block or a paragraph.
            if self._line is not None:
                self.end_line()
            stack = self._stack
            if closing is stack[-1] and closing.content and not self._deferred:
                stack.pop()
                closing.life = CLOSED
            else:
                self._close(closing)
        elif type(closing) is Marks:
            self.marks = closing
        elif closing:
            self.end(closing)

    def comment(self, data: str) -> None:
        """Comments are not shown, conditional ones included; TinyMCE's for a page break is a rule."""
        if not self._skipping and data.strip().lower() == "pagebreak":
            self.block("rule")

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        """Says nothing about the content."""

    def processing_instruction(self, target: str, data: str) -> None:
        """Not shown."""

    def _ask(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> Outcome:
        """What the rules make of an element with attributes; those that pass on add to what the deciding one does."""
        known = self._known.get((tag, attrs))
        watched = None
        if known is not None and self._sheets is None:
            element, rules, words = known
        else:
            if self._html_only:
                refuse_storage_format(tag)
            by_name = dict(attrs)
            if self._sheets is not None and "class" in by_name:
                by_name = self._sheets.applied(tag, by_name)
            rules, telling, custom, notes, speaks, _ = self._asked(tag, by_name)
            words = words_of(tag, by_name) if speaks else ()
            if telling or custom:
                element = watched = Watched(tag, by_name, telling, self, notes=notes)
            else:
                element = Element(tag, by_name)
                if self._sheets is None and ":" not in tag:  # Those are to be refused when they are met again.
                    self._remember(element, attrs, rules, words)
        losses = len(self.losses)
        added: Closing = DONE
        for rule in rules:
            outcome = rule.apply(element, self)
            if type(outcome) is Skip:
                self.end(added)
                return outcome
            if outcome is not None:
                added = (added, outcome) if added else outcome
                if not rule.passes_on:
                    break
            elif watched is not None:
                watched.decline()
        if words:
            added = self._hold(words, added, losses)
        if watched is None:
            return added
        watched.closing = added
        return watched.finish

    def _hold(self, words: tuple[Word, ...], added: Closing, losses: int) -> Closing:
        """See to it that what an element says is held by the document, or reported.

        Args:
            words: what it says.
            added: what the rules have begun.
            losses: how many there were before the rules were asked: what they report is not reported once more.

        Returns:
            What to end at the element's end.
        """
        lost = [word for word in words if not word.held(self)]
        if not lost:
            return added
        reported = any(loss.kind is LossKind.FORMATTING_DROPPED for loss in self.losses[losses:])
        for word in lost:
            if word.at_end:
                added = (partial(self._look_for_code, word, self.element, self.code_blocks), added)
            elif not reported:
                self.lose(LossKind.FORMATTING_DROPPED, word.quoted, word.detail)
        return added

    def _look_for_code(self, word: Word, element: int, begun: int) -> None:
        if self.code_blocks == begun:
            now, self.element = self.element, element
            self.lose(LossKind.FORMATTING_DROPPED, word.quoted, word.detail)
            self.element = now

    def _skip(self, skip: Skip, *, reads_style: bool) -> None:
        """Leave out all that comes until the end of the element that has just begun; a style sheet is read."""
        self._skipping = 1
        self._quotes_attrs = not skip.said
        stop = self.mute()
        begun = self.element
        kind = skip.kind or (LossKind.TEXT_REMOVED if self._quotes_all else None)

        def end() -> None:
            text = stop()
            if reads_style and not self._knows_sheets:
                self._sheets = StyleSheets() if self._sheets is None else self._sheets
                self._sheets.read(text)
                if self._sheets.has_within or (self._sheets and self.written):
                    raise LateStyleSheetError
            if kind is not None and skip.loses(text):
                now, self.element = self.element, begun
                self.lose(kind, text, skip.detail)
                self.element = now

        self._end_skipping = end

    def _quote(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """Have the loss about what is left out say what the attributes of an element in it say."""
        by_name = dict(attrs)
        for name in self._asked(tag, by_name).telling:
            value = by_name[name] or ""
            if says_something(value) and not self.has_lost(value, since=self.element):
                self.characters(f" {value} ")

    def read_html(self, html: str) -> None:
        """Write HTML that the source has as text; what it has as text in turn stays text."""
        if self._in_inner_html:
            self.text(html)
            return
        self._in_inner_html = True
        number, losses = self.element, len(self.losses)
        read(html, self)
        self._in_inner_html, self.element = False, number
        for position in range(losses, len(self.losses)):
            self.losses[position] = replace(self.losses[position], element=number)


class _SinkOfPlaces(HtmlSink):
    """A sink that also knows the elements around each one, for style sheets that ask for them."""

    __slots__ = ("_around", "_outer")

    def __init__(self, options: ConversionOptions, *, html_only: bool, sheets: StyleSheets | None) -> None:
        super().__init__(options, html_only=html_only, sheets=sheets)
        self._around: list[tuple[str, frozenset[str]]] = []
        self._outer: list[frozenset[str]] = [frozenset()]

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """A start tag: what the style sheets say of it by what stands around it comes before its own style."""
        if self._skipping or self._sheets is None:
            super().start_element(tag, attrs)
            return
        by_name = dict(attrs)
        classes = frozenset((by_name.get("class") or "").lower().split()[:50])
        if found := self._sheets.within(tag, classes, self._around, self._outer[-1]):
            by_name["style"] = f"{found}{by_name.get('style') or ''}"
            attrs = tuple(by_name.items())
        super().start_element(tag, attrs)
        if not self._skipping:
            self._around.append((tag, classes))
            own = classes & self._sheets.outer_classes
            self._outer.append(self._outer[-1] | own if own else self._outer[-1])

    def end_element(self, tag: str) -> None:
        """An end tag."""
        if not self._skipping:
            self._around.pop()
            self._outer.pop()
        super().end_element(tag)
