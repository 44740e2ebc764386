"""Ordinary Jira clients, unchanged, over a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from atlassian import Jira
from jira import JIRA, JIRAError

from jira_session_export.testing import FakeJira


@pytest.fixture
def fake() -> FakeJira:
    return FakeJira(tokens=["token"])


@pytest.fixture
def url(fake: FakeJira) -> Iterator[str]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(fake.serve()) as url:
        yield url


def test_pycontribs_jira(url: str, fake: FakeJira, tmp_path: Path) -> None:
    client = JIRA(server=url, basic_auth=("maria.silva@example.com", "token"), max_retries=0)
    try:
        assert client.server_info()["deploymentType"] == "Cloud"
        assert client.myself()["displayName"] == "Maria Silva"
        assert [project.key for project in client.projects()] == ["DEMO"]
        project = client.project("DEMO")
        assert "Task" in [each.name for each in project.issueTypes]
        first, second = (
            client.create_issue(project="DEMO", issuetype={"name": "Task"}, summary=summary, description="one\ntwo")
            for summary in ("First", "Second")
        )
        assert (first.key, first.fields.summary, first.fields.description) == ("DEMO-1", "First", "one\ntwo")
        path = tmp_path / "notes.txt"
        path.write_bytes(b"notes")
        attachment = client.add_attachment(first, str(path))
        assert (attachment.filename, attachment.get()) == ("notes.txt", b"notes")
        client.create_issue_link("Blocks", inwardIssue=first.key, outwardIssue=second.key)
        link = client.issue(second.key).fields.issuelinks[0]
        assert (link.type.inward, link.inwardIssue.key) == ("is blocked by", "DEMO-1")
        client.add_comment(first, "seen")
        first.update(fields={"summary": "Renamed", "labels": ["x"]})
        client.assign_issue(first, "jonas.weber@example.com")
        again = client.issue("DEMO-1")
        assert (again.fields.summary, again.fields.labels) == ("Renamed", ["x"])
        assert again.fields.assignee.displayName == "Jonas Weber"
        assert again.fields.comment.comments[0].body == "seen"
        with pytest.raises(JIRAError, match="The priority selected is invalid"):
            client.create_issue(project="DEMO", issuetype={"name": "Task"}, summary="x", priority={"name": "Nope"})
    finally:
        client.close()
    assert fake.issues["DEMO-1"].attachments[0].content == b"notes"


def test_atlassian_python_api(url: str, fake: FakeJira) -> None:
    with Jira(url=url, username="maria.silva@example.com", password="token", cloud=True) as client:
        assert client.myself()["displayName"] == "Maria Silva"
        created = client.issue_create(
            {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "Made", "labels": ["x"]}
        )
        assert created["key"] == "DEMO-1"
        issue = client.issue("DEMO-1")
        assert (issue["fields"]["summary"], issue["fields"]["labels"]) == ("Made", ["x"])
    assert fake.issues["DEMO-1"].labels == ["x"]


def test_a_wrong_token_is_noticed_by_them(url: str) -> None:
    client = JIRA(server=url, basic_auth=("maria.silva@example.com", "wrong"), max_retries=0)
    with pytest.raises(JIRAError) as caught:
        client.myself()
    client.close()
    assert caught.value.status_code == 401
