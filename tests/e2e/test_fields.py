"""Every kind of field, in every format: planned, exported, and held against Atlassian's own shapes."""

import csv
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.e2e.field_cases import CASES, FieldCase, of_site, prepare, table

from jira_session_export import (
    ApiTokenAuth,
    Exporter,
    ExportService,
    ExportSettings,
    InMemoryStore,
    JiraClient,
    load_batch,
)
from jira_session_export.testing import FakeJira, FakeRuntime, FieldKind

ROOT = Path(__file__).parents[2]
OPENAPI = ROOT / "tests/unit/testing/openapi/jira-platform-v3.json"
CUSTOM = "custom_fields"


class Nowhere:
    """A runner that leaves the work to the test."""

    async def submit(self, session_id: object) -> None:
        """Nothing."""


@cache
def openapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(OPENAPI.read_text())
    return document


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    validator = Draft202012Validator({**schema, "components": openapi()["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def as_json(cases: list[FieldCase], folder: Path) -> Path:
    tickets = []
    for number, case in enumerate(cases):
        given = {case.name: case.value}
        tickets.append({"id": f"t{number}", "title": case.kind, **(given if case.own else {CUSTOM: given})})
    path = folder / "batch.json"
    path.write_text(json.dumps({"project_key": "DEMO", "tickets": tickets}))
    return path


def as_yaml(cases: list[FieldCase], folder: Path) -> Path:
    lines = ["project_key: DEMO", "tickets:"]
    for number, case in enumerate(cases):
        lines += [f"- id: t{number}", f"  title: {json.dumps(case.kind)}"]
        lines += [f"  {case.name}: {case.yaml}"] if case.own else [f"  {CUSTOM}:", f"    {case.name}: {case.yaml}"]
    path = folder / "batch.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def as_csv(cases: list[FieldCase], folder: Path) -> Path:
    columns = {case.name: case.name if case.own else f"{CUSTOM}.{case.name}{'[]' * case.in_list}" for case in cases}
    table = io.StringIO()
    writer = csv.DictWriter(table, ["id", "title", *columns.values()])
    writer.writeheader()
    for number, case in enumerate(cases):
        writer.writerow({"id": f"t{number}", "title": case.kind, columns[case.name]: case.csv})
    path = folder / "batch.csv"
    path.write_text(table.getvalue())
    return path


class Site:
    """A FakeJira with every kind of field, and what exports to it."""

    def __init__(self) -> None:
        self.runtime = FakeRuntime()
        self.fake = FakeJira(runtime=self.runtime)
        prepare(self.fake)
        self.cases = [of_site(case, self.fake) for case in CASES]
        auth = ApiTokenAuth("me@example.com", "token")
        self.client = JiraClient(self.fake.base_url, auth, runtime=self.runtime, transport=self.fake.transport)
        self.store = InMemoryStore()
        settings = ExportSettings(pause_seconds=0, marker_label="")
        self.service = ExportService(self.store, self.client, Nowhere(), settings=settings, runtime=self.runtime)
        self.exporter = Exporter(self.client, self.store, settings=settings, runtime=self.runtime)


@pytest.fixture
async def site() -> Any:
    site = Site()
    async with site.client:
        yield site


@pytest.mark.parametrize("write", [as_json, as_yaml, as_csv])
async def test_every_kind_of_field_arrives_as_asked_in_every_format(site: Site, write: Any, tmp_path: Path) -> None:
    session = load_batch(write(site.cases, tmp_path), project_key="DEMO")
    plan = await site.service.plan(session)
    assert plan.ready
    assert plan.manual_fixes_predicted == 0, [issue.manual_fixes for issue in plan.issues if issue.manual_fixes]
    await site.store.put(session)
    await site.service.start(session.id)
    state = await site.exporter.execute(session.id)
    assert (state.status, state.exported, state.manual_fix_count) == ("completed", len(CASES), 0)
    for case, planned, created in zip(site.cases, plan.issues, site.fake.creates, strict=True):
        assert planned.payload is not None
        sent = created.json["fields"][case.field_id]
        assert sent == planned.payload["fields"][case.field_id], case.kind
        if case.sent is not None:
            assert sent == case.expected(site.fake), case.kind
        assert not problems(openapi()["requests"]["/rest/api/3/issue"]["post"], created.json)
        if case.schema:
            for item in sent if isinstance(sent, list) else [sent]:
                assert not problems({"$ref": f"#/components/schemas/{case.schema}"}, item), case.kind
        assert site.fake.issues[f"DEMO-{planned.order}"].fields[case.field_id] is not None


GERMAN = {
    "timetracking": "Zeiterfassung",
    "security": "Sicherheitsstufe",
    "environment": "Umgebung",
    "versions": "Betroffene Versionen",
    "customfield_10001": "Mannschaft",
    "customfield_10002": "Organisationen",
    "customfield_10010": "Anfragetyp",
    "customfield_10028": "Story\u00a0Points",
}


async def test_an_account_in_another_language_takes_the_english_names(site: Site, tmp_path: Path) -> None:
    for field_id, name in GERMAN.items():
        site.fake.fields[field_id].name = name
    session = load_batch(as_csv(site.cases, tmp_path), project_key="DEMO")
    plan = await site.service.plan(session)
    assert [issue.manual_fixes for issue in plan.issues if issue.manual_fixes] == []
    for case, planned in zip(site.cases, plan.issues, strict=True):
        assert planned.payload is not None
        assert case.field_id in planned.payload["fields"], case.kind


async def test_story_points_go_where_the_setting_says(site: Site, tmp_path: Path) -> None:
    size = site.fake.add_field("customfield_10900", "Size", FieldKind.NUMBER)
    site.fake.project("DEMO").issue_type("Task").add_field(size.id)
    path = tmp_path / "batch.json"
    path.write_text(json.dumps([{"title": "A", "story_points": 5}]))
    settings = ExportSettings(story_points_field="size")
    service = ExportService(site.store, site.client, Nowhere(), settings=settings, runtime=site.runtime)
    (planned,) = (await service.plan(load_batch(path, project_key="DEMO"))).issues
    assert planned.payload is not None
    assert planned.payload["fields"]["customfield_10900"] == 5
    assert "customfield_10028" not in planned.payload["fields"]


@pytest.mark.parametrize("case", [case for case in CASES if case.bad is not None], ids=lambda case: case.kind)
async def test_what_cannot_be_sent_is_left_out_and_said(site: Site, case: FieldCase, tmp_path: Path) -> None:
    given = {case.name: case.bad}
    ticket = {"title": case.kind, **(given if case.own else {CUSTOM: given})}
    path = tmp_path / "batch.json"
    path.write_text(json.dumps([ticket]))
    session = load_batch(path, project_key="DEMO")
    plan = await site.service.plan(session)
    assert plan.ready
    await site.store.put(session)
    await site.service.start(session.id)
    state = await site.exporter.execute(session.id)
    assert (state.exported, state.manual_fix_count) == (1, 1)
    (ticket_state,) = await site.store.ticket_states(session.id)
    (fix,) = ticket_state.manual_fixes
    assert case.why in fix.done_instead
    assert fix.field == case.name


def test_the_documentation_shows_what_was_tested() -> None:
    page = (ROOT / "docs/reference/fields.md").read_text()
    assert table() in page, "put the output of `python -m tests.e2e.field_cases` into docs/reference/fields.md"
