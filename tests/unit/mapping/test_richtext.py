from typing import Any

import pytest

from jira_session_export._adf import convert_html
from jira_session_export._mapping.richtext import is_document, shows_anything, shows_text, size, text_length


@pytest.mark.parametrize(
    ("html", "text", "anything"),
    [
        ("", False, False),
        ("<p></p><p> \t</p>", False, False),
        ("<p>&nbsp;&#8203;&#65279;&shy;</p>", False, False),
        ("<table><tr><td></td></tr></table><hr><ul><li></li></ul><pre></pre>", False, False),
        ("<p>a", True, True),
        ("<pre>a</pre>", True, True),
        ("<details><summary>a</summary></details>", True, True),
        ('<img src="https://example.com/a.png" alt="">', False, True),
    ],
)
def test_what_a_reader_sees(html: str, text: bool, anything: bool) -> None:
    document = convert_html(html).document
    assert (shows_text(document), shows_anything(document)) == (text, anything)


@pytest.mark.parametrize("kind", ["mention", "emoji", "inlineCard", "status", "date", "mediaInline", "inlineExtension"])
def test_a_node_may_be_seen_without_text(kind: str) -> None:
    document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": kind}]}]}
    assert shows_anything(document)
    assert not shows_text(document)


def test_deep_and_odd_documents_are_walked() -> None:
    document: dict[str, Any] = {"type": "text", "text": "äb"}
    for _ in range(5_000):
        document = {"type": "paragraph", "content": [None, 3, document]}
    document = {"type": "doc", "content": [document]}
    assert shows_text(document)
    assert text_length(document) == 2
    assert is_document(document)
    assert not is_document([document])


def test_size_is_in_bytes() -> None:
    assert size({"a": "ä"}) == 10
