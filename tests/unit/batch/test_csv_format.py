import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._batch import load_batch
from jira_session_export._batch.csv_cells import CsvError, rows
from jira_session_export.errors import BatchFileError


@pytest.fixture
def table(write):
    return lambda text, encoding="utf-8", name="b.csv": load_batch(write(name, text, encoding), project_key="ABC")


@pytest.fixture
def refuse(table):
    def refused(text, **options):
        with pytest.raises(BatchFileError) as caught:
            table(text, **options)
        return caught.value

    return refused


def test_columns_are_the_fields(table):
    first, second = table(
        "id,title,labels,components,due_date,story_points,depends_on,links,custom_fields.Team,custom_fields.Areas[]\r\n"
        'a,A,"x;y","API, internal",2025-12-31,0.5,,"Relates: ABC-1; is blocked by: b",Web,north; south\r\n'
        'b,B,"x\ny",,,,a,,,\r\n'
    ).tickets
    assert (first.labels, first.components) == (("x", "y"), ("API, internal",))
    assert (first.due_date, first.story_points) == (date(2025, 12, 31), 0.5)
    assert [(link.type, link.to) for link in first.links] == [("Relates", "ABC-1"), ("is blocked by", second.id)]
    assert first.custom_fields == {"Team": "Web", "Areas": ["north", "south"]}
    assert (second.labels, second.depends_on, second.components) == (("x", "y"), (first.id,), ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_as_spreadsheets_save_it(table, delimiter, encoding):
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(["Title", "Issue Type", "description_html"])
    writer.writerow(["Größe; Breite, Höhe|x", "Bug", '<p style="a: b; c: d">x,\ny</p>'])
    (ticket,) = table(buffer.getvalue(), encoding).tickets
    assert (ticket.title, ticket.issue_type) == ("Größe; Breite, Höhe|x", "Bug")
    assert ticket.description_html == '<p style="a: b; c: d">x,\ny</p>'


def test_excels_own_hint_is_obeyed_and_lines_still_count(table, refuse):
    assert table("sep=;\r\ntitle;labels\r\nA,B;x\r\n").tickets[0].title == "A,B"
    assert refuse("sep=;\r\ntitle;due_date\r\nA;x\r\n").where == "line 3 'A', field due_date"


def test_formulas_are_text(table):
    titles = ["=1+1", "+cmd|x", "-2", "@SUM(A1)", "\t=x"]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["title"], *([title] for title in titles)])
    assert [ticket.title for ticket in table(buffer.getvalue()).tickets] == [title.strip() for title in titles]


def test_empty_rows_and_a_single_column(table):
    assert [ticket.title for ticket in table("title\n\nA\n\n,\n".replace(",\n", "\n") + "B\n").tickets] == ["A", "B"]


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "", "is empty"),
        ("name,labels\nA,x\n", "", "has no column 'title'"),
        ("summary,labels\nA,x\n", "first row", "Rename the column 'summary' to 'title'."),
        ("title,assignee,Assignee\nA,x,y\n", "first row", "has the column 'assignee' more than once"),
        ("title,labels\nA,x\nB,x,y\n", "line 3", "has 3 cells, the first row 2"),
        ('title,labels\n"A\nA",x\nB,x,y\n', "line 4", "has 3 cells"),
        ('title\n"A\nB\n', "line 2", "is not CSV: a quotation mark has no end"),
        ('title\n"A"B\n', "line 2", "is not CSV"),
        ("title,\nA,x\n", "line 2", "a cell in a column without a name ('x')"),
        ("title,colour\nA,red\n", "first row", "has an unknown column 'colour'"),
        ("title,asignee,storypoints\nA,x,3\n", "", "Rename 'asignee' to 'assignee', or remove it."),
        ("title,asignee,storypoints\nA,x,3\n", "", "Rename 'storypoints' to 'story_points', or remove it."),
        ("title,links\nA,ABC-1\n", "line 2 'A', field links[1]", "needs a type"),
        ("title,labels\n", "", "has no tickets"),
    ],
)
def test_what_is_no_batch(refuse, text, where, says):
    error = refuse(text)
    assert error.where == where
    assert says in error.user_message + " ".join(error.recovery_actions)


def test_a_file_in_the_old_windows_encoding_is_refused_not_guessed(refuse):
    error = refuse("title\nGröße\n", encoding="cp1252")
    assert "is not valid UTF-8 text (byte 0xF6, line 2)" in error.user_message
    assert "CSV UTF-8" in error.recovery_actions[0]


def test_a_cell_as_long_as_an_image_is_a_cell(table):
    body = '<img src="data:image/png;base64,' + "A" * 2_000_000 + '">'
    quoted = body.replace('"', '""')
    (ticket,) = table(f'title,description_html\nA,"{quoted}"\n').tickets
    assert ticket.description_html == body


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_rows_are_those_that_pythons_reader_finds(delimiter, line_end):
    text = line_end.join(
        [
            "a,b,c".replace(",", delimiter),
            f'"x{delimiter}""y""{line_end}z"{delimiter}{delimiter}',
            "",
            f'q{delimiter}a"b',
            f" {delimiter}",
        ]
    )
    for whole in (text, text + line_end, "", line_end, f'""{delimiter}""'):
        expected = [row for row in csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter, strict=True) if row]
        assert [row for _, row in rows(whole, delimiter)] == expected


@given(st.text(st.sampled_from('a",;\n\r\t '), max_size=12))
def test_rows_and_refusals_are_pythons(text):
    try:
        expected = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        with pytest.raises(CsvError):
            list(rows(text, ","))
    else:
        assert [row for _, row in rows(text, ",")] == expected
