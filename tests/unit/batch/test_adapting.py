"""Defaults and mapping files."""

import json

import pytest

from jira_session_export._batch import load_batch
from jira_session_export.errors import BatchFileError

DEFAULTS = {
    "issue_type": "Bug",
    "labels": ["a"],
    "sprint": "S1",
    "components": "API",
    "custom_fields": {"Team": "Web", "Size": "S"},
}


def tickets(path, **options):
    return load_batch(path, project_key="ABC", **options).tickets


@pytest.mark.parametrize("name", ["b.json", "b.jsonl", "b.yaml", "folder", "b.md"])
def test_defaults_are_for_tickets_that_say_nothing(write, name):
    own = {"title": "B", "issue_type": "Story", "labels": [], "sprint": None, "custom_fields": {"Team": "App"}}
    match name:
        case "b.json":
            path = write(name, {"defaults": DEFAULTS, "tickets": [{"title": "A"}, own]})
        case "b.jsonl":
            path = write(name, "\n".join(map(json.dumps, [{"defaults": DEFAULTS}, {"title": "A"}, own])))
        case "b.yaml":
            path = write(name, f"defaults: {json.dumps(DEFAULTS)}\ntickets:\n- title: A\n- {json.dumps(own)}\n")
        case "folder":
            write("folder/session.yaml", f"defaults: {json.dumps(DEFAULTS)}")
            path = write("folder/1.md", "# A\n").parent
            head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in own.items())
            write("folder/2.md", f"---\n{head}---\n")
        case _:
            head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in DEFAULTS.items())
            path = write(name, f"---\n{head}---\n# A\n\n# B\n\ntext\n")
    first, second = tickets(path)
    assert (first.issue_type, first.labels, first.sprint, first.components) == ("Bug", ("a",), "S1", ("API",))
    assert first.custom_fields == {"Team": "Web", "Size": "S"}
    if name != "b.md":
        assert (second.issue_type, second.labels, second.sprint) == ("Story", (), None)
        assert second.custom_fields == {"Team": "App", "Size": "S"}


def test_an_empty_cell_takes_the_default_and_the_callers_go_first(write):
    path = write("b.csv", "title,issue_type,labels\nA,,\nB,Story,x\n")
    first, second = tickets(
        path,
        defaults={"issue_type": "Task", "labels": ["d"], "custom_fields.Team": "Web"},
        mapping={"defaults": {"issue_type": "Bug", "sprint": 5}},
    )
    assert (first.issue_type, first.labels, first.sprint, first.custom_fields) == ("Task", ("d",), 5, {"Team": "Web"})
    assert (second.issue_type, second.labels) == ("Story", ("x",))


def test_a_default_description_gives_way_to_either(write):
    path = write(
        "b.json",
        {
            "defaults": {"description_markdown": "tbd"},
            "tickets": [{"title": "A"}, {"title": "B", "description_html": "<p>x</p>"}],
        },
    )
    first, second = tickets(path)
    assert (first.description_markdown, second.description_markdown, second.description_html) == (
        "tbd",
        None,
        "<p>x</p>",
    )


@pytest.mark.parametrize(
    ("defaults", "says"),
    [
        ({"id": "x"}, "'id' is each ticket's own"),
        ({"title": "x"}, "'title' is each"),
        ({"asignee": "x"}, "unknown field 'asignee'"),
        ([], "must be an object, not a list"),
    ],
)
def test_what_is_no_default(write, defaults, says):
    with pytest.raises(BatchFileError, match=says):
        tickets(write("b.json", {"defaults": defaults, "tickets": [{"title": "A"}]}))


MAPPING = """
columns:
  What is to be done: title
  Estimate (d): story_points
  Owner: assignee
  Squad: custom_fields.Team
  Remarks: null
people:
  Maria: maria.silva@example.com
  J. Doe: 5b10ac8d82e05b22cc7d4ef5
values:
  priority: {P1: Highest, p2: High}
  labels: {UI: frontend}
  custom_fields.Team: {W: Web}
defaults:
  issue_type: Story
"""


@pytest.mark.parametrize("name", ["b.csv", "b.json", "b.yaml", "folder"])
def test_a_mapping_file(write, name):
    rows = [
        {
            "What is to be done": "A",
            "estimate_(d)": "3",
            "owner": "maria",
            "Squad": "W",
            "Remarks": "no",
            "priority": "P1",
            "labels": "UI; x",
        },
        {"What is to be done": "B", "owner": "Somebody", "Squad": "App", "priority": "Low"},
    ]
    mapping = write("mapping.yaml", MAPPING)
    match name:
        case "b.csv":
            head = list(rows[0])
            path = write(
                name, "\n".join([",".join(head), *(",".join(row.get(key, "") for key in head) for row in rows)])
            )
        case "b.json":
            path = write(name, rows)
        case "b.yaml":
            path = write(name, json.dumps(rows))
        case _:
            for place, row in enumerate(rows):
                head = "".join(f"{json.dumps(key)}: {json.dumps(value)}\n" for key, value in row.items())
                path = write(f"folder/{place}.md", f"---\n{head}---\n\n# Not the title\n").parent
    first, second = tickets(path, mapping=mapping)
    assert (first.title, first.story_points, first.assignee, first.priority) == (
        "A",
        3,
        "maria.silva@example.com",
        "Highest",
    )
    assert (first.labels, first.custom_fields, first.issue_type) == (("frontend", "x"), {"Team": "Web"}, "Story")
    assert (second.title, second.assignee, second.custom_fields, second.priority) == (
        "B",
        "Somebody",
        {"Team": "App"},
        "Low",
    )


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("columns: {A: titel}", "'titel' is no field of a ticket"),
        ("columns: {A: 5}", "must name a field, not be a number"),
        ("colums: {A: title}", "unknown key 'colums'"),
        ("values: {prio: {a: b}}", "'prio' is no field"),
        ("values: {priority: x}", "must be an object, not text"),
        ("defaults: {id: 1}", "'id' is each ticket's own"),
        ("people: [a]", "must be an object, not a list"),
        ("- a", "must be an object, not a list"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_is_no_mapping(write, mapping, says):
    path = write("m.yaml", mapping)
    with pytest.raises(BatchFileError, match=says) as caught:
        tickets(write("b.csv", "title\nA\n"), mapping=path)
    assert str(path) in caught.value.user_message


def test_two_columns_for_one_field(write):
    with pytest.raises(BatchFileError, match="has the column 'title' more than once"):
        tickets(write("b.csv", "title,What\nA,B\n"), mapping={"columns": {"What": "title"}})
    with pytest.raises(BatchFileError, match="has the field 'title' twice"):
        tickets(write("b.json", [{"title": "A", "What": "B"}]), mapping={"columns": {"What": "title"}})
