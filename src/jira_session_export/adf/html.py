"""HTML to ADF."""

from typing import TYPE_CHECKING, Any

from jira_session_export.adf.builder import Builder
from jira_session_export.adf.conversion import Conversion, conclude
from jira_session_export.adf.element import Element
from jira_session_export.adf.losses import LossKind
from jira_session_export.adf.options import DEFAULT, ConversionOptions
from jira_session_export.adf.output import Output
from jira_session_export.adf.rules.ruleset import SKIP, Rule, RuleSet
from jira_session_export.adf.sources import paths_in, read
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
    read(source, HtmlSink(out, options.rules))
    document = out.finish()
    paths = paths_in(source, {loss.element for loss in out.losses})
    return conclude(document, out, paths, options)


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


class HtmlSink:
    """Receives start tags, end tags and text, asks the rules, and writes to the output."""

    def __init__(self, out: Output, rules: RuleSet) -> None:
        self._out = out
        self._bare = rules.bare
        self._dressed = rules.dressed
        self._other = rules.other
        self._closings: list[Any] = []
        self._skipping = 0
        self._end = out.end
        self._text = out.text

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
            element = Element(tag, {name: value or "" for name, value in attrs})
            rules = self._dressed.get(tag, self._other)
        else:
            known = self._bare.get(tag)
            if known is None:
                self._closings.append(())
                return
            element, rules = known
        closing: Any = ()
        for rule in rules:
            if rule.attributes is not None and rule.attributes.isdisjoint(element.attrs):
                continue
            outcome = rule.apply(element, out)
            if outcome is None:
                continue
            if outcome is SKIP:
                self._skipping = 1
                break
            closing = (closing, outcome) if closing else outcome
            if not rule.passes_on:
                break
        self._closings.append(closing)

    def end_element(self, tag: str) -> None:  # noqa: ARG002 - the parser hands it over
        """An end tag; also told for elements that have none in the source."""
        if self._skipping:
            self._skipping -= 1
            if self._skipping:
                return
        closing = self._closings.pop()
        if closing:
            self._end(closing)

    def characters(self, data: str) -> None:
        """A run of text."""
        if not self._skipping:
            self._text(data)

    def comment(self, data: str) -> None:
        """Comments are not shown, conditional ones included."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        """Says nothing about the content."""

    def processing_instruction(self, target: str, data: str) -> None:
        """Not shown."""
