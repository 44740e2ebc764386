from datetime import date
from pathlib import Path

import pytest

from jira_session_export._models import Ticket, ticket_id_from


def one(**fields):
    return {"tickets": [{"title": "A", **fields}]}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("title", "  A\u00a0B ", "A\u00a0B"),
        ("title", 2024, "2024"),
        ("order", "3", 3),
        ("issue_type", "Bug", "Bug"),
        ("sprint", 12, 12),
        ("sprint", "Sprint 12", "Sprint 12"),
        ("labels", "backend", ("backend",)),
        ("labels", ["a", "", " b "], ("a", "b")),
        ("labels", "frontend, backend", ("frontend", "backend")),
        ("labels", "a; b,c\n d ,", ("a", "b", "c", "d")),
        ("labels", ["a, b"], ("a, b",)),
        ("components", "Sales, EMEA; Docs\nWeb", ("Sales, EMEA", "Docs", "Web")),
        ("fix_versions", "1.0;1.1", ("1.0", "1.1")),
        ("due_date", "2025-02-28", date(2025, 2, 28)),
        ("story_points", 5, 5.0),
        ("story_points", 0.5, 0.5),
        ("story_points", "2.5", 2.5),
        (
            "custom_fields",
            {"Team": "Web", "Gone": None, "n": [1.5, {"x": 2.25}]},
            {"Team": "Web", "n": [1.5, {"x": 2.25}]},
        ),
    ],
)
def test_values_as_people_write_them(load, field, value, expected):
    (ticket,) = load(one(**{field: value})).tickets
    assert getattr(ticket, field) == expected


def test_a_version_number_keeps_its_zeros(load):
    (ticket,) = load('{"tickets": [{"title": "A", "fix_versions": [1.10, 2]}]}').tickets
    assert ticket.fix_versions == ("1.10", "2")


@pytest.mark.parametrize("literal", ["1.10", "2.0", "1e3", "1E+5", "-0", "0.1e-2", "123456789012345678901234567890123"])
def test_a_number_is_kept_as_it_was_written(load, literal):
    text = '{"tickets": [{"id": %s, "title": "A", "sprint": %s, "custom_fields": {"Release": %s, "n": [{"x": %s}]}}]}'
    (ticket,) = load(text.replace("%s", literal)).tickets
    fields = Ticket.model_validate_json(ticket.model_dump_json()).custom_fields
    for value in (ticket.custom_fields["Release"], fields["Release"], fields["n"][0]["x"]):
        assert (str(value), value) == (literal, float(literal))
    assert ticket.sprint == literal
    assert ticket.id == ticket_id_from(load(text.replace("%s", "1")).id, literal)


def test_what_lists_in_one_text_name_may_hold_commas(load, write):
    write("a, b.txt", "x")
    write("c.txt", "x")
    tickets = [
        {"id": "one, two", "title": "A"},
        {"id": "three", "title": "B"},
        {"title": "C", "depends_on": "one, two; three", "attachments": "a, b.txt; c.txt"},
        {"title": "D", "depends_on": "three, one, two;three", "links": "Relates: ABC-1; blocks: three"},
    ]
    one, three, third = load({"tickets": tickets[:3]}).tickets
    assert third.depends_on == (one.id, three.id)
    assert [attachment.name for attachment in third.attachments] == ["a, b.txt", "c.txt"]
    tickets[3]["depends_on"] = "three"
    fourth = load({"tickets": tickets}).tickets[3]
    assert [(link.type, link.to) for link in fourth.links] == [("Relates", "ABC-1"), ("blocks", three.id)]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("title", ["A"], "must be text, not a list"),
        ("assignee", {"name": "x"}, "must be text, not an object"),
        ("priority", True, "must be text, not true or false"),
        ("order", 0, "'0' is no place"),
        ("order", 1.5, "'1.5' is no place"),
        ("order", True, "'True' is no place"),
        ("order", "one", "'one' is no place"),
        ("due_date", 1735689600, "is no date"),
        ("due_date", "2025-02-30", "is no date"),
        ("due_date", "2025-01-01T00:00:00", "is no date"),
        ("due_date", ["2025-01-01"], "a list is no date"),
        ("story_points", -1, "is no number of story points"),
        ("story_points", True, "is no number of story points"),
        ("story_points", "1,500", "is no number of story points"),
        ("story_points", "1_000", "is no number of story points"),
        ("story_points", 10**29, "is no number of story points"),
        ("story_points", -0.5, "is no number of story points"),
        ("order", 2_147_483_648, "is no place"),
        ("order", 10**29, "is no place"),
        ("order", "9" * 5_000, "is no place"),
        ("order", -0.0, "is no place"),
        ("story_points", "NaN", "is no number of story points"),
        ("story_points", "1e999999999", "is no number of story points"),
        ("sprint", True, "must be text"),
        ("labels", [["x"]], "must be text, not a list"),
        ("custom_fields", ["x"], "must be an object, not a list"),
        ("attachments", [5], "there is no file"),
        ("attachments", [{"file": "x"}], "unknown key 'file'"),
        ("attachments", [{"filename": "x"}], "has no path"),
        ("attachments", ["a\0b"], "has a NUL character in it"),
        ("attachments", ["x" * 5000], "cannot be read"),
        ("attachments", ["."], "is no file"),
    ],
)
def test_values_that_do_not_fit(refusal, field, value, says):
    error = refusal(one(**{field: value}))
    assert f"field {field}" in error.where
    assert says in error.user_message


def test_attachments_are_found_beside_the_file(load, write, tmp_path):
    write("files/a.csv", "1,2")
    (ticket,) = load(
        one(attachments=["files/a.csv", {"path": "files/a.csv", "filename": "b.csv", "media_type": "text/csv"}])
    ).tickets
    first, second = ticket.attachments
    assert first.path == tmp_path / "files/a.csv"
    assert (first.name, second.name, second.media_type) == ("a.csv", "b.csv", "text/csv")


def test_an_absolute_path_is_taken_as_it_is(load, write):
    path = write("elsewhere/a.txt", "x")
    (ticket,) = load(one(attachments=str(path))).tickets
    assert ticket.attachments[0].path == path


def test_attachments_can_be_confined_to_the_folder_of_the_file(load, refusal, write, tmp_path):
    inside = write("a.txt", "x")
    outside = tmp_path.parent / f"{tmp_path.name}-outside.txt"
    outside.write_text("secret")
    (tmp_path / "link.txt").symlink_to(outside)
    assert load(one(attachments=[str(inside)]), confine_attachments=True).tickets
    for path in (str(outside), f"../{outside.name}", "link.txt"):
        assert load(one(attachments=[path])).tickets
        assert "outside the folder" in refusal(one(attachments=[path]), confine_attachments=True).user_message


def test_an_unreadable_attachment_is_a_problem(refusal, write, monkeypatch):
    path = write("a.txt", "x")
    # As root, permissions stop nobody; so the operating system's answer is played here.
    original = Path.open

    def denied(self, *args, **kwargs):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", denied)
    assert "permission to read" in refusal(one(attachments=["a.txt"])).user_message
