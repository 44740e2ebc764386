"""A ticket's description as ADF, from whichever form it has."""

from collections.abc import Mapping
from typing import Any

from anyio import CapacityLimiter, to_thread

from jira_session_export._adf import (
    Conversion,
    ConversionOptions,
    adf_to_text,
    convert_html,
    convert_markdown,
    shorten_document,
)
from jira_session_export._adf.sources.words import holds_html
from jira_session_export._models import Ticket
from jira_session_export.errors import DocumentTooLargeError

LONG = 20_000
"""Characters; to convert them takes about as long as a request to Jira."""


class Converter:
    """Converts what tickets say, as a host has chosen: the one place where an export converts.

    Args:
        options: the host's choice, rules included; the defaults when None.
    """

    def __init__(self, options: ConversionOptions | None) -> None:
        self.options = options or ConversionOptions()
        self._thread = CapacityLimiter(1)  # Python converts one at a time, whatever the number of threads

    def text(self, text: str) -> Conversion:
        """Convert a rich-text custom field's value: as HTML when it has tags of HTML, else as Markdown."""
        return convert_html(text, self.options) if holds_html(text) else convert_markdown(text, self.options)

    def ticket(self, ticket: Ticket) -> Conversion:
        """Convert the description; an empty document when the ticket has none.

        Raises:
            DocumentTooLargeError: it is longer than the converter accepts.
        """
        if ticket.description_markdown is not None:
            return convert_markdown(ticket.description_markdown, self.options)
        return convert_html(ticket.description_html or "", self.options)

    async def ticket_aside(self, ticket: Ticket) -> Conversion:
        """Do the same as `ticket` on an event loop: a long description is converted in a thread.

        Raises:
            DocumentTooLargeError: it is longer than the converter accepts.
        """
        if len(ticket.description_markdown or ticket.description_html or "") < LONG:
            return self.ticket(ticket)
        return await to_thread.run_sync(self.ticket, ticket, limiter=self._thread)

    def brings_images(self, ticket: Ticket) -> bool:
        """Whether the description holds images that would be attached; one that cannot be converted does not."""
        if not may_hold_images(ticket):
            return False
        try:
            return any(file.content is not None for file in self.ticket(ticket).embedded_files)
        except DocumentTooLargeError:
            return False


def may_hold_images(ticket: Ticket) -> bool:
    """Return whether the description may hold images, without converting it; Markdown may hold HTML."""
    text = ticket.description_markdown or ticket.description_html or ""
    return "![" in text or "<img" in text.lower()


def full_text_of(conversion: Conversion) -> str:
    """Return all of the description as plain text, also what a shortened document lacks."""
    return conversion.full_text if conversion.full_text is not None else adf_to_text(conversion.document)


def cut(document: Mapping[str, Any], max_text_length: int) -> Mapping[str, Any]:
    """Return the document with at most `max_text_length` characters of text and a visible note at its end."""
    return shorten_document(dict(document), max_text_length)[0]
