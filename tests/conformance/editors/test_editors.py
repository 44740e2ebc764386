"""What real editors write comes out as it did when somebody looked at it, and the documentation says so."""

import json

import pytest
from tests.conformance.editors.entries import FOLDER, Entry, converted, entries
from tests.conformance.editors.table import PAGE, WRONG, page, state_of

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.html import html_to_adf

ENTRIES = list(entries())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.editor}: {entry.construct}")
def test_entry(entry: Entry) -> None:
    assert converted(entry.html) == (entry.adf, entry.losses)
    assert check_adf(html_to_adf(entry.html)) == []


def test_nothing_goes_wrong_unsaid() -> None:
    assert [f"{entry.editor}: {entry.construct}" for entry in ENTRIES if state_of(entry) == WRONG] == []


def test_the_corpus_is_what_was_captured() -> None:
    captures = map(json.loads, (FOLDER / "captures.jsonl").read_text(encoding="utf-8").splitlines())
    captured = sorted((one["editor"], one["version"], one["construct"], one["html"].strip()) for one in captures)
    assert sorted((e.editor, e.version, e.construct, e.html) for e in ENTRIES) == captured
    assert len({entry.editor for entry in ENTRIES}) > 20


def test_the_page_of_the_documentation_is_made_from_the_corpus() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
