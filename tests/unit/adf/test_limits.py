import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adf.building import doc, leaf, p

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.conversion import shorten
from jira_session_export._adf.html import convert_html, html_to_adf
from jira_session_export._adf.limits import shorten_document, text_length
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.options import ConversionOptions
from jira_session_export._limits import DESCRIPTION_MAX_LENGTH

WHOLE = ConversionOptions(max_text_length=None)


@pytest.mark.parametrize(
    ("document", "length"),
    [
        (doc(p("abc")), 3),
        (doc(p("abc"), p("d")), 5),
        (doc(p("a", leaf("hardBreak"), "b")), 3),
        (doc(p("😀")), 2),
        (doc(p(leaf("mention", id="1", text="@Ann"))), 4),
        (doc(leaf("rule")), 0),
    ],
)
def test_what_counts(document, length):
    assert text_length(document) == length


def test_exactly_the_limit_fits():
    conversion = convert_html(f"<p>{'x' * DESCRIPTION_MAX_LENGTH}</p>")
    assert conversion.full_text is None
    assert text_length(conversion.document) == DESCRIPTION_MAX_LENGTH


@pytest.mark.parametrize("html", [f"<p>{'é' * 40_000}</p>", "<p>😀 b</p>" * 20_000, "<ul>" + "<li>an item</li>" * 9_000, "<table>" + "<tr><td>a cell" * 9_000, "<pre>" + "a line\n" * 9_000, "<details><summary>s</summary>" + "<p>words in it</p>" * 5_000])  # fmt: skip
def test_more_is_cut_with_a_note_and_kept_aside(html):
    conversion = convert_html(html)
    assert check_adf(conversion.document) == []
    assert DESCRIPTION_MAX_LENGTH - 200 < text_length(conversion.document) <= DESCRIPTION_MAX_LENGTH
    assert conversion.losses[-1].kind is LossKind.SHORTENED
    assert conversion.document["content"][-1]["type"] == "panel"
    assert len(conversion.full_text) > DESCRIPTION_MAX_LENGTH


def test_it_is_cut_between_blocks():
    document = html_to_adf("<p>" + "</p><p>".join(f"paragraph number {number}" for number in range(100)), WHOLE)
    kept = shorten_document(document, 1000)[0]["content"][:-1]
    assert kept == document["content"][: len(kept)]
    assert len(kept) > 30


def test_one_long_block_is_cut_between_words():
    (kept, _) = shorten_document(doc(p("word " * 1000)), 1000)[0]["content"]
    assert kept["content"][0]["text"].endswith("word…")


def test_full_text_survives_a_second_cut():
    conversion = convert_html("<p>words</p>" * 10_000)
    again = shorten(conversion, 500)
    assert text_length(again.document) <= 500
    assert again.full_text == conversion.full_text
    assert shorten(again, 500) is again


@given(st.lists(st.sampled_from(["<p>abc</p>", "<ul><li>de<li>fg</ul>", "<table><tr><td>a<td>b</table>", "<h1>x</h1>", "<pre>q\nr</pre>", "<p>😀😀</p>"]), max_size=20), st.integers(1, 200))  # fmt: skip
def test_the_limit_is_kept_and_the_document_valid(parts, limit):
    document, cut = shorten_document(html_to_adf("".join(parts), WHOLE), limit)
    assert text_length(document) <= limit
    assert check_adf(document) == []
    assert (cut is None) == (text_length(html_to_adf("".join(parts), WHOLE)) <= limit)
