import pytest

from jira_session_export._batch import load_batch
from jira_session_export.errors import BatchFileError


@pytest.fixture
def folder(write, tmp_path):
    def load_folder(files, **options):
        for name, content in files.items():
            write(f"backlog/{name}", content)
        return load_batch(tmp_path / "backlog", **{"project_key": "ABC", **options})

    return load_folder


@pytest.fixture
def refuse(folder):
    def refused(files, **options):
        with pytest.raises(BatchFileError) as caught:
            folder(files, **options)
        return caught.value

    return refused


def test_one_ticket_per_file_in_the_order_of_names(folder):
    session = folder(
        {
            "020-b.md": "---\ntitle: B\ndepends_on: [010-a]\nlabels: [x]\n---\n\nText of *b*.\n",
            "010-a.md": "# Make `a` **work**\n\nText.\n\n## More\n",
            "README.md": "# Not a ticket",
            "_draft.md": "# Not yet",
            "image.png": b"\x89PNG",
        }
    )
    first, second = session.tickets
    assert (first.title, first.description_markdown) == ("Make a work", "Text.\n\n## More")
    assert (second.title, second.description_markdown, second.labels) == ("B", "Text of *b*.", ("x",))
    assert second.depends_on == (first.id,)
    assert session.name == "backlog"


def test_a_heading_further_down_names_the_ticket_and_stays(folder):
    (ticket,) = folder({"a.md": "Intro\n\n```\n# no heading\n```\n\nSetext\nheading\n---\n"}).tickets
    assert ticket.title == "Setext heading"
    assert ticket.description_markdown.endswith("Setext\nheading\n---")


def test_a_given_title_leaves_the_heading_in_the_body(folder):
    (ticket,) = folder({"a.md": "---\ntitle: A\n---\n# Heading\n"}).tickets
    assert (ticket.title, ticket.description_markdown) == ("A", "# Heading")


def test_leading_comments_are_no_content(folder):
    files = {
        "a.md": "<!-- lint: off -->\n\n---\ntitle: A\n---\n<!-- template\n2 -->\n\nOne\n",
        "b.md": "<!-- licence -->\n# B\n\nTwo\n",
    }
    first, second = folder(files).tickets
    assert (first.title, first.description_markdown) == ("A", "One")
    assert (second.title, second.description_markdown) == ("B", "Two")


def test_line_ends_of_windows(folder):
    (ticket,) = folder({"a.md": "---\r\ntitle: A\r\n---\r\nOne\r\n\r\nTwo\r\n"}).tickets
    assert (ticket.title, ticket.description_markdown) == ("A", "One\n\nTwo")


def test_the_id_may_be_given_so_that_files_can_be_renamed(folder, write):
    first = folder({"a.md": "---\nid: login\ntitle: A\n---\n"})
    (write("backlog/a.md", "")).unlink()
    second = folder({"z.md": "---\nid: login\ntitle: A\n---\n"})
    assert first.tickets[0].id == second.tickets[0].id
    assert first.tickets[0].description_markdown is None


def test_session_yaml_describes_the_session(folder):
    session = folder({"session.yaml": "project_key: XYZ\nname: Spring\n", "a.md": "# A"}, project_key=None)
    assert (session.project_key, session.name) == ("XYZ", "Spring")


def test_html_may_stand_in_the_front_matter_of_an_empty_file(folder):
    (ticket,) = folder({"a.md": "---\ntitle: A\ndescription_html: <p>x</p>\n---\n\n"}).tickets
    assert (ticket.description_html, ticket.description_markdown) == ("<p>x</p>", None)


@pytest.mark.parametrize(
    ("files", "where", "says"),
    [
        ({"a.txt": "x"}, "", "has no Markdown files in it"),
        ({"a.md": "just text"}, "a.md", "has no title"),
        ({"a.md": ""}, "a.md", "has no title"),
        ({"a.md": "#\n\n"}, "a.md", "has no title"),
        ({"a.md": "---\ntitle: A\n"}, "a.md", "its front matter has no end"),
        ({"a.md": "---\n- A\n---\n"}, "a.md", "must be 'field: value' lines, not a list"),
        ({"a.md": "---\ntitle: 'A\n---\n"}, "a.md, line 3, column 1", "is not YAML"),
        ({"a.md": "<!-- a -->\n\n---\ntitle: 'A\n---\n"}, "a.md, line 5, column 1", "is not YAML"),
        ({"a.md": "---\ntitle: A\ndescription_html: x\n---\nbody\n"}, "a.md, field description_html", "a body too"),
        ({"a.md": "---\ntitle: A\ndue: 2025-01-01\n---\n"}, "a.md 'A'", "unknown field 'due'"),
        ({"a.md": b"# \xff"}, "a.md", "is not valid UTF-8 text"),
        ({"session.yml": "- a", "a.md": "# A"}, "session.yml", "must be 'key: value' lines, not a list"),
    ],
)
def test_what_is_no_batch(refuse, files, where, says):
    error = refuse(files)
    assert error.where == where
    assert says in error.user_message


def test_two_files_may_have_the_same_title(folder):
    assert len({ticket.id for ticket in folder({"a.md": "# Same", "b.md": "# Same"}).tickets}) == 2
