"""Ways to sign in that go through Atlassian's gateway, from the command to a FakeJira on a socket."""

import json
from pathlib import Path
from subprocess import CompletedProcess

import anyio.to_thread
import pytest
from tests.e2e.test_cli import run

from jira_session_export.testing import FakeJira

CLASSIC = ("read:jira-user", "read:jira-work", "write:jira-work")
SPRINTS = ("read:board-scope:jira-software", "read:project:jira", "read:sprint:jira-software")
ENOUGH = {"JSE_PAUSE_SECONDS": "0", "NO_PROXY": "127.0.0.1"}


def served(scopes: tuple[str, ...]) -> FakeJira:
    fake = FakeJira(tokens=())
    fake.add_token("scoped", email="maria.silva@example.com", scopes=scopes)
    return fake


async def export(folder: Path, **env: str) -> CompletedProcess[str]:
    batch = folder / "batch.json"
    tickets = [{"title": "Offer only free slots", "sprint": "DEMO Sprint 2"}, {"title": "Booking page"}]
    batch.write_text(json.dumps({"project_key": "DEMO", "tickets": tickets}))
    return await anyio.to_thread.run_sync(lambda: run("export", str(batch), "--json", env={**ENOUGH, **env}))


@pytest.mark.parametrize(
    "credentials",
    [
        {"JIRA_EMAIL": "maria.silva@example.com", "JIRA_API_TOKEN": "scoped"},
        {"JIRA_ACCESS_TOKEN": "scoped"},
    ],
)
async def test_a_token_without_the_sprint_scopes_exports_without_sprints(
    tmp_path: Path, credentials: dict[str, str]
) -> None:
    fake = served(CLASSIC)
    async with fake.serve() as url:
        done = await export(tmp_path, JIRA_BASE_URL=f"{url}/ex/jira/{fake.cloud_id}", **credentials)
        assert done.returncode in {0, 1}, done.stderr
        results = json.loads(done.stdout)
        first, second = results["jira_tickets"]
        assert second["jira_url"] == f"{url}/browse/DEMO-2"
    assert [issue.summary for issue in fake.issues.values()] == ["Offer only free slots", "Booking page"]
    (fix,) = results["manual_fixes"]
    assert "read:board-scope:jira-software" in json.dumps(fix)
    assert first["jira_key"] == "DEMO-1"


async def test_with_the_sprint_scopes_the_sprint_is_set(tmp_path: Path) -> None:
    fake = served((*CLASSIC, *SPRINTS))
    async with fake.serve() as url:
        base = f"{url}/ex/jira/{fake.cloud_id}"
        done = await export(tmp_path, JIRA_BASE_URL=base, JIRA_ACCESS_TOKEN="scoped")
        assert json.loads(done.stdout)["manual_fixes"] == []


async def test_a_scope_that_is_needed_is_named(tmp_path: Path) -> None:
    fake = served(("read:jira-user", "read:jira-work"))
    async with fake.serve() as url:
        base = f"{url}/ex/jira/{fake.cloud_id}"
        done = await export(tmp_path, JIRA_BASE_URL=base, JIRA_ACCESS_TOKEN="scoped")
    assert done.returncode != 0
    assert "write:jira-work" in done.stderr + done.stdout
    assert fake.issues == {}
