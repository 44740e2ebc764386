"""What becomes of a ticket's fields: a batch file, exported by the SDK over a real socket, as Jira then has it.

Each case is also planned first: a dry run must say what the export says.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jira_session_export import (
    ApiTokenAuth,
    Exporter,
    ExportService,
    ExportSettings,
    JiraClient,
    load_batch,
)
from jira_session_export._cli.export import Foreground
from jira_session_export.errors import BatchFileError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira, Fault, FieldKind, faults


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the SQLAlchemy store's


@dataclass(frozen=True)
class Outcome:
    """What an export of one session did.

    Attributes:
        fixes: (field, asked for, done instead) of each manual fix.
        failure: why it stopped; None when it completed.
        files: names of what was attached.
    """

    status: str
    fixes: Sequence[tuple[str, str, str]]
    failure: str | None
    issues: Sequence[Any]
    files: Sequence[str]


class Bench:
    """A Jira on a socket, and exports to it."""

    def __init__(self, fake: FakeJira, url: str, folder: Path) -> None:
        self.fake = fake
        self.url = url
        self.folder = folder
        self.settings = ExportSettings(pause_seconds=0)
        self.project = fake.project("DEMO")
        self.task = self.project.issue_type("Task")

    def file(self, text: str, ending: str) -> Path:
        path = self.folder / f"batch{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    async def export(self, *tickets: dict[str, Any]) -> Outcome:
        texts = [{"title": f"Ticket {number}", **ticket} for number, ticket in enumerate(tickets, 1)]
        return await self.export_file(self.file(json.dumps({"tickets": texts}), ".json"))

    async def export_file(self, path: Path) -> Outcome:
        session = load_batch(path.parent if path.suffix == ".md" else path, project_key="DEMO")
        async with (
            SqlAlchemyStore.open(f"sqlite:///{self.folder / 'state.sqlite3'}") as store,
            JiraClient(self.url, ApiTokenAuth("me@example.com", "x")) as client,
        ):
            await store.migrate()
            await store.put(session)
            service = ExportService(store, client, Foreground(), settings=self.settings)
            plan = await service.plan(session)
            assert self.fake.writes == []
            await service.start(session.id)
            state = await Exporter(client, store, settings=self.settings).execute(session.id)
            results = await service.results(session.id)
            states = await store.ticket_states(session.id)
        fixes = [(fix.field, fix.asked_for, fix.done_instead) for each in states for fix in each.manual_fixes]
        failure = state.failure.message if state.failure else None
        refusals = [row for row in self.fake.creates if row.status != 201]
        if not refusals:  # what Jira alone knows cannot be planned
            told = [fix.recommended_action for fix in results.manual_fixes]
            planned = [fix for issue in plan.issues for fix in issue.manual_fixes]
            assert failure or [fix for fix in told if fix in planned] == planned
            assert plan.ready == (failure is None)
            errors = [issue.error_message for issue in plan.issues if issue.error_message]
            assert failure is None or errors[0] in failure
        issues = list(self.fake.issues.values())
        files = [attachment.filename for issue in issues for attachment in issue.attachments]
        return Outcome(state.status, fixes, failure, issues, files)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    fake = FakeJira()
    async with fake.serve() as url:
        yield Bench(fake, url, tmp_path)


# -- no description --------------------------------------------------------------------------------------------------

NOTHING = ["", " \n", "<p></p>", "<p>&nbsp;</p>", "<p><br></p>", "<div>\ufeff</div><hr>", "<!-- note -->"]
DEFAULT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Steps:"}]}],
}


@pytest.mark.parametrize("field", ["description_html", "description_markdown"])
async def test_without_a_description_jiras_default_stays(bench: Bench, field: str) -> None:
    bench.task.add_field("description", default=DEFAULT)
    outcome = await bench.export({}, *({field: nothing} for nothing in NOTHING))
    assert (outcome.failure, outcome.fixes, outcome.files) == (None, [], [])
    assert [issue.description for issue in outcome.issues] == [DEFAULT] * (len(NOTHING) + 1)


async def test_without_a_description_a_screen_that_lacks_the_field_is_no_matter(bench: Bench) -> None:
    bench.task.remove_field("description")
    outcome = await bench.export({}, *({"description_html": nothing} for nothing in NOTHING))
    assert (outcome.failure, outcome.fixes, outcome.files) == (None, [], [])


async def test_a_mandatory_description_is_not_invented(bench: Bench) -> None:
    bench.task.require("description")
    outcome = await bench.export({"description_html": "<p> </p>"})
    assert outcome.issues == []
    assert "Description is mandatory, and the ticket does not give it" in (outcome.failure or "")


@pytest.mark.parametrize("nothing", NOTHING)
async def test_an_empty_rich_text_leaves_its_field_alone(bench: Bench, nothing: str) -> None:
    bench.task.add_field("Acceptance criteria", default=DEFAULT)
    outcome = await bench.export({"custom_fields": {"Acceptance criteria": nothing}})
    assert (outcome.failure, outcome.fixes) == (None, [])
    assert outcome.issues[0].fields["customfield_10036"].document == DEFAULT


async def test_a_mandatory_rich_text_is_not_invented(bench: Bench) -> None:
    bench.task.require("Acceptance criteria")
    outcome = await bench.export({"custom_fields": {"Acceptance criteria": "<p></p>"}})
    assert outcome.issues == []
    assert "Acceptance criteria is mandatory" in (outcome.failure or "")


async def test_a_description_of_images_alone_leaves_no_empty_file(bench: Bench) -> None:
    bench.task.remove_field("description")
    outcome = await bench.export({"description_html": '<img src="data:image/png;base64,iVBORw0KGgo=">'})
    assert [fix[0] for fix in outcome.fixes] == ["description", "description"]
    assert len(outcome.files) == 1
    assert "full-description.txt" not in outcome.files


# -- who sees an issue -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("security", "Internal"),
        ("Security Level", "internal"),
        ("security level", "10200"),
        ("security", {"name": "Internal"}),
        ("Security Level", {"id": "10200"}),
    ],
)
async def test_a_security_level_is_set(bench: Bench, name: str, level: Any) -> None:
    bench.task.add_field("security")
    outcome = await bench.export({"custom_fields": {name: level}})
    assert (outcome.failure, outcome.fixes) == (None, [])
    assert outcome.issues[0].fields["security"] == {"id": "10200", "name": "Internal"}


@pytest.mark.parametrize("name", ["security", "Security Level", "Securty Level", "Sicherheitsstufe", "Restrict to"])
async def test_a_security_level_off_the_screen_stops_before_the_create(bench: Bench, name: str) -> None:
    outcome = await bench.export({"custom_fields": {name: "Internal"}})
    assert (outcome.issues, bench.fake.creates) == ([], [])
    assert f"{name} (Internal) restricts who sees the issue" in (outcome.failure or "")


@pytest.mark.parametrize("level", ["Internl", {"id": "4711"}, ["Internal", "Management"], True])
async def test_a_misspelt_security_level_stops_before_the_create(bench: Bench, level: Any) -> None:
    bench.task.add_field("security")
    outcome = await bench.export({}, {"custom_fields": {"Security Level": level}})
    assert len(bench.fake.creates) == 1
    assert "Ticket 2" in (outcome.failure or "")
    assert "restricts who sees the issue" in (outcome.failure or "")


async def test_a_security_level_the_account_may_not_set_stops(bench: Bench) -> None:
    bench.task.add_field("security")
    bench.fake.revoke("SET_ISSUE_SECURITY")
    outcome = await bench.export({"custom_fields": {"Security Level": "Internal"}})
    assert outcome.issues == []
    assert "Security Level" in (outcome.failure or "")


async def test_a_refused_security_level_stops_and_is_not_left_out(bench: Bench) -> None:
    bench.task.add_field("security").add_field("Customer reference")
    bench.fake.faults.add(
        Fault(("POST", "/issue"), faults.status(400, {"errorMessages": [], "errors": {"security": "Not for you."}}))
    )
    outcome = await bench.export({"custom_fields": {"security": "Internal"}})
    assert outcome.issues == []
    assert "Not for you. It restricts who sees the issue" in (outcome.failure or "")


# -- what was written is what is sent --------------------------------------------------------------------------------

RELEASES = """
project_key: DEMO
tickets:
- title: A
  fix_versions: [1.10]
  labels: 2.0, needs review
  components: Sales, EMEA; Backend
  custom_fields:
    Release: 1.10
    Customer reference: 1.10
    Effort in days: 1.50
    Affects versions: 1.10, 2.0
    Tags: 1e3; true
