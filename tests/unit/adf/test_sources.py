import subprocess
import sys

import bs4
import pytest

from jira_session_export._adf.html import html_to_adf
from jira_session_export._adf.sources import find, read
from jira_session_export._adf.sources.plain import read_text


class Recorder:
    def __init__(self):
        self.events = []

    def start_element(self, tag, attrs):
        self.events.append((tag, dict(attrs)))

    def end_element(self, tag):
        self.events.append(f"/{tag}")

    def characters(self, data):
        self.events.append(data)

    def comment(self, data):
        pass

    def doctype(self, name, public_id, system_id):
        pass

    def processing_instruction(self, target, data):
        pass


def told(source, read=read):
    recorder = Recorder()
    read(source, recorder)
    return recorder.events


def test_text_is_parsed_as_browsers_do():
    head = [("html", {}), ("head", {}), "/head", ("body", {})]
    assert told("<p>a<br>b<li>c") == [
        *head, ("p", {}), "a", ("br", {}), "/br", "b", "/p", ("li", {}), "c", "/li", "/body", "/html",
    ]  # fmt: skip


def test_a_tag_is_told_with_itself_and_a_soup_without():
    soup = bs4.BeautifulSoup('<!doctype html><p class="a b" hidden>x<!-- y --></p>z', "html.parser")
    paragraph = [("p", {"class": "a b", "hidden": ""}), "x", "/p"]
    assert told(soup) == [*paragraph, "z"]
    assert told(soup.p) == paragraph


@pytest.mark.parametrize(
    "html",
    [
        "<p>a <b>b</b></p>",
        "<p>a<br>b<li>c",
        "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>",
        "<table><tr><td>a<td>b<tr><th>c</table>d",
        "<table><td>a</table><table><col><thead><tr><td>x<tbody><td>y</table>",
        "<p>a<div>b</p>c</div>",
        "<p>a <b>b <i>c</b> d</i> e</p>",
        "<p><b>a<p>b",
        "<dl><dt>a<dd>b<dt>c</dl>",
        "<select><option>a<option>b</select>",
        "<h1>a<h2>b</h1>",
        "<a href=x>a<a href=y>b</a>",
        "a</p>b</br>c</span>d",
        "<td>a</td>b<tr>",
        "<!doctype html><html><head><title>T</title><style>p{}</style></head><body class=x>a</body></html>",
        "<script>if (a<b) {}</script><p>a</p>",
        "<pre>\n a\n<b>b</b></pre><textarea>\n<b>x</textarea>",
        "a<!-- b --><?php c ?><!x>d &lt;!y&gt; &amp;&nbsp;",
        "<script>never ends",
        "  a  ",
        "",
    ],
)
def test_without_turbohtml_the_same_is_told(html):
    pytest.importorskip("turbohtml")
    from jira_session_export._adf.sources.turbo import read_text as read_by_turbohtml

    def whole(events):
        """Text in one piece, and without the white space between a page's parts."""
        pieces = []
        for event in events:
            if (
                pieces
                and isinstance(event, str)
                and isinstance(pieces[-1], str)
                and "/" not in event[:1] + pieces[-1][:1]
            ):
                pieces[-1] += event
            else:
                pieces.append(event)
        return pieces

    assert whole(told(html, read_text)) == whole(told(html, read_by_turbohtml))


@pytest.mark.parametrize("html", [b"<p>a", None, 7])
def test_what_is_no_html_is_said(html):
    with pytest.raises(TypeError, match=f"html is {type(html).__name__}; give a string"):
        html_to_adf(html)


def test_converting_without_turbohtml():
    program = (
        "import sys; sys.modules['turbohtml'] = sys.modules['turbohtml.saxparse'] = None\n"
        "from jira_session_export._adf.html import html_to_adf\n"
        "print(html_to_adf('<ul><li>a<li>b</ul>')['content'][0]['type'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "bulletList"


@pytest.mark.parametrize(
    ("html", "number", "path"),
    [("<p>a</p><p>b</p>", 5, "body > p[2]"), ("<ul><li>a</li><li><b>c", 7, "body > ul > li[2] > b"), ("", 0, "")],
)
def test_paths(html, number, path):
    assert find(html, {number}).paths[number] == path


def test_an_element_that_is_not_there_has_no_path():
    assert 99 not in find("<p>a</p>", {99}).paths
