"""Every kind of field: what a ticket says in each format, what Jira is sent, and what becomes of a value it would refuse.

`test_fields.py` exports all of it; the table of `docs/reference/fields.md` is made from it (`python -m
tests.e2e.field_cases` prints it).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jira_session_export.testing import FakeJira, FieldKind

WORKSPACE = "a2778e1d-939d-481d-88e2-9d5059de456b"


@dataclass(frozen=True)
class FieldCase:
    """One kind of field.

    Attributes:
        kind: what people call it.
        name: the key of `custom_fields`, or a field of the ticket itself.
        value: as JSON has it.
        yaml: the same in YAML.
        csv: the same as a cell; the column is `custom_fields.<name>`, with `[]` after it where `in_list`.
        sent: what Jira is sent; a function where FakeJira makes up the id.
        field_id: the field it is sent in.
        schema: the component of Atlassian's OpenAPI document that it, or each of its items, has the shape of.
        bad: a value that cannot be sent.
        why: part of what the manual fix then says.
    """

    kind: str
    name: str
    value: Any
    yaml: str
    csv: str
    sent: Any
    field_id: str
    schema: str
    bad: Any
    why: str
    in_list: bool = False
    own: bool = False

    def expected(self, fake: FakeJira) -> Any:
        return self.sent(fake) if callable(self.sent) else self.sent


def prepare(fake: FakeJira) -> None:
    """Put every kind of field on the screen of tasks."""
    screen = fake.project("DEMO").issue_type("Task")
    for name in ("timetracking", "security", "environment", "versions"):
        screen.add_field(name)
    for number, name, kind, options in (
        (10101, "Found in", FieldKind.VERSION, ()),
        (10102, "Severity", FieldKind.RADIO, ("Minor", "Major")),
        (10103, "Checks", FieldKind.CHECKBOXES, ("Unit tests", "Docs")),
        (10104, "Flagged", FieldKind.CHECKBOXES, ("Impediment",)),
        (10105, "Owner group", FieldKind.GROUP, ()),
        (10106, "Informed groups", FieldKind.GROUPS, ()),
        (10107, "Related project", FieldKind.PROJECT, ()),
        (10001, "Team", FieldKind.TEAM, ("Platform", "Payments")),
        (10108, "Affected assets", FieldKind.ASSETS, ()),
        (10002, "Organizations", FieldKind.ORGANIZATIONS, ("Acme", "Globex")),
        (10010, "Request Type", FieldKind.REQUEST_TYPE, ("Get help", "Report a fault")),
        (10109, "Keywords", FieldKind.LABELS, ()),
    ):
        screen.add_field(fake.add_field(f"customfield_{number}", name, kind, options=options).id)
    fake.add_project("OPS", "Operations")
    fake.add_user("Export Bot", "me@example.com", time_zone="Europe/Berlin")
    fake.add_user("Gil Guest", "gil.guest@example.com", assignable_in=())


def _account(email: str) -> Callable[[FakeJira], Any]:
    return lambda fake: {"accountId": fake.user(email).account_id}


def _option(field_id: str, name: str) -> Callable[[FakeJira], str]:
    return lambda fake: next(each.id for each in fake.fields[field_id].options if each.value == name)


def _ref(field_id: str, *names: str) -> Callable[[FakeJira], Any]:
    return lambda fake: [{"id": _option(field_id, name)(fake)} for name in names]


def _one(field_id: str, name: str) -> Callable[[FakeJira], Any]:
    return lambda fake: {"id": _option(field_id, name)(fake)}


def _version(*names: str) -> Callable[[FakeJira], Any]:
    return lambda fake: [{"id": each.id} for each in fake.project("DEMO").versions if each.name in names]


def _component(*names: str) -> Callable[[FakeJira], Any]:
    return lambda fake: [{"id": each.id} for each in fake.project("DEMO").components if each.name in names]


def _paragraph(text: str) -> dict[str, Any]:
    content = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]
    return {"version": 1, "type": "doc", "content": content}


MARIA = "maria.silva@example.com"

CASES = (
    # the ticket's own fields
    FieldCase("Priority", "priority", "High", "High", "High", {"id": "2"}, "priority", "Priority", "Urgent", "Jira's default priority was used", own=True),
    FieldCase("Assignee", "assignee", MARIA, MARIA, MARIA, _account(MARIA), "assignee", "UserDetails", "Gil Guest", "cannot be assigned to such a person", own=True),
    FieldCase("Reporter", "reporter", "Gil Guest", "Gil Guest", "Gil Guest", _account("gil.guest@example.com"), "reporter", "UserDetails", "Nemo Nobody", "nobody could be found", own=True),
    FieldCase("Sprint", "sprint", "DEMO Sprint 2", "DEMO Sprint 2", "DEMO Sprint 2", 2, "customfield_10020", "", "DEMO Sprint 1", "that sprint is closed", own=True),
    FieldCase("Components", "components", ["Backend", "Docs"], "[Backend, Docs]", "Backend; Docs", _component("Backend", "Docs"), "components", "ProjectComponent", ["Garage"], "it is not one of: Backend", own=True),
    FieldCase("Fix versions", "fix_versions", ["1.1", "2.0"], "[1.1, 2.0]", "1.1; 2.0", _version("1.1", "2.0"), "fixVersions", "Version", ["9.9"], "it is not one of: 1.0", own=True),
    FieldCase("Due date", "due_date", "2026-12-31", "2026-12-31", "2026-12-31", "2026-12-31", "duedate", "", None, "the batch file is refused", own=True),
    FieldCase("Story points", "story_points", 8, "8", "8", 8, "customfield_10028", "", None, "the batch file is refused", own=True),
    # Jira's own fields among the custom fields
    FieldCase("Time tracking", "Time tracking", {"original": "2d", "remaining": "1d 4h"}, "{original: 2d, remaining: 1d 4h}", "2d / 1d 4h", {"originalEstimate": "2d", "remainingEstimate": "1d 4h"}, "timetracking", "TimeTrackingDetails", "soon", "it is not a duration"),
    FieldCase("One estimate", "Remaining estimate", "3 hours", "3 hours", "3 hours", {"remainingEstimate": "3h"}, "timetracking", "TimeTrackingDetails", "90", "a duration needs a unit"),
    FieldCase("Security level", "Security Level", "Internal", "Internal", "Internal", {"id": "10200"}, "security", "SecurityLevel", None, "the issue is not created"),
    FieldCase("Environment", "Environment", "Chrome **156**", "Chrome **156**", "Chrome **156**", None, "environment", "", None, "it is shortened, as the description is"),
    FieldCase("Affects versions", "Affects versions", ["1.0"], "[1.0]", "1.0", _version("1.0"), "versions", "Version", ["0.1"], "it is not one of: 1.0", in_list=True),
    # custom fields of the ordinary types
    FieldCase("Short text", "Customer reference", "C-1", "C-1", "C-1", "C-1", "customfield_10037", "", ["a", "b"], "the field holds one value, and the ticket gives several"),
    FieldCase("Paragraph", "Acceptance criteria", "It works", "It works", "It works", _paragraph("It works"), "customfield_10036", "", None, "it is shortened, as the description is"),
    FieldCase("Number", "Effort in days", 1.5, "1.5", "1.5", 1.5, "customfield_10034", "", "many", "it is not a number"),
    FieldCase("Date", "Target date", "2026-12-31", "2026-12-31", "2026-12-31", "2026-12-31", "customfield_10035", "", "31.12.2026", "it is not a date"),
    FieldCase("Date and time", "Planned start", "2026-10-02T09:30", "2026-10-02T09:30", "2026-10-02T09:30", "2026-10-02T07:30:00.000+0000", "customfield_10038", "", "noon", "it is not a date"),
    FieldCase("URL", "Specification", "https://example.com/spec", "https://example.com/spec", "https://example.com/spec", "https://example.com/spec", "customfield_10041", "", "example", "it is not an address"),
    FieldCase("Labels", "Keywords", ["beta", "q4"], "[beta, q4]", "beta; q4", ["beta", "q4"], "customfield_10109", "", ["x" * 256], "a label has at most 255", in_list=True),
    FieldCase("Select list", "Environment type", "Staging", "Staging", "Staging", {"id": "10101"}, "customfield_10031", "", "Moon", "it is not one of: Production"),
    FieldCase("Select list, several", "Affected platforms", ["Web", "iOS"], "[Web, iOS]", "Web; iOS", [{"id": "10110"}, {"id": "10111"}], "customfield_10032", "", ["Moon"], "it is not one of: Web", in_list=True),
    FieldCase("Radio buttons", "Severity", "Major", "Major", "Major", _one("customfield_10102", "Major"), "customfield_10102", "", "Huge", "it is not one of: Minor"),
    FieldCase("Check boxes", "Checks", ["Docs"], "[Docs]", "Docs", _ref("customfield_10103", "Docs"), "customfield_10103", "", ["Paint"], "it is not one of: Unit tests", in_list=True),
    FieldCase("Flagged, or any single check box", "Flagged", True, "true", "yes", _ref("customfield_10104", "Impediment"), "customfield_10104", "", "maybe", "it is not one of: Impediment"),  # noqa: FBT003 -- what JSON has
    FieldCase("Cascading select", "Module", ["Sales", "Orders"], "[Sales, Orders]", "Sales -> Orders", {"id": "10120", "child": {"id": "10122"}}, "customfield_10039", "", "Sales > Tea", "it is not one of: Quotes"),
    FieldCase("Version", "Found in", "1.1", "1.1", "1.1", lambda fake: _version("1.1")(fake)[0], "customfield_10101", "Version", "9.9", "it is not one of: 1.0"),
    FieldCase("User picker", "Reviewer", "me", "me", "me", _account("me@example.com"), "customfield_10033", "UserDetails", "Nemo Nobody", "nobody could be found"),
    FieldCase("User picker, several", "Watching team", [MARIA, "Gil Guest"], f"[{MARIA}, Gil Guest]", f"{MARIA}; Gil Guest", lambda fake: [_account(MARIA)(fake), _account("gil.guest@example.com")(fake)], "customfield_10040", "UserDetails", ["Nemo Nobody"], "nobody could be found", in_list=True),
    FieldCase("Group", "Owner group", "jira-users", "jira-users", "jira-users", {"name": "jira-users"}, "customfield_10105", "GroupName", "no-such-group", "Jira refused it"),
    FieldCase("Groups", "Informed groups", ["jira-users", "jira-admins"], "[jira-users, jira-admins]", "jira-users; jira-admins", [{"name": "jira-users"}, {"name": "jira-admins"}], "customfield_10106", "GroupName", ["no-such-group"], "Jira refused it", in_list=True),
    FieldCase("Project picker", "Related project", "OPS", "OPS", "Operations", lambda fake: {"id": fake.project("OPS").id}, "customfield_10107", "Project", "Nowhere", "it is not one of: Demo project"),
    # fields of Jira's products
    FieldCase("Team", "Team", "Platform", "Platform", "Platform", _option("customfield_10001", "Platform"), "customfield_10001", "", "Plumbers", "there is no such team"),
    FieldCase("Assets objects", "Affected assets", [f"{WORKSPACE}:88"], f'["{WORKSPACE}:88"]', f"{WORKSPACE}:88", [{"id": f"{WORKSPACE}:88"}], "customfield_10108", "", ["ITSM-88"], "named by the ids of its workspace and itself", in_list=True),
    FieldCase("Organizations", "Organizations", lambda fake: [int(_option("customfield_10002", "Acme")(fake))], "", "", lambda fake: [int(_option("customfield_10002", "Acme")(fake))], "customfield_10002", "", ["Acme"], "Jira does not say which organizations there are", in_list=True),
    FieldCase("Request type", "Request Type", _option("customfield_10010", "Get help"), "", "", _option("customfield_10010", "Get help"), "customfield_10010", "", "Get help", "Jira does not say which request types there are"),
)  # fmt: skip
"""One for each kind of field."""


def of_site(case: FieldCase, fake: FakeJira) -> FieldCase:
    """The case with the numbers that this FakeJira gave its values."""
    from dataclasses import replace

    if not callable(case.value):
        return case
    value = case.value(fake)
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return replace(case, value=value, yaml=json.dumps(value), csv=text)


def table() -> str:
    """The table of the documentation."""
    fake = FakeJira()
    prepare(fake)
    lines = [
        "| Field | In JSON | In YAML | In a CSV cell | Sent to Jira | What cannot be sent |",
        "|---|---|---|---|---|---|",
    ]
    for case in (of_site(case, fake) for case in CASES):
        name = f"`{case.name}`" if case.own else f"`custom_fields.{case.name}`"
        bad = "" if case.bad is None else f"`{_short(case.bad)}`: "
        sent = (
            "an ADF document"
            if case.sent is None or '"doc"' in _json(case.expected(fake))
            else f"`{_json(case.expected(fake))}`"
        )
        cells = (
            f"{case.kind}<br>{name}",
            f"`{_json(case.value)}`",
            f"`{case.yaml}`",
            f"`{case.csv}`",
            sent,
            bad + case.why,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else _json(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


if __name__ == "__main__":
    print(table())
