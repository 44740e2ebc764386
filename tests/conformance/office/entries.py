"""What LibreOffice, pandoc and mammoth made of documents of our own, and what becomes of that."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conformance.outline import outline

from jira_session_export._adf.conversion import Conversion
from jira_session_export._adf.html import convert_html
from jira_session_export._adf.markdown import convert_markdown

FOLDER = Path(__file__).parent
CORPUS = FOLDER / "corpus"


class Capture(NamedTuple):
    """What a program wrote."""

    program: str
    version: str
    document: str
    format: str
    source: str

    @property
    def title(self) -> str:
        return f"{self.document}, {self.format}"

    @property
    def path(self) -> Path:
        """Where stands what becomes of it."""
        return CORPUS / f"{re.sub(r'[^a-z]+', '-', self.program.lower())}.md"


class Entry(NamedTuple):
    """What a program wrote, and what it becomes."""

    capture: Capture
    adf: str
    losses: str


def captures() -> list[Capture]:
    lines = (FOLDER / "captures.jsonl").read_text(encoding="utf-8").splitlines()
    return [Capture(**json.loads(line)) for line in lines]


def entries() -> Iterator[Entry]:
    known = {(capture.path, capture.title): capture for capture in captures()}
    for path in sorted(CORPUS.glob("*.md")):
        for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            title, _, rest = section.partition("\n")
            blocks = dict(re.findall(r"^```(\w+)\n(.*?)\n?^```", rest, flags=re.MULTILINE | re.DOTALL))
            yield Entry(known[path, title], blocks["adf"], blocks.get("losses", ""))


def converted(capture: Capture) -> tuple[Conversion, str, str]:
    """The conversion, its document's outline, and its losses, one on a line."""
    conversion = (convert_markdown if capture.format == "markdown" else convert_html)(capture.source)
    losses = "\n".join(f"{loss.kind} {loss.path}: {loss.excerpt}" for loss in conversion.losses)
    return conversion, outline(conversion.document), losses
