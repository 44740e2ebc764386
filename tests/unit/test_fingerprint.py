"""What a fingerprint tells, and what it does not."""

import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest

from jira_session_export._fingerprint import edited_fields, fingerprint
from jira_session_export._models import Attachment, Session, Ticket

ONE, TWO = UUID(int=1), UUID(int=2)


def ticket(**fields: Any) -> Ticket:
    return Ticket.model_validate({"id": ONE, "order": 1, "title": "One", **fields})


FULL: dict[str, Any] = {
    "description_markdown": "Body\n",
    "labels": ["b", "a"],
    "sprint": 7,
    "due_date": "2026-01-02",
    "story_points": 3,
    "depends_on": [TWO],
    "links": [{"type": "Relates", "to": "DEMO-9"}],
    "attachments": ["a/log.txt"],
    "custom_fields": {"Team": {"$number": "1.10"}, "Äöü": ["x", None]},
}


def test_the_scheme_is_the_same_for_ever() -> None:
    # A change of these strings would tell every exported ticket as edited after an upgrade.
    assert fingerprint(ticket()) == "1 title=cbc029aa876c"
    assert fingerprint(ticket(**FULL)) == (
        "1 attachments=7ae77e1dab9c custom_fields=f42f42f4e15c depends_on=297d9384da51 description=afa9ff64c250 "
        "due_date=5dfe28dc5402 labels=deedf2289a6b links=6c44c30e5682 sprint=266aa5886067 "
        "story_points=a416ea84421f title=cbc029aa876c"
    )


def test_other_processes_say_the_same() -> None:
    code = "from tests.unit.test_fingerprint import FULL, fingerprint, ticket; print(fingerprint(ticket(**FULL)))"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        )
        assert done.stdout.strip() == fingerprint(ticket(**FULL))


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ({"title": "Other"}, ("title",)),
        ({"description_markdown": "Other"}, ("description",)),
        ({"description_markdown": None, "description_html": "Body\n"}, ("description",)),
        ({"description_markdown": None}, ("description",)),
        ({"labels": ["a"]}, ("labels",)),
        ({"labels": []}, ("labels",)),
        ({"sprint": 8}, ("sprint",)),
        ({"assignee": "me"}, ("assignee",)),
        ({"priority": "High", "due_date": None}, ("due_date", "priority")),
        ({"story_points": 5}, ("story_points",)),
        ({"depends_on": []}, ("depends_on",)),
        ({"links": [{"type": "Blocks", "to": "DEMO-9"}]}, ("links",)),
        ({"parent": "DEMO-3"}, ("parent",)),
        ({"attachments": ["a/other.txt"]}, ("attachments",)),
        ({"custom_fields": {"Team": {"$number": "1.1"}, "Äöü": ["x", None]}}, ("custom_fields",)),
    ],
)
def test_an_edit_is_named(edit: dict[str, Any], named: tuple[str, ...]) -> None:
    assert edited_fields(fingerprint(ticket(**FULL)), ticket(**FULL | edit)) == named


@pytest.mark.parametrize(
    "same",
    [
        {"order": 5},
        {"labels": ["a", "b"]},
        {"sprint": "7"},
        {"description_markdown": "Body\r\n"},
        {"story_points": 3.0},
        {"attachments": [Attachment.model_validate("/elsewhere/log.txt")]},
        {"depends_on": [TWO, TWO]},
        {"custom_fields": {"Äöü": ["x", None], "Team": {"$number": "1.10"}}},
    ],
)
def test_what_changes_nothing_in_jira_is_no_edit(same: dict[str, Any]) -> None:
    assert edited_fields(fingerprint(ticket(**FULL)), ticket(**FULL | same)) == ()


def test_every_field_of_a_ticket_counts() -> None:
    told = {"id", "order"}
    for name in Ticket.model_fields.keys() - told:
        value: Any = {"custom_fields": {"A": 1}, "story_points": 1, "due_date": "2026-01-02", "parent": "DEMO-1"}.get(
            name, "text"
        )
        value = {"links": [{"type": "Relates", "to": "DEMO-1"}], "depends_on": [TWO], "attachments": ["a.txt"]}.get(
            name, [value] if name in {"labels", "components", "fix_versions"} else value
        )
        assert edited_fields(fingerprint(ticket()), ticket(**{name: value})), name


def test_what_is_stored_and_read_again_is_no_edit() -> None:
    full = ticket(**FULL)
    again = Ticket.model_validate_json(full.model_dump_json(exclude_defaults=True))
    assert edited_fields(fingerprint(full), again) == ()
    assert Session(id=ONE, project_key="DEMO", tickets=(again,)).tickets[0] == again


@pytest.mark.parametrize("unknown", ["", "2 title=abc", "garbage", "\ud83e"])
def test_a_fingerprint_of_another_scheme_says_nothing(unknown: str) -> None:
    assert edited_fields(unknown, ticket()) is None


def test_nothing_that_was_written_can_be_read_in_it() -> None:
    told = fingerprint(ticket(title="A secret", description_html="<p>secret</p>", custom_fields={"secret": "secret"}))
    assert "secret" not in told
