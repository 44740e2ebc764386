import sys

import pytest

from jira_session_export._batch import load_batch
from jira_session_export.errors import BatchFileError


def refuse(path, **options):
    with pytest.raises(BatchFileError) as caught:
        load_batch(path, **{"project_key": "ABC", **options})
    return caught.value


def test_a_list_of_tickets_is_enough(load):
    assert [ticket.title for ticket in load([{"title": "A"}, {"title": "B"}]).tickets] == ["A", "B"]


# Since 3.13, Python's parser points at the comma itself, not behind it.
TRAILING_COMMA = "line 2, column 14" if sys.version_info >= (3, 13) else "line 2, column 15"


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "", "is empty"),
        (" \n", "", "is empty"),
        ('{"tickets": [\n{"title": "A",}]}', TRAILING_COMMA, "is not JSON"),
        (
            '{"tickets": [{"title": "A", "story_points": NaN}]}',
            "ticket 1 'A', field story_points",
            "NaN is no number that Jira can hold; put it in quotes if it is text",
        ),
        (
            '{"tickets": [{"title": "A", "custom_fields": {"x": {"y": [1, 1e400]}}}]}',
            "ticket 1 'A', field custom_fields.x.y[2]",
            "1e400 is no number that Jira can hold",
        ),
        (
            '{"tickets": [{"title": "A", "labels": [-Infinity]}]}',
            "ticket 1 'A', field labels[1]",
            "-Infinity is no number",
        ),
        ('{"name": NaN, "tickets": [{"title": "A"}]}', "name", "NaN is no number"),
        ("[" * 100_000, "", "nested too deeply"),
        ("[" + "9" * 5000 + "]", "ticket 1", "not a number"),
        ('"tickets"', "", "must be a list of tickets, not text"),
        ("null", "", "must be a list of tickets, not nothing"),
        ('{"ticket": []}', "", 'there is no "tickets"'),
        ('{"title": "A"}', "", "Put the ticket into a list"),
        ('{"project_key": "ABC"}', "", 'under the key "tickets"'),
        ('{"tickets": {"title": "A"}}', "tickets", "must be a list of tickets, not an object"),
        ('{"tickets": ["A"]}', "ticket 1", "must be an object with at least a title, not text"),
        ('{"tickets": [null]}', "ticket 1", "not nothing"),
        ('{"tickets": [1.5]}', "ticket 1", "not a number"),
    ],
)
def test_what_is_no_batch(refusal, text, where, says):
    error = refusal(text)
    assert error.where == where
    assert says in error.user_message + " ".join(error.recovery_actions)


class TestLines:
    def test_one_ticket_per_line(self, write):
        path = write("b.jsonl", '{"title": "A"}\n\n{"title": "B\u2028C"}\r\n')
        assert [ticket.title for ticket in load_batch(path, project_key="ABC").tickets] == ["A", "B\u2028C"]

    def test_the_first_line_may_describe_the_session(self, write):
        path = write("b.ndjson", '{"project_key": "XYZ", "name": "Spring"}\n{"title": "A"}\n')
        session = load_batch(path)
        assert (session.project_key, session.name, len(session.tickets)) == ("XYZ", "Spring", 1)

    def test_problems_name_their_lines(self, write):
        path = write("b.jsonl", '{"title": "A"}\n{"title": \n[1]\n{"project_key": "X"}\n{"title": 1e5, "x": NaN}\n')
        message = refuse(path).user_message
        assert "line 2, column " in message
        assert "line 3: must be an object with at least a title, not a list" in message
        assert "line 4: has no title" in message
        assert "line 5, field x: NaN is no number that Jira can hold" in message

    def test_an_empty_file_is_a_problem(self, write):
        assert "is empty" in refuse(write("b.jsonl", "\n")).user_message

    def test_a_session_without_tickets_is_a_problem(self, write):
        assert "has no tickets" in refuse(write("b.jsonl", '{"name": "x"}\n')).user_message
