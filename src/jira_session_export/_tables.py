"""Rows as CSV and as Markdown, for files that other programs and people open. What is in the cells trusts nobody."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from jira_session_export._printable import one_line

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")


def as_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV with a line of names. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def as_markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in GitHub's Markdown; cells are escaped already (`markdown_text`, `markdown_link`)."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def markdown_text(text: str) -> str:
    """The text as it stands, wherever Markdown or HTML would see a mark."""
    escaped = _MARKDOWN.sub(r"\\\1", one_line(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def markdown_link(text: str, url: str) -> str:
    """A link; the text alone when the address is none of the web."""
    if not url.startswith(("https://", "http://")):
        return markdown_text(text)
    address = "".join(each if each.isprintable() and each not in '<> "()|\\`' else f"%{ord(each):02X}" for each in url)
    return f"[{markdown_text(text)}]({address})"


def _harmless(cell: str) -> str:
    cell = one_line(cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
