"""A ticket's description as ADF, from whichever form it has."""

from jira_session_export.adf import Conversion, ConversionOptions, adf_to_text, convert_html, convert_markdown
from jira_session_export.models import Ticket

FULL_TEXT_FILENAME = "full-description.txt"
"""Name of the attachment that keeps a description Jira would not take whole."""


def convert_ticket(ticket: Ticket, options: ConversionOptions | None = None) -> Conversion:
    """The description converted; an empty document when the ticket has none.

    Raises:
        DocumentTooLargeError: it is longer than the converter accepts.
    """
    options = options or ConversionOptions()
    if ticket.description_markdown is not None:
        return convert_markdown(ticket.description_markdown, options)
    return convert_html(ticket.description_html or "", options)


def full_text_of(conversion: Conversion) -> str:
    """All of the description as plain text, also what a shortened document lacks."""
    return conversion.full_text if conversion.full_text is not None else adf_to_text(conversion.document)
