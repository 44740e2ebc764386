from uuid import UUID, uuid5

import pytest

from jira_session_export._batch import load_batch
from jira_session_export._models import session_id_from, ticket_id_from
from jira_session_export.errors import BatchFileError


def one(**fields):
    return {"tickets": [{"title": "A", **fields}]}


def test_only_a_title_is_required(load):
    session = load({"tickets": [{"title": "A"}]})
    (ticket,) = session.tickets
    assert (session.project_key, session.name, ticket.title, ticket.order) == ("ABC", "batch", "A", 1)


def test_string_ids_become_uuids_of_session_and_string(load):
    session = load({"tickets": [{"id": "t-1", "title": "A"}]})
    assert session.id == session_id_from("batch", "ABC")
    assert session.tickets[0].id == ticket_id_from(session.id, "t-1") == uuid5(session.id, "t-1")


def test_uuids_stay_as_they_are(load):
    session_id, ticket_id = UUID(int=7), UUID(int=8)
    session = load({"id": str(session_id), "name": "Spring", "tickets": [{"id": str(ticket_id), "title": "A"}]})
    assert (session.id, session.tickets[0].id, session.name) == (session_id, ticket_id, "Spring")


@pytest.mark.parametrize(
    ("said", "session_name", "source", "shown"),
    [
        ({}, None, "batch", "batch"),
        ({"name": "Spring"}, None, "Spring", "Spring"),
        ({"id": "s1"}, None, "s1", "s1"),
        ({"id": "s1", "name": "Spring"}, None, "s1", "Spring"),
        ({"id": "s1", "name": "Spring"}, "Mine", "Mine", "Mine"),
    ],
)
def test_what_names_a_session(load, said, session_name, source, shown):
    session = load({**said, "tickets": [{"title": "A"}]}, session_name=session_name)
    assert (session.id, session.name) == (session_id_from(source, "ABC"), shown)


@pytest.mark.parametrize("key", ["name", "id", "owner"])
def test_a_session_is_not_called_by_a_novel(load, refusal, key):
    """Every list of sessions shows it."""
    assert load({key: "n" * 1_000, "tickets": [{"title": "A"}]})
    problem = refusal({key: "n" * 1_001, "tickets": [{"title": "A"}]})
    assert f"{key}: has more than 1000 characters" in str(problem)


def test_a_project_key_is_no_longer_than_jira_allows(load, refusal):
    assert load({"project_key": "A" * 255, "tickets": [{"title": "A"}]}, project_key=None)
    assert "no project key" in str(refusal({"project_key": "A" * 256, "tickets": [{"title": "A"}]}, project_key=None))


def test_the_argument_overrides_the_files_project(load):
    document = {"project_key": "XYZ", "tickets": [{"title": "A"}]}
    assert load(document).project_key == "ABC"
    assert load(document, project_key=None).project_key == "XYZ"
    assert load(document).id != load(document, project_key=None).id


def test_a_ticket_without_an_id_keeps_it_when_others_are_put_in_front_and_its_body_changes(load):
    first = load({"tickets": [{"title": "B", "description_html": "<p>x</p>"}]})
    second = load({"tickets": [{"title": "A"}, {"title": " B ", "description_html": "<p>y</p>"}]})
    assert second.tickets[1].id == first.tickets[0].id
    assert second.tickets[1].order == 2


def test_two_tickets_without_ids_may_not_share_a_title(refusal):
    error = refusal({"tickets": [{"title": "Same  thing"}, {"title": "Same thing"}]})
    assert error.where == "ticket 2 'Same thing'"
    assert "the same title as ticket 1" in error.user_message
    assert "id" in error.recovery_actions[0]


def test_the_same_id_twice_is_a_problem(refusal):
    error = refusal({"tickets": [{"id": "x", "title": "A"}, {"id": "x", "title": "B"}]})
    assert (error.where, "'x' is the id of ticket 1 too" in error.user_message) == ("ticket 2 'B', field id", True)


def test_numbers_may_be_ids(load):
    session = load({"tickets": [{"id": 1, "title": "A"}, {"id": 2, "title": "B", "depends_on": [1]}]})
    assert session.tickets[1].depends_on == (session.tickets[0].id,)


