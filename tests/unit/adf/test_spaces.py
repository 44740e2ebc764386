import pytest
from tests.unit.adf.building import doc, p

from jira_session_export import adf_to_html, convert_html
from jira_session_export._adf.spaces import release_spaces


def released(*texts):
    document = doc(*(p(text) for text in texts))
    release_spaces(document)
    return [paragraph["content"][0]["text"] for paragraph in document["content"]]


def test_all_spaces_are_made_plain_when_no_other_is_there():
    assert released("one\xa0two\xa0three") == ["one two three"]
    assert released("one\xa0two", "three\xa0four") == ["one two", "three four"]


def test_one_no_break_space_stays():
    assert released("10\xa0kg") == ["10\xa0kg"]
    assert released("one\xa0two\xa0three", "four five") == ["one\xa0two\xa0three", "four five"]


def test_a_row_of_them_stays():
    assert released("one\xa0\xa0two\xa0three\xa0four") == ["one\xa0\xa0two three four"]


@pytest.mark.parametrize(
    "html",
    [
        "<p>a</p><p> \u200b</p><p>b</p>",
        "<p>a</p><p>\u200b \u200b </p><p>b</p>",
        "<p>a</p><p style='white-space:pre'>\u200b</p><p>b</p>",
        "<p>a</p><p><b>\ufffc</b> \u200b</p><p>b</p>",
    ],
)
def test_a_line_that_only_keeps_a_place_open_is_empty(html: str) -> None:
    first, middle, last = convert_html(html).document["content"]
    assert middle == {"type": "paragraph", "content": []}
    assert [each["content"][0]["text"] for each in (first, last)] == ["a", "b"]


def test_spaces_are_released_between_words_only() -> None:
    paragraphs = convert_html("<p>one&nbsp;two&nbsp;</p><p>&nbsp;three&nbsp;<b>four</b></p>").document["content"]
    texts = [[node["text"] for node in each["content"]] for each in paragraphs]
    assert texts == [["one two\xa0"], ["\xa0three ", "four"]]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("a\n   ", ["a"]),
        ("a<br>   ", ["a"]),
        ("<br>   ", []),
        ("   ", []),
        ("a  \n  b", ["a", "\n", "  b"]),
        ("a\n   \nb", ["a", "\n", "\n", "b"]),
        ("a   b", ["a   b"]),
        ("<b>a  </b><br>b", ["a", "\n", "b"]),
        ("a\n<code>  b  </code>", ["a", "\n", "  b  "]),
    ],
)
def test_kept_spaces_that_nobody_sees_go_and_the_preview_reads_back_the_same(line: str, texts: list[str]) -> None:
    document = convert_html(f"<p>y</p><p style='white-space:pre'>{line}</p><p>z</p>").document
    assert [node.get("text", "\n") for node in document["content"][1]["content"]] == texts
    assert convert_html(adf_to_html(document)).document == document
