"""turbohtml's event parser: the way of the WHATWG, in C, linear in all we could think of."""

from typing import TYPE_CHECKING, cast

from turbohtml import HTMLParseError
from turbohtml.saxparse import SaxHandler, sax_parse

from jira_session_export._wording import sentence
from jira_session_export.errors import InputError

if TYPE_CHECKING:
    from jira_session_export._adf.sources import Sink


def read_text(html: str, sink: "Sink") -> None:
    """Parse HTML and report to the sink what is in it.

    Raises:
        InputError: the parser cannot read it.
    """
    try:
        sax_parse(html, cast("SaxHandler", sink))
    except HTMLParseError as exc:
        raise InputError(sentence(f"The HTML cannot be read: {exc}")) from exc