"""
AS_JSON = json.dumps(
    {
        "tickets": [
            {
                "title": "A",
                "fix_versions": "%",
                "labels": "2.0, needs review",
                "components": ["Sales, EMEA", "Backend"],
                "custom_fields": {
                    "Release": "%",
                    "Customer reference": "%",
                    "Effort in days": "1.50",
                    "Affects versions": ["%", "2.0"],
                    "Tags": ["1e3", True],
                },
            }
        ]
    }
).replace('"%"', "1.10")
AS_CSV = (
    "title,fix_versions,labels,components,custom_fields.Release,custom_fields.Customer reference,"
    "custom_fields.Effort in days,custom_fields.Affects versions,custom_fields.Tags\n"
    'A,1.10,"2.0, needs review","Sales, EMEA; Backend",1.10,1.10,1.50,"1.10, 2.0",1e3; true\n'
)
AS_MARKDOWN = "---\n" + "\n".join(line[2:] for line in RELEASES.splitlines()[3:]) + "\n---\n"


@pytest.mark.parametrize(
    ("text", "ending"), [(AS_JSON, ".json"), (RELEASES, ".yaml"), (AS_CSV, ".csv"), (AS_MARKDOWN, "/a.md")]
)
async def test_numbers_and_lists_arrive_as_written_from_every_format(bench: Bench, text: str, ending: str) -> None:
    bench.fake.add_version("DEMO", "1.10")
    bench.fake.add_component("DEMO", "Sales, EMEA")
    bench.fake.add_field("customfield_10500", "Release", FieldKind.OPTION, options=["1.1", "1.10"])
    bench.fake.add_field("customfield_10501", "Tags", FieldKind.LABELS)
    for field in ("customfield_10500", "customfield_10501", "versions"):
        bench.task.add_field(field)
    outcome = await bench.export_file(bench.file(text, ending))
    assert outcome.failure is None
    assert outcome.fixes == [
        ("labels", "needs review", "needs-review was sent, because a label in Jira holds no spaces")
    ]
    fields = outcome.issues[0].fields
    assert [version["name"] for version in fields["fixVersions"]] == ["1.10"]
    assert {version["name"] for version in fields["versions"]} == {"1.10", "2.0"}
    assert {component["name"] for component in fields["components"]} == {"Sales, EMEA", "Backend"}
    assert set(fields["labels"]) > {"2.0", "needs-review"}
    assert fields["customfield_10500"]["value"] == "1.10"
    assert fields["customfield_10037"] == "1.10"
    assert fields["customfield_10034"] == 1.5
    assert set(fields["customfield_10501"]) == {"1e3", "true"}


async def test_a_version_that_is_not_there_is_named_as_it_was_written(bench: Bench) -> None:
    outcome = await bench.export_file(bench.file(RELEASES, ".yaml"))
    asked = {fix[1] for fix in outcome.fixes}
    assert {"1.10", "Sales", "EMEA"} <= asked


@pytest.mark.parametrize("number", ["NaN", "1e400", "-Infinity"])
def test_a_number_that_jira_cannot_hold_names_its_place(tmp_path: Path, number: str) -> None:
    path = tmp_path / "b.json"
    tickets = '[{"title": "A", "custom_fields": {"Effort in days": 0}}]'
    path.write_text(tickets.replace("0", number))
    with pytest.raises(BatchFileError, match=f"field custom_fields.Effort in days: {number} is no number"):
        load_batch(path, project_key="DEMO")


# -- a refusal that names no field -----------------------------------------------------------------------------------

UNSUPPORTED = (
    "We can't create this issue for you right now, it could be due to unsupported content in one or more fields."
)


def without_macros(fields: Mapping[str, Any]) -> str | None:
    return UNSUPPORTED if "macro" in str(fields.get("description")) else None


def needs_an_approval(fields: Mapping[str, Any]) -> str | None:
    return "Für diesen Vorgang fehlt eine Freigabe." if "risky" in fields["summary"] else None


async def test_unsupported_content_costs_the_description_of_one_issue_and_no_batch(bench: Bench) -> None:
    bench.project.validators.append(without_macros)
    outcome = await bench.export(
        {"description_html": "<p>plain"}, {"description_html": "<p>a macro", "labels": "x"}, {"labels": "y"}
    )
    assert outcome.failure is None
    assert [request.status for request in bench.fake.creates] == [201, 400, 201, 201]
    assert [fix[0] for fix in outcome.fixes] == ["description", "labels"]
    assert all(UNSUPPORTED in fix[2] for fix in outcome.fixes)
    assert outcome.files == ["full-description.txt"]
    assert outcome.issues[1].attachments[0].content == b"a macro"


async def test_a_workflow_validator_stops_at_its_ticket_after_one_more_try(bench: Bench) -> None:
    bench.project.validators.append(needs_an_approval)
    outcome = await bench.export({}, {"title": "risky", "description_html": "<p>x"}, {})
    assert [request.status for request in bench.fake.creates] == [201, 400, 400]
    assert outcome.failure is not None
    assert outcome.failure.startswith("Ticket 2 (risky): Jira refuses to create the issue, also without")
    assert "Für diesen Vorgang fehlt eine Freigabe." in outcome.failure


async def test_a_parent_off_the_create_screen_gets_a_second_try(bench: Bench) -> None:
    bench.project.edit_screen("Task").remove_field("parent")
    bench.task.remove_field("parent")
    outcome = await bench.export({"id": "e", "issue_type": "Epic"}, {"parent": "e"})
    assert (outcome.failure, outcome.fixes) == (None, [])
    assert outcome.issues[1].parent == outcome.issues[0].key


async def test_odd_allowed_values_cost_themselves_alone(bench: Bench) -> None:
    for field in ("priority", "Environment type", "Affected platforms", "Module", "components"):
        bench.task.list_also(field, None, {"id": {"x": 1}}, ["a"], {"value": {"en": "Red"}})
    fields = {"Environment type": "Staging", "Affected platforms": "Web, iOS", "Module": "Sales > Quotes"}
    outcome = await bench.export({"priority": "High", "components": "Docs", "custom_fields": fields})
    assert (outcome.failure, outcome.fixes) == (None, [])
    assert outcome.issues[0].fields["customfield_10031"]["value"] == "Staging"


async def test_what_jira_changes_by_itself_is_said_when_asked_to_look(bench: Bench) -> None:
    bench.settings = bench.settings.model_copy(update={"verify_after_create": True})
    bench.project.post_functions.append(
        lambda fields: {name: value for name, value in fields.items() if name not in {"description", "duedate"}}
    )
    outcome = await bench.export({"description_html": "<p>x", "due_date": "2027-01-31"}, {})
    assert outcome.failure is None
    assert [fix[:2] for fix in outcome.fixes] == [("description", "the whole description"), ("due_date", "2027-01-31")]
    assert sum(request.resource == "/issue/bulkfetch" for request in bench.fake.requests) == 1
