"""What office programs and converters write comes out as it did when somebody looked at it; the how-to says so."""

import pytest
from tests.conformance.office.entries import Entry, captures, converted, entries
from tests.conformance.office.table import PAGE, SIGNS, WRONG, page, state_of

from jira_session_export._adf.check import check_adf

ENTRIES = list(entries())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.capture.program}: {entry.capture.title}")
def test_entry(entry: Entry) -> None:
    conversion, adf, losses = converted(entry.capture)
    assert (adf, losses) == (entry.adf, entry.losses)
    assert check_adf(conversion.document) == []


def test_nothing_goes_wrong_unsaid() -> None:
    wrong = [
        f"{entry.capture.program}, {entry.capture.format}: {construct}"
        for construct, sign in SIGNS.items()
        for entry in ENTRIES
        if entry.capture.document == sign.document and state_of(construct, entry) == WRONG
    ]
    assert wrong == []


def test_every_capture_has_its_entry() -> None:
    assert sorted(entry.capture for entry in ENTRIES) == sorted(captures())
    assert len({capture.program for capture in captures()}) == 4


def test_the_how_to_is_made_from_the_corpus() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text)