def test_references_resolve_within_the_batch_before_they_are_issue_keys(load):
    session = load(
        {
            "tickets": [
                {"id": "ABC-1", "title": "A"},
                {
                    "id": "b",
                    "title": "B",
                    "parent": "ABC-1",
                    "depends_on": "ABC-1",
                    "links": [{"type": "Relates", "to": "ABC-1"}, {"type": "is blocked by", "to": "ABC-2"}],
                },
            ]
        }
    )
    first, second = session.tickets
    assert second.parent == first.id
    assert second.depends_on == (first.id,)
    assert [link.to for link in second.links] == [first.id, "ABC-2"]


@pytest.mark.parametrize(
    ("fields", "where", "says"),
    [
        ({"depends_on": ["lgin"]}, "field depends_on[1]", "Did you mean 'login'?"),
        ({"depends_on": ["here"]}, "field depends_on[1]", "itself"),
        ({"depends_on": ["ABC-7"]}, "field depends_on[1]", "Name a ticket by its id."),
        ({"parent": "here"}, "field parent", "its own parent"),
        ({"parent": "abc-7"}, "field parent", "Did you mean ABC-7?"),
        ({"parent": "nowhere at all"}, "field parent", "neither a ticket of this file nor an issue's key"),
        ({"links": [{"type": "Relates", "to": "logn"}]}, "field links[1]", "Did you mean 'login'?"),
        ({"links": [{"typ": "Relates", "to": "login"}]}, "field links[1]", "unknown key 'typ'"),
        ({"links": [{"to": "login"}]}, "field links[1]", "needs a type"),
        ({"links": ["login"]}, "field links[1]", "needs a type"),
        ({"links": [5]}, "field links[1]", "must be an object, not a number"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_problem(refusal, fields, where, says):
    error = refusal({"tickets": [{"id": "login", "title": "A"}, {"id": "here", "title": "B", **fields}]})
    assert error.where == f"ticket 2 'B', {where}"
    assert says in error.user_message + " ".join(error.recovery_actions)


def test_a_uuid_that_no_ticket_has_is_no_parent(refusal):
    assert "neither a ticket" in refusal(one(parent=str(UUID(int=5)))).user_message


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({"summary": "A"}, "Rename 'summary' to 'title', or remove it."),
        ({"titel": "A"}, "Rename 'titel' to 'title', or remove it."),
        ({"description": "A"}, "Give it a title."),
        ({"title": "  "}, "Give it a title."),
    ],
)
def test_a_ticket_needs_a_title(refusal, fields, action):
    error = refusal({"tickets": [fields]})
    assert (error.where, error.recovery_actions) == ("ticket 1", (action,))


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("Issue Type", "Rename 'Issue Type' to 'issue_type', or remove it."),
        ("lables", "Rename 'lables' to 'labels', or remove it."),
        ("description", "Rename 'description' to 'description_markdown', or remove it."),
        ("type", "Rename 'type' to 'issue_type', or remove it."),
        ("zzz", "Remove 'zzz', or put it under 'custom_fields'."),
    ],
)
def test_unknown_fields_are_named_with_what_was_probably_meant(refusal, key, action):
    error = refusal(one(**{key: "x"}))
    assert error.where == "ticket 1 'A'"
    assert f"unknown field {key!r}" in error.user_message
    assert error.recovery_actions == (action,)


def test_unknown_keys_of_the_session_too(refusal):
    error = refusal({"project": "ABC", "tickets": [{"title": "A"}]})
    assert error.recovery_actions == ("Rename 'project' to 'project_key', or remove it.",)


@pytest.mark.parametrize(
    ("document", "project_key", "action"),
    [
        (
            {"tickets": [{"title": "A"}]},
            None,
            "Add a project_key to the file, or give the project's key with --project.",
        ),
        ({"project_key": "abc", "tickets": [{"title": "A"}]}, None, "Did you mean ABC?"),
        ({"tickets": [{"title": "A"}]}, "A B", "A project key is written in capitals, like ABC."),
    ],
)
def test_the_project_key(refusal, document, project_key, action):
    assert refusal(document, project_key=project_key).recovery_actions == (action,)


