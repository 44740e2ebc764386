import subprocess
import sys

import bs4
import pytest

from jira_session_export._adf.sources import paths_in, read
from jira_session_export._adf.sources.soup import read_text


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


def test_without_turbohtml_the_soup_reads_text():
    assert told("<p>a <b>b</b></p>", read_text) == [("p", {}), "a ", ("b", {}), "b", "/b", "/p"]


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
    assert paths_in(html, {number})[number] == path


def test_an_element_that_is_not_there_has_no_path():
    assert 99 not in paths_in("<p>a</p>", {99})
