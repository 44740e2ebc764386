"""Markdown becomes valid documents that say all it says."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.adf.conftest import without_white_space
from tests.conformance.adf.reading import text_of

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.markdown import convert_markdown
from jira_session_export._adf.markdown_words import CALLOUTS, EMOJI_SHORTCODES
from jira_session_export._adf.options import ConversionOptions

pytestmark = [pytest.mark.node, pytest.mark.timeout(400)]

WHOLE = ConversionOptions(max_text_length=None)
ALL = ConversionOptions(
    max_text_length=None, hard_wraps=True, mentions=True, callouts=CALLOUTS, emoji_shortcodes=EMOJI_SHORTCODES,
    smart_link_sites=["https://a.example"],
)  # fmt: skip
UNFINISHED_TAG = re.compile(r"<[a-z][^>]*\Z")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\?.*?\?>|<![A-Za-z][^>]*>", re.DOTALL)
UNLIKE_GITHUB = (
    "<Warning>",  # No element of HTML: a word, and what follows is Markdown.
    "<tex",  # `textarea` is a word, by GitHub's own extension.
    "<style\n",  # Without its end tag it would swallow what follows.
    "<?php",  # Whoever writes a program into a ticket means it.
    "<![CDATA[",
    "foo <![CDATA[",
    "| abc | def |\n| --- | --- |\n| bar |",  # The cells beyond the header's stay.
    "<a+b+c:d>",  # No scheme that Jira follows: a word, brackets and all, such as `<std::string>`.
    "<made-up-scheme:",
    "<localhost:",
    "<a foo=",  # A link without an end is a word.
)
BODIES = sorted((Path(__file__).parent / "bodies").glob("*.md"))


def test_specification(specification: Any, engines: Any) -> None:
    wrong = []
    for example in specification:
        conversion = convert_markdown(example.markdown, WHOLE)
        refusals = [*engines.refusals(conversion.document).items(), *check_adf(conversion.document)]
        said = without_white_space(text_of(conversion.document))
        # Browsers swallow a tag that never ends, with all that follows; here it is text.
        unfinished = UNFINISHED_TAG.match(example.html)
        meant = without_white_space(example.html) if unfinished else engines.visible_text(example.html)
        # Tags that are words are text here.
        if refusals or (TAG.sub("", said) != TAG.sub("", meant) and not example.markdown.startswith(UNLIKE_GITHUB)):
            wrong.append((example.name, example.markdown, refusals, said, meant))
    assert len(specification) > 600
    assert not wrong, "\n".join(map(repr, [len(wrong), *wrong[:20]]))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.stem)
def test_realistic_body(body: Path, engines: Any) -> None:
    conversion = convert_markdown(body.read_text(encoding="utf-8"), WHOLE)
    assert engines.refusals(conversion.document) == {}
    assert check_adf(conversion.document) == []


PIECES = st.sampled_from(
    """# h|## h #|- a|- [ ] t|- [x] t|1. a|10) b|> q|> [!NOTE]|> [!caution]|```py|```|~~~|    code|---|***|===|| a | b |||-|:-:|||
    **b**|*i*|__b_|~~s~~|~s~|`c`|``c`d``|[l](/u "t")|[l](javascript:x)|![i](https://a.example/i.png)|![i](data:image/png;base64,AA)|[r]|
    [r]: /u|[^1]|[^1]: note|[^2]: other [^1]|<https://a.example>|https://a.example/x_(y).|www.a.example|a@b.example|<b>|</b>|<br>|<sub>|
    </sub>|<details>|<summary>s</summary>|</details>|<table><tr><td>|</table>|<script>x</script>|<!-- c -->|<div>|</div>|<a href="/x">|</a>|
    <img src="cid:1">|&amp;|&#0;|\\|\\*|text|ä|:smile:|:::note T|:::|!!! warning|??? tip "T"|> [!bug]- T|[~accountid:ab]|https://a.example/browse/A-1|$x_1$|$$|<style>|</style>|List<String>|<your-name>|<?php ?>|\t|word  """.replace(
        "\n    ", ""
    ).split("|")
)
MARKDOWN = st.lists(
    st.tuples(
        st.sampled_from(["", "", "  ", "    ", "> ", "- ", "1. "]),
        st.lists(PIECES, min_size=1, max_size=4),
        st.sampled_from(["\n", "\n", "\n\n", "  \n", " "]),
    ),
    max_size=8,
).map(lambda lines: "".join(f"{indent}{' '.join(pieces)}{end}" for indent, pieces, end in lines))


@given(MARKDOWN | st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_anything_is_valid(engines: Any, markdown: str) -> None:
    for options in (WHOLE, ALL):
        conversion = convert_markdown(markdown, options)
        assert engines.refusals(conversion.document) == {}
        assert check_adf(conversion.document) == []
