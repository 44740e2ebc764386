"""The converter's corpus: what people write, and what it becomes. Each bug found becomes an entry."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.conformance.outline import outline

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.html import convert_html


class Entry(NamedTuple):
    title: str
    html: str
    expected: str
    losses: str


def read(path: Path) -> list[Entry]:
    """Entries: a heading, then fenced blocks `html`, `adf` and, when there are any, `losses`."""
    entries = []
    for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = section.partition("\n")
        blocks = dict(re.findall(r"^```(\w+)\n(.*?)\n?^```", rest, flags=re.MULTILINE | re.DOTALL))
        entries.append(Entry(f"{path.stem}: {title}", blocks["html"], blocks["adf"], blocks.get("losses", "")))
    return entries


ENTRIES = [entry for path in sorted((Path(__file__).parent / "corpus").glob("*.md")) for entry in read(path)]

UNSEEN = {code: None for code in range(32) if chr(code) != "\n"}
"""Characters that one parser keeps and another drops, where they are written as `&#1;`."""


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_entry(entry: Entry) -> None:
    conversion = convert_html(entry.html)
    assert check_adf(conversion.document) == []
    assert outline(conversion.document) == entry.expected
    losses = "\n".join(f"{loss.kind} {loss.path}: {loss.excerpt}" for loss in conversion.losses)
    assert losses.translate(UNSEEN) == entry.losses.translate(UNSEEN)


def test_titles_are_unique() -> None:
    titles = [entry.title for entry in ENTRIES]
    assert len(set(titles)) == len(titles) > 100
