"""The corpus of what real editors write: one file for each editor, one section for each construct."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conformance.outline import outline

from jira_session_export._adf.html import convert_html

FOLDER = Path(__file__).parent
CORPUS = FOLDER / "corpus"


class Entry(NamedTuple):
    """What an editor wrote, and what it becomes."""

    editor: str
    version: str
    construct: str
    html: str
    adf: str
    losses: str


def entries() -> Iterator[Entry]:
    for path in sorted(CORPUS.glob("*.md")):
        title, *sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        editor, version = title.strip().removeprefix("# ").rsplit(" ", 1)
        for section in sections:
            construct, _, rest = section.partition("\n")
            blocks = dict(re.findall(r"^```(\w+)\n(.*?)\n?^```", rest, flags=re.MULTILINE | re.DOTALL))
            yield Entry(editor, version, construct, blocks["html"], blocks["adf"], blocks.get("losses", ""))


def converted(html: str) -> tuple[str, str]:
    """The outline of the document, and the losses, one on a line."""
    conversion = convert_html(html)
    return outline(conversion.document), "\n".join(
        f"{loss.kind} {loss.path}: {loss.excerpt}" for loss in conversion.losses
    )
