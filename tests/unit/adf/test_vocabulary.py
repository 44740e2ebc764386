"""What attributes, classes and styles mean is held by the document, or quoted by a loss; looks without meaning are silent."""

from itertools import product

import pytest

from jira_session_export._adf.html import convert_html
from jira_session_export._adf.losses import LossKind

PLACES = [
    "{}",
    "<ul><li>{}</li></ul>",
    "<ol><li>a</li><li>{}</li></ol>",
    "<ul data-type='taskList'><li data-type='taskItem'>{}</li></ul>",
    "<table><tr><td>{}</td><th>b</th></tr></table>",
    "<blockquote>{}</blockquote>",
    "<div class='panel'>{}</div>",
    "<details><summary>s</summary>{}</details>",
    "<table><tr><td><table><tr><td>{}</td></tr></table></td></tr></table>",
]
BLOCKS = [
    "<p {}>text</p>", "<div {}>text</div>", "<section {}>text</section>", "<h3 {}>text</h3>",
    "<blockquote {}>text</blockquote>", "<ul><li {}>text</li></ul>", "<ul {}><li>text</li></ul>",
    "<ol><li {}>text</li></ol>", "<dl><dt>t</dt><dd {}>text</dd></dl>", "<details {}>text</details>",
    "<table><tr><td {}>text</td><td>b</td></tr></table>", "<table><tr {}><td>text</td></tr></table>",
    "<figure><img src='https://a.example/b.png'><figcaption {}>text</figcaption></figure>",
]  # fmt: skip
INLINES = ["<p>a <span {}>text</span></p>", "<p><b {}>text</b></p>", "<p><code {}>text</code></p>"]

ALIGNMENT = [
    ('align="center"', "center"), ('style="text-align: right"', "text-align: right"),
    ('class="ql-align-center"', "ql-align-center"), ('data-text-align="right"', "right"),
]  # fmt: skip
INDENTATION = [('class="ql-indent-2"', "ql-indent-2"), ('data-indent="2"', "data-indent")]
COLOURS = [
    ('style="color: #bf2600"', "#bf2600"), ('style="background-color: rgb(255, 250, 0)"', "rgb(255, 250, 0)"),
    ('class="ql-color-red"', "ql-color-red"), ('class="marker-yellow"', "marker-yellow"),
    ('data-text-color="red"', "red"), ('data-background-color="red"', "red"),
    ('style="color: lab(50% 40 59)"', "lab(50% 40 59)"),
    ('style="background: linear-gradient(red, blue)"', "linear-gradient(red, blue)"),
]  # fmt: skip
STATES = [('data-checked="true"', "data-checked"), ('data-done="true"', "data-done")]
KINDS = [('data-list="ordered"', "data-list"), ('data-list="checked"', "data-list")]
LANGUAGES = [('data-language="python"', "data-language"), ('class="language-python"', "language-python")]

SAID = [
    *product(BLOCKS, ALIGNMENT),
    *product(BLOCKS, INDENTATION),
    *product(BLOCKS + INLINES, COLOURS + STATES + KINDS + LANGUAGES),
]


@pytest.mark.parametrize("place", PLACES)
def test_what_is_said_is_held_by_the_document_or_quoted_by_a_loss(place: str) -> None:
    silent = []
    for element, (attribute, quoted) in SAID:
        plain = convert_html(place.format(element.format("")))
        said = convert_html(place.format(element.format(attribute)))
        before = [(loss.kind, loss.excerpt) for loss in plain.losses]
        lost = [loss for loss in said.losses if (loss.kind, loss.excerpt) not in before]
        if said.document == plain.document and not lost and not _says_nothing_new(place, element, attribute):
            silent.append((element, attribute))
        for loss in lost:
            if loss.detail != "" and loss.kind is LossKind.FORMATTING_DROPPED and "cannot" in loss.detail:
                assert quoted.lower() in loss.excerpt.lower() or " be combined" in loss.detail
    assert silent == [], (place, silent)


def _says_nothing_new(place: str, element: str, attribute: str) -> bool:
    """Whether an attribute says what is so without it."""
    in_item = "<li" in place or (place + element).count("<table") > 1  # A table in a cell becomes a list.
    if "data-list" in attribute:
        return in_item or "<li" in element
    if attribute in {'data-indent="2"', 'class="ql-indent-2"'}:
        return "<li" in element  # A list is indented by itself.
    return "taskItem" in place and attribute in {'data-checked="true"', 'data-list="checked"'}


LOOKS = [
    'style="font-family: Arial; font-size: 11pt; line-height: 1.5; letter-spacing: 1px"',
    'style="margin: 0 0 10px; padding: 4px; border: 1px solid #ccc; border-radius: 3px; width: 50%"',
    'style="text-align: justify"', 'style="text-align: left"', 'align="left"', 'style="list-style: square"',
    'style="color: inherit; background: none"', 'style="color: windowtext"', 'style="color: var(--text)"',
    'style="background: url(a.png) no-repeat"', 'style="color: black"', 'style="text-transform: uppercase"',
    'class="wrapper content lang-de center-column"', 'lang="de"', 'id="center"', 'style="cursor: pointer"',
]  # fmt: skip


@pytest.mark.parametrize("looks", LOOKS)
def test_looks_without_meaning_are_silent(looks: str) -> None:
    for place, element in product(PLACES, BLOCKS + INLINES):
        plain = convert_html(place.format(element.format("")))
        assert convert_html(place.format(element.format(looks))).losses == plain.losses, (place, element)


@pytest.mark.parametrize(
    ("html", "excerpts"),
    [
        ('<ol type="a"><li>a</li></ol>', ["a"]),
        ('<ol><li style="list-style-type: lower-alpha">a</li><li style="list-style-type: lower-alpha">b</li></ol>',
         ["lower-alpha"]),
        ('<ol><li>a<ol type="a"><li>b</li></ol></li></ol>', []),
        ('<ol><li>a<ol><li style="list-style-type:lower-alpha">b</li></ol></li></ol>', []),
        ("<ol reversed><li>a</li></ol>", ["reversed"]),
        ('<p>a <span role="checkbox" aria-checked="true"></span> b</p>', ['aria-checked="true"']),
        ('<ul><li><span role="checkbox" aria-checked="true"></span>b</li></ul>', []),
        ('<div class="highlight-python"><div class="language-python"><pre>a</pre></div></div>', []),
        ('<div data-language="python">no code</div>', ['data-language="python"']),
        ('<pre><code class="language-python">a</code></pre>', []),
        ('<pre><span style="color: #f00">a</span></pre>', []),
        ('<div align="center"><ul data-type="taskList"><li data-checked="true">a</li></ul></div>', ["a"]),
        ('<div align="center"><p>a</p><p>b</p></div>', []),
        ('<div align="center"><img src="https://a.example/b.png"></div>', []),
        ('<td style="background: #eee">a</td>', []),
        ('<p><a href="https://a.example" style="color: #0563c1">a</a></p>', []),
    ],
)  # fmt: skip
def test_what_is_lost_is_quoted_once(html: str, excerpts: list[str]) -> None:
    assert [loss.excerpt for loss in convert_html(html).losses] == excerpts


def test_a_rule_that_is_switched_off_leaves_no_silence() -> None:
    from jira_session_export._adf.options import ConversionOptions
    from jira_session_export._adf.rules import DEFAULT_RULES

    options = ConversionOptions(rules=DEFAULT_RULES.disable("style-marks", "alignment"))
    losses = convert_html('<p style="text-align: center"><span style="color: #f00">a</span></p>', options).losses
    assert [loss.excerpt for loss in losses] == ["text-align: center", "color: #f00"]
