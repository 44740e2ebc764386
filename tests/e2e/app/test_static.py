"""The page's files."""

import re

from app.api_docs import STATIC

from jira_session_export._storage.records import KINDS

FIRST = {"theme.js", "docs.js", "main.js"}


def test_the_page_names_all_its_modules_beforehand() -> None:
    """So that a browser asks for them at once, instead of finding them one after the other."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    modules = {path.name for path in (STATIC / "js").glob("*.js")} - FIRST
    assert set(re.findall(r'rel="modulepreload" href="static/js/([^"]+)"', page)) == modules


def test_nothing_of_a_ticket_is_ever_read_as_html() -> None:
    for path in (STATIC / "js").glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", script), path.name


def test_the_audit_trail_has_words_for_every_entry() -> None:
    script = (STATIC / "js" / "format.js").read_text(encoding="utf-8")
    words = re.search(r"AUDIT_KINDS = \{(.*?)\};", script, re.DOTALL)
    assert words is not None
    assert set(re.findall(r"(\w+): \"", words[1])) == set(KINDS.values())
