"""HTML to ADF."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jira_session_export._adf.builder import DONE, Closing
from jira_session_export._adf.conversion import Conversion, conclude
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.options import DEFAULT, ConversionOptions
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP, Outcome, RuleSet
from jira_session_export._adf.sources import paths_in, read
from jira_session_export._limits import utf16_length
from jira_session_export.errors import DocumentTooLargeError

if TYPE_CHECKING:
    import bs4


def html_to_adf(html: "str | bs4.Tag", options: ConversionOptions = DEFAULT) -> dict[str, Any]:
    """A valid ADF document that says what the HTML says; `convert_html` tells what could not be carried over, too.

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
    if isinstance(html, str) and len(html) > options.max_input_length:
        raise DocumentTooLargeError(length=len(html), limit=options.max_input_length)
    out = Output(options)
    source = html
    if isinstance(html, str):
        source, replaced = encodable(html)
        if replaced:
            out.lose(LossKind.CHARACTERS_REPLACED, f"{replaced} characters", "replaced by U+FFFD")
    with garbage_collection_paused():
        read(source, HtmlSink(out, options.rules))
        document = out.finish()
    paths = paths_in(source, {loss.element for loss in out.losses})
    return conclude(document, out, paths, options, longest=utf16_length(source) if isinstance(source, str) else None)


def encodable(text: str) -> tuple[str, int]:
    """The text with NULs and lone surrogates replaced by U+FFFD, and how many there were."""
    try:
        text.encode()
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


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Without looking for cyclic garbage: all that a conversion makes is alive until its end.

    The collector would look through the growing document again and again, and make time grow faster than the source.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class HtmlSink:
    """Receives start tags, end tags and text, asks the rules, and writes to the output.

    Attributes:
        characters: takes a run of text.
    """

    def __init__(self, out: Output, rules: RuleSet) -> None:
        self.characters = out.text
        self._out = out
        self._plain = rules.plain
        self._rules_for = rules.rules_for
        self._end = out.end
        self._closings: list[Closing] = []
        self._skipping = 0
        self._end_skipping = out.end_line

    @property
    def skipping(self) -> bool:
        """Whether what comes now is left out, as it is in an element that is not shown."""
        return self._skipping > 0

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """A start tag, with its attributes as pairs."""
        out = self._out
        out.element += 1
        if self._skipping:
            self._skipping += 1
            return
        if attrs:
            outcome = self._ask(Element(tag, dict(attrs)))
        else:
            known = self._plain.get(tag)
            if known is None:
                self._closings.append(DONE)
                return
            element, apply = known
            outcome = apply(element, out)
        if outcome is SKIP:
            self._skipping = 1
            self._end_skipping = out.mute()
        else:
            self._closings.append(outcome or DONE)

    def end_element(self, tag: str) -> None:  # noqa: ARG002 - the parser hands it over
        """An end tag; also told for elements that have none in the source."""
        if self._skipping:
            self._skipping -= 1
            if not self._skipping:
                self._end_skipping()
            return
        closing = self._closings.pop()
        if closing:
            self._end(closing)

    def comment(self, data: str) -> None:
        """Comments are not shown, conditional ones included."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        """Says nothing about the content."""

    def processing_instruction(self, target: str, data: str) -> None:
        """Not shown."""

    def _ask(self, element: Element) -> Outcome:
        """What the rules make of an element with attributes; those that pass on add to what the deciding one does."""
        out = self._out
        added: Closing = DONE
        for rule in self._rules_for(element.tag, tuple(element.attrs)):
            outcome = rule.apply(element, out)
            if outcome is SKIP:
                out.end(added)
                return SKIP
            if outcome is not None:
                added = (added, outcome) if added else outcome
                if not rule.passes_on:
                    break
        return added
