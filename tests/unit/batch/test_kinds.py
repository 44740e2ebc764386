"""Standard input, encodings, a single Markdown file, and files that are something else than their names say."""

import gzip
import io
import zipfile

import pytest

from jira_session_export._batch import load_batch
from jira_session_export.errors import BatchFileError


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def refuse(source, **options):
    with pytest.raises(BatchFileError) as caught:
        load_batch(source, **{"project_key": "ABC", **options})
    assert caught.value.recovery_actions
    return caught.value


@pytest.mark.parametrize(
    ("data", "says", "action"),
    [
        (
            zipped("[Content_Types].xml", "xl/workbook.xml"),
            "is an Excel workbook, whatever its name says",
            "Name it .xlsx.",
        ),
        (zipped("[Content_Types].xml", "word/document.xml"), "is a Word document", "Excel"),
        (zipped("a.json"), "is a ZIP archive", "Unpack"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a file of an old Office program", ".xlsx"),
        (b"%PDF-1.7", "is a PDF file", "table"),
        (gzip.compress(b"title"), "is a gzip file", "Unpack"),
        (b"\n <!DOCTYPE html><html><title>Sign in</title>", "is a web page", "signed in"),
        (b"\xef\xbb\xbf<html>", "is a web page", "signed in"),
    ],
    ids=["xlsx", "docx", "zip", "xls", "pdf", "gzip", "page", "page with a mark"],
)
@pytest.mark.parametrize("name", ["b.csv", "b.json", "b.yaml"])
def test_a_file_of_another_kind(write, name, data, says, action):
    error = refuse(write(name, data))
    assert says in error.user_message
    assert action in error.recovery_actions[0]


@pytest.mark.parametrize(
    ("name", "text", "action"),
    [
        ("b.json", '{"tickets": [{"title": "A",}]}', "Remove the comma before the closing bracket"),
        ("b.json", '{"tickets": [{"title": "A"},]}', "Remove the comma before the closing bracket"),
        ("b.json", "{'tickets': []}", "straight double quotation marks"),
        ("b.json", "{“tickets”: []}", "straight double quotation marks"),
        ("b.json", '{"tickets": [] // none\n}', "Remove the comment"),
        ("b.yaml", "tickets:\n- title: A\n\tlabels: x\n", "Indent with spaces"),
        ("b.yaml", "tickets:\n\t- title: A\n", "Indent with spaces"),
        ("b.yaml", "tickets:\n- title: A: b\n", "Put a value with a colon in it in quotes"),
    ],
)  # fmt: skip
def test_what_a_person_probably_did(write, name, text, action):
    assert action in refuse(write(name, text)).recovery_actions[0]


def test_an_encoding_can_be_named(write):
    path = write("b.csv", "title;story_points;due_date\nGröße – €;0,5;31.12.2026\n", "cp1252")
    assert "--encoding cp1252" in refuse(path).recovery_actions[0]
    (ticket,) = load_batch(path, project_key="ABC", encoding="cp1252").tickets
    assert (ticket.title, ticket.story_points, str(ticket.due_date)) == ("Größe – €", 0.5, "2026-12-31")
    marked = write("c.csv", "title\nGröße\n", "utf-8-sig")
    assert load_batch(marked, project_key="ABC", encoding="cp1252").tickets[0].title == "Größe"
    for wrong in ("nonsense", "base64", "\0"):
        assert "has no encoding" in refuse(path, encoding=wrong).user_message


@pytest.mark.parametrize(
    ("name", "text"),
    [("json", '[{"title": "A"}]'), ("jsonl", '{"title": "A"}'), ("yaml", "- title: A"), ("csv", "title\nA"), ("tsv", "title\tlabels\nA\tx"), ("markdown", "# A\n\ntext")],
)  # fmt: skip
def test_a_stream_is_read_with_its_format(name, text):
    stream = io.BytesIO(text.encode())
    session = load_batch(stream, format=name, project_key="ABC")
    assert (session.tickets[0].title, session.name) == ("A", "standard input")


def test_a_stream_needs_a_format():
    assert "needs a format" in refuse(io.BytesIO(b"[]")).user_message
    assert "has no format 'xml'" in refuse(io.BytesIO(b"[]"), format="xml").user_message
    assert "is opened as text" in refuse(io.StringIO("[]"), format="json").user_message


def test_a_format_goes_before_the_name(write):
    assert load_batch(write("b.txt", "title\nA\n"), format="csv", project_key="ABC").tickets[0].title == "A"


class TestMarkdown:
    def test_one_ticket(self, write):
        path = write(
            "010-slots.md", "---\nissue_type: Story\nproject_key: DEMO\n---\n\n# Offer slots\n\n## Rules\n\ntext\n"
        )
        session = load_batch(path)
        (ticket,) = session.tickets
        assert (ticket.title, ticket.issue_type, ticket.description_markdown) == (
            "Offer slots",
            "Story",
            "## Rules\n\ntext",
        )
        assert (session.project_key, session.name) == ("DEMO", "010-slots")

    def test_a_ticket_for_each_heading(self, write):
        text = "---\nlabels: [x]\nid: s1\n---\n# A\n\nfirst\n\n```\n# no heading\n```\n\n# B #\n\n## inner\n~~~\n# neither\n"
        session = load_batch(write("b.md", text), project_key="ABC")
        first, second = session.tickets
        assert (first.title, first.description_markdown, first.labels) == (
            "A",
            "first\n\n```\n# no heading\n```",
            ("x",),
        )
        assert (second.title, second.description_markdown) == ("B", "## inner\n~~~\n# neither")

    def test_headings_of_another_level(self, write):
        text = "---\nticket_heading: 2\n---\n# Backlog\n\n## A\n\n### inner\n\ntext\n## B\n"
        first, second = load_batch(write("b.md", text), project_key="ABC").tickets
        assert (first.title, first.description_markdown, second.title) == ("A", "### inner\n\ntext", "B")

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "is empty"),
            ("---\nticket_heading: 9\n---\n# A\n", "is no level of headings"),
            ("---\nticket_heading: 3\n---\n# A\n", "has no heading that begins a ticket"),
            ("intro\n\n# A\n\n# B\n", "has text before the first ticket ('intro')"),
            ("no heading", "has no title"),
            ("---\ntitle: A\n", "its front matter has no end"),
            ("---\norder: 1\n---\n# A\n# B\n", "'order' is each ticket's own"),
        ],
    )
    def test_what_is_no_batch(self, write, text, says):
        assert says in refuse(write("b.md", text)).user_message
