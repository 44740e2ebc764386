"""turbohtml's event parser: the way of the WHATWG, in C, linear in all we could think of."""

from typing import TYPE_CHECKING, cast

from turbohtml.saxparse import SaxHandler, sax_parse

if TYPE_CHECKING:
    from jira_session_export._adf.sources import Sink


def read_text(html: str, sink: "Sink") -> None:
    """Parse HTML and report to the sink what is in it."""
    sax_parse(html, cast("SaxHandler", sink))