def test_a_place_taken_by_an_order_is_a_problem(refusal):
    error = refusal({"tickets": [{"title": "A", "order": 2}, {"title": "B"}]})
    assert (error.where, "2 is the order of ticket 1 too" in error.user_message) == ("ticket 2 'B', field order", True)


def test_two_descriptions_are_one_too_many(refusal):
    error = refusal(one(description_html="<p>a</p>", description_markdown="a"))
    assert "both a description_html and a description_markdown" in error.user_message


def test_blank_values_are_no_values(load):
    (ticket,) = load(one(assignee="", sprint=" ", priority=None, description_html="", description_markdown="x")).tickets
    assert (ticket.assignee, ticket.sprint, ticket.priority, ticket.description_html) == (None, None, None, None)


def test_all_problems_are_reported_at_once(refusal):
    error = refusal(
        {
            "tickets": [
                {"title": "A", "due_date": "31/12/2025", "story_points": "many"},
                {"title": "B", "labels": ["ok", True], "attachments": ["none.pdf", "none.png"]},
                {"title": 5.5, "order": 0},
                {},
            ]
        }
    )
    message = error.user_message
    assert "7 problems:" in message, message
    for part in (
        "ticket 1 'A', field due_date: '31/12/2025' is no date",
        "ticket 1 'A', field story_points: 'many' is no number of story points",
        "ticket 2 'B', field labels[2]: must be text, not true or false",
        "ticket 2 'B', field attachments[1]: there is no file",
        "ticket 2 'B', field attachments[2]: there is no file",
        "ticket 3, field order: '0' is no place",
        "ticket 4: has no title",
    ):
        assert part in message
    assert error.where == ""
    assert "Write dates as YYYY-MM-DD, for example 2025-12-31." in error.recovery_actions


def test_twenty_problems_are_spelt_out_and_the_rest_counted(refusal):
    error = refusal({"tickets": [{"title": f"T{n}", "due_date": "x"} for n in range(30)]})
    assert "30 problems:" in error.user_message
    assert error.user_message.count("is no date") == 20
    assert error.user_message.endswith("and 10 more")


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ('{"tickets": [{"title": "A", "title": "B"}]}', "ticket 1 'B'", "'title' is given more than once"),
        ('{"tickets": [{"title": "A", "custom_fields": {"x": {"y": 1, "y": 2}}}]}', "field custom_fields.x", "'y'"),
        ('{"tickets": [{"title": "A", "labels": ["\\ud83d"]}]}', "field labels[1]", "half a character"),
        ('{"tickets": [{"title": "\\udc00"}]}', "field title", "half a character"),
        ('{"tickets": [{"title": "A", "custom_fields": {"\\udc00": 1}}]}', "field custom_fields", "in a key"),
        ('{"name": "\\ud800", "tickets": [{"title": "A"}]}', "name", "half a character"),
        ('{"project_key": "\\ud800", "tickets": [{"title": "A"}]}', "project_key", "half a character"),
        ('{"name": "a", "name": "b", "tickets": [{"title": "A"}]}', "", "'name' is given more than once"),
        (
            '{"tickets": [{"title": "A", "custom_fields": {"x": ' + "[" * 80 + "]" * 80 + "}}]}",
            "custom_fields.x",
            "nested",
        ),
    ],
)
def test_defects_that_no_field_could_make_sense_of(refusal, text, where, says):
    error = refusal(text)
    assert where in error.where
    assert says in error.user_message


def test_names_in_a_strange_encoding_are_made_printable(write):
    path = write("batch\udcff.json", one())
    session = load_batch(path, project_key="ABC")
    assert session.name == "batch?"
    path.write_text("{")
    with pytest.raises(BatchFileError) as caught:
        load_batch(path)
    assert "batch\\udcff.json" in caught.value.user_message


def test_an_empty_list_of_tickets_is_a_problem(refusal):
    assert "has no tickets" in refusal({"tickets": []}).user_message


def test_the_error_names_the_file(refusal):
    error = refusal(one(due_date="x"))
    assert error.path.endswith("batch.json")
    assert error.user_message.startswith(f"{error.path}, ticket 1 'A', field due_date: ")
