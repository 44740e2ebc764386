"""Whatever stands in whatever: each word of the source is in the document, or quoted by a loss; and it is valid."""

import json
from random import Random

import pytest

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.html import convert_html
from jira_session_export._adf.markdown import convert_markdown

BLOCKS = [
    "p",
    "div",
    "h2",
    "blockquote",
    "pre",
    "ul",
    "ol",
    "li",
    "table",
    "details",
    "section",
    "article",
    "figure",
    "dl",
    "dt",
    "dd",
    "aside",
    "header",
    "footer",
    "address",
    "fieldset",
    "center",
    "main",
    "nav",
    "form",
]
INLINE = [
    "span",
    "b",
    "u",
    "s",
    "em",
    "strong",
    "code",
    "kbd",
    "a",
    "sub",
    "mark",
    "font",
    "q",
    "cite",
    "abbr",
    "label",
    "button",
    "ruby",
    "rt",
    "del",
    "samp",
    "time",
    "output",
    "my-tag",
    "user-mention",
    "iframe",
    "video",
    "audio",
    "object",
    "oembed",
    "svg",
    "math",
    "select",
    "option",
    "textarea",
    "progress",
    "canvas",
    "noscript",
    "map",
    "dialog",
    "template",
]
HOLDING = [
    "data-content",
    "data-text",
    "data-value",
    "data-label",
    "data-url",
    "src",
    "data-caption",
    "data-tooltip",
    "data-latex",
    "data-formula",
    "data-embed-url",
    "data-mention",
    "data-footnote",
    "data-annotation",
    "title",
    "label",
    "url",
]
LOOKS = [
    'class="ql-indent-1"',
    'class="task-list-item"',
    'class="panel"',
    'class="checked"',
    'class="mention"',
    'class="emoji"',
    'class="note"',
    'class="katex"',
    'class="toolbar"',
    'class="wp-block-embed__wrapper"',
    'style="display:none"',
    'style="font-weight:bold"',
    'style="white-space:pre"',
    'style="mso-list:l0"',
    'style="float:left"',
    'data-slate-type="a"',
    'data-slate-type="td"',
    'data-slate-list-style-type="disc"',
    'data-checked="true"',
    'role="row"',
    'role="checkbox"',
    'aria-level="3"',
]
SEEDS = range(400)


class Source:
    """HTML in which each word stands once."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.words: list[str] = []
        self.html = "".join(self.element(0) for _ in range(2))

    def word(self) -> str:
        letters = "".join("abcdefghij"[int(digit)] for digit in f"{len(self.words):04d}")
        return f"w{letters}z"

    def text(self) -> str:
        self.words.append(self.word())
        return f" {self.words[-1]} "

    def attributes(self) -> str:
        random = self.random
        chosen = [random.choice(LOOKS) for _ in range(random.randrange(3))]
        if random.random() < 0.4:
            name = random.choice(HOLDING)
            address = "url" in name or name == "src"
            chosen.append(f'{name}="{"https://x.example/" if address else "Say "}{self.word()}"')
        return "".join(f" {attribute}" for attribute in chosen)

    def element(self, depth: int) -> str:
        random = self.random
        tag = random.choice(BLOCKS if random.random() < 0.5 else INLINE)
        attributes = self.attributes()
        inner = "".join(
            self.element(depth + 1) if depth < 4 and random.random() < 0.5 else self.text()
            for _ in range(random.randrange(4))
        )
        if tag == "table":
            inner = f"<tr><td>{inner}</td></tr>"
        return f"<{tag}{attributes}>{inner}</{tag}>"


@pytest.mark.parametrize("convert", [convert_html, convert_markdown])
def test_each_word_arrives_or_is_quoted(convert: object) -> None:
    assert callable(convert)
    wrong = []
    for seed in SEEDS:
        source = Source(seed)
        conversion = convert(source.html)
        said = json.dumps(conversion.document) + " ".join(loss.excerpt for loss in conversion.losses)
        missing = [word for word in source.words if word not in said]
        if missing or check_adf(conversion.document):
            wrong.append((missing, check_adf(conversion.document), source.html))
    assert wrong == []
