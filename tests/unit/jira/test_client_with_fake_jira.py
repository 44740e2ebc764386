"""The client against a Jira that keeps what it is given, refuses what Jira refuses, and fails on demand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.oauth import OAuth2Auth, OAuth2Tokens
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import (
    AuthenticationError,
    MissingScopeError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    TooLargeError,
)
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, RateLimits, faults

CREATE = ("POST", "/issue")


@asynccontextmanager
async def opened(
    auth: Any = None, *, runtime: FakeRuntime | None = None, **options: Any
) -> AsyncIterator[tuple[JiraClient, FakeJira]]:
    runtime = runtime or FakeRuntime()
    fake = FakeJira(["PAY"], runtime=runtime, **options)
    auth = auth(fake) if callable(auth) else auth or ApiTokenAuth("maria.silva@example.com", "good")
    async with JiraClient(fake.base_url, auth, runtime=runtime, transport=fake.transport) as client:
        yield client, fake
    fake.faults.assert_all_used()


async def payload(client: JiraClient, summary: str = "Work", **fields: Any) -> dict[str, Any]:
    task = next(kind for kind in await client.issue_types("PAY") if kind.name == "Task")
    return {"fields": {"project": {"key": "PAY"}, "issuetype": {"id": task.id}, "summary": summary, **fields}}


async def test_all_an_export_reads_beforehand() -> None:
    async with opened() as (client, fake):
        me = await client.myself()
        assert me.email_address == "maria.silva@example.com"
        info = await client.server_info()
        assert info.deployment_type == "Cloud"
        assert client.browse_url("PAY-1") == f"{fake.base_url}/browse/PAY-1"
        granted = await client.permissions("PAY", ["CREATE_ISSUES", "LINK_ISSUES", "ADMINISTER"])
        assert granted == {"CREATE_ISSUES": True, "LINK_ISSUES": True, "ADMINISTER": False}
        project = await client.project("PAY")
        assert [component.name for component in project.components] == ["Backend", "Frontend", "Billing", "Docs"]
        types = {kind.name: kind for kind in await client.issue_types("PAY")}
        assert types["Sub-task"].subtask
        fields = {field.field_id: field for field in await client.create_fields("PAY", types["Task"].id)}
        assert fields["summary"].required
        assert {value.label for value in fields["priority"].allowed_values or ()} >= {"High", "Low"}
        people = await client.assignable_users("PAY")
        assert "Jonas Weber" in {user.display_name for user in people}
        (jonas,) = await client.assignable_users("PAY", query="jonas")
        assert await client.assignable_users("PAY", account_id=jonas.account_id) == (jonas,)
        boards = {board.type: board for board in await client.boards("PAY")}
        sprints = await client.sprints(boards["scrum"].id)
        assert {sprint.state for sprint in sprints} == {"active", "future"}
        assert await client.sprint(sprints[0].id) == sprints[0]
        with pytest.raises(RefusedError):
            await client.sprints(boards["kanban"].id)
        assert {kind.name for kind in await client.link_types()} >= {"Blocks", "Relates"}
        assert "High" in {priority.name for priority in await client.priorities()}
        assert {field.id for field in await client.fields()} >= {"summary", "customfield_10020"}
        settings = await client.attachment_settings()
        assert settings.enabled
        assert settings.upload_limit


async def test_an_issue_is_made_found_and_changed(tmp_path: Path) -> None:
    async with opened(index_lag=20) as (client, fake):
        marker = {"key": "jira-session-export", "value": {"session": "s", "ticket": "t", "attempt": 1}}
        first = await client.create_issue({**await payload(client), "properties": [marker]})
        second = await client.create_issue(await payload(client, "More work"))
        assert first == CreatedIssue(fake.issues["PAY-1"].id, "PAY-1", f"{fake.base_url}/browse/PAY-1")

        assert await client.search("project = PAY", properties=["jira-session-export"]) == ()
        fake_now = await client.search("project = PAY", reconcile_issues=[int(first.id)])
        assert [issue.key for issue in fake_now] == ["PAY-1"]
        read = await client.issue("PAY-1", fields=["summary"], properties=["jira-session-export"])
        assert read.fields["summary"] == "Work"
        assert read.properties["jira-session-export"] == marker["value"]

        await client.set_property("PAY-1", "note", {"a": [1]})
        assert await client.issue_property("PAY-1", "note") == {"a": [1]}
        with pytest.raises(NotFoundError):
            await client.issue_property("PAY-1", "other")
        await client.update_issue("PAY-1", {"summary": "Changed"})
        assert (await client.issue("PAY-1")).fields["summary"] == "Changed"
        me = await client.myself()
        await client.assign("PAY-1", me.account_id)
        assert (await client.issue("PAY-1")).fields["assignee"]["accountId"] == me.account_id
        await client.assign("PAY-1", None)
        assert (await client.issue("PAY-1")).fields["assignee"] is None

        for _ in range(2):
            await client.create_link("Blocks", inward_key=first.key, outward_key=second.key)
        (link,) = (await client.issue("PAY-1", fields=["issuelinks"])).links
        assert link.type.outward == "blocks"
        assert link.outward_issue is not None
        assert link.outward_issue.key == "PAY-2"

        (scrum,) = [board for board in await client.boards("PAY") if board.type == "scrum"]
        sprint = (await client.sprints(scrum.id))[0]
        await client.move_to_sprint(sprint.id, ["PAY-1", "PAY-2"])

        path = tmp_path / "Übersicht.txt"
        path.write_bytes(b"\x00content\r\n")
        info = await client.add_attachment("PAY-1", path.name, path)
        assert (info.filename, info.size, info.mime_type) == ("Übersicht.txt", 10, "text/plain")
        assert (await client.issue("PAY-1", fields=["attachment"])).attachments[0].id == info.id
        assert len(await client.media_id(info.id)) == 36


async def test_several_refused_fields_come_back_together() -> None:
    async with opened() as (client, fake):
        with pytest.raises(RefusedError) as caught:
            await client.create_issue(await payload(client, priority={"id": "99"}, labels=["a b"]))
        assert set(caught.value.refusal.field_errors) == {"priority", "labels"}
        assert caught.value.trace_id
        assert not fake.issues


async def test_a_refusal_means_the_same_in_german() -> None:
    async with opened(language="de") as (client, _):
        with pytest.raises(RefusedError) as caught:
            await client.create_issue(await payload(client, priority={"id": "99"}))
        assert set(caught.value.refusal.field_errors) == {"priority"}


async def test_a_file_over_the_limit() -> None:
    async with opened(upload_limit=10) as (client, _):
        await client.create_issue(await payload(client))
        with pytest.raises(TooLargeError):
            await client.add_attachment("PAY-1", "a.bin", b"x" * 11)


NOT_DONE = [faults.refuse_connection(), faults.connect_timeout(), faults.pool_timeout()]
MAYBE_DONE = [
    faults.drop_before(),
    faults.drop_after_commit(),
    faults.reset(),
    faults.reset(after_commit=True),
    faults.timeout_before(),
    faults.timeout_after_commit(),
    faults.truncated(),
    faults.bad_json(),
    faults.html_body(200, after_commit=True),
    faults.html_body(503),
    faults.empty(201, after_commit=True),
    *[faults.status(code, after_commit=after) for code in (500, 502, 503, 504) for after in (False, True)],
    faults.late_commit(5),
    faults.slow(100),
]


@pytest.mark.parametrize("kind", NOT_DONE, ids=str)
async def test_a_create_that_never_left_is_made_once(kind: faults.FaultKind) -> None:
    async with opened() as (client, fake):
        body = await payload(client)
        fake.faults.add(Fault(CREATE, kind, times=4))
        assert (await client.create_issue(body)).key == "PAY-1"
        assert len(fake.issues) == 1
        fake.faults.add(Fault(CREATE, kind, times=5))
        with pytest.raises(NotSentError):
            await client.create_issue(body)
        assert len(fake.issues) == 1


@pytest.mark.parametrize("kind", MAYBE_DONE, ids=lambda kind: kind.name)
async def test_a_create_is_never_made_twice(kind: faults.FaultKind) -> None:
    async with opened() as (client, fake):
        body = await payload(client)
        fake.faults.add(Fault(CREATE, kind))
        with pytest.raises(OutcomeUnknownError):
            await client.create_issue(body)
        assert len(fake.creates) == 1
        assert len(fake.issues) <= 1


@pytest.mark.parametrize("kind", [*NOT_DONE, *MAYBE_DONE[:-1]], ids=lambda kind: kind.name)
async def test_reads_searches_and_links_go_through(kind: faults.FaultKind) -> None:
    async with opened() as (client, fake):
        for _ in range(2):
            await client.create_issue(await payload(client))
        times = 1 if kind.carries_out else 3
        for match in (("GET", "/issue/*"), ("POST", "/search/jql"), ("POST", "/issueLink")):
            fake.faults.add(Fault(match, kind, times=times))
        # An empty 201 or a page with 200 is an answer only where nothing else is expected.
        await client.issue("PAY-1")
        assert len(await client.search("project = PAY")) == 2
        try:
            await client.create_link("Blocks", inward_key="PAY-1", outward_key="PAY-2")
        finally:
            assert len(fake.links) <= 1
        assert len(fake.links) == 1


@pytest.mark.parametrize("headers", list(faults.RateLimitHeaders))
@pytest.mark.parametrize("reason", list(faults.RateLimitReason))
async def test_every_rate_limit_is_waited_out(headers: Any, reason: Any) -> None:
    runtime = FakeRuntime()
    async with opened(runtime=runtime) as (client, fake):
        body = await payload(client)
        fake.faults.add(Fault(CREATE, faults.rate_limit(reason, 70, headers), times=2))
        started = runtime.monotonic()
        await client.create_issue(body)
        waited = runtime.monotonic() - started
        asked = headers in {faults.RateLimitHeaders.STANDARD, faults.RateLimitHeaders.STRUCTURED}
        assert waited == pytest.approx(140) if asked else waited > 2
        assert len(fake.issues) == 1


async def test_a_site_with_limits_gets_no_more_than_it_takes() -> None:
    async with opened(limits=RateLimits(per_issue_writes=True)) as (client, fake):
        await client.create_issue(await payload(client))
        for number in range(45):
            await client.set_property("PAY-1", "n", number)
        assert len(fake.issues) == 1
        assert 429 in {request.status for request in fake.requests}


async def test_an_hourly_quota_is_not_waited_for() -> None:
    async with opened() as (client, fake):
        body = await payload(client)
        fake.faults.add(Fault(CREATE, faults.rate_limit(faults.RateLimitReason.GLOBAL_QUOTA, 3000)))
        with pytest.raises(RateLimitedError) as caught:
            await client.create_issue(body)
        assert caught.value.retry_after is not None
        assert caught.value.retry_after.total_seconds() == 3000
        assert "50 min" in caught.value.user_message


async def test_an_expired_token_is_told_wherever_it_shows() -> None:
    async with opened() as (client, fake):
        body = await payload(client)
        await client.create_issue(body)
        fake.expire_token()
        calls = [
            client.myself(),
            client.project("PAY"),
            client.issue("PAY-1"),
            client.search("project = PAY"),
            client.create_issue(body),
            client.fields(),
        ]
        for call in calls:
            with pytest.raises(AuthenticationError) as caught:
                await call
            assert "API token" in caught.value.recovery_actions[0]
        assert len(fake.issues) == 1


async def test_a_project_that_is_not_there_is_not_found() -> None:
    async with opened() as (client, _):
        with pytest.raises(NotFoundError) as caught:
            await client.project("NOPE")
        assert "read project NOPE" in caught.value.user_message


async def test_a_scoped_token_works_through_the_gateway_only() -> None:
    scopes = {"read:jira-work", "write:jira-work", "read:jira-user"}
    runtime = FakeRuntime()
    fake = FakeJira(["PAY"], runtime=runtime, tokens=(), base_url="https://demo.atlassian.net")
    fake.add_token("scoped", email="maria.silva@example.com", scopes=scopes)
    options: dict[str, Any] = {"runtime": runtime, "transport": fake.transport}
    auth = ApiTokenAuth("maria.silva@example.com", "scoped")
    async with JiraClient(fake.base_url, replace(auth, scoped=False), **options) as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.project("PAY")
        assert "scoped=True" in caught.value.recovery_actions[0]
    async with JiraClient(fake.base_url, auth, **options) as client:
        issue = await client.create_issue(await payload(client))
        assert issue.url == f"{fake.base_url}/browse/PAY-1"
        with pytest.raises(MissingScopeError) as caught:
            await client.boards("PAY")
        assert "read:board-scope:jira-software" in caught.value.user_message
    assert len(fake.sent("GET", "/_edge/tenant_info")) == 1


async def test_oauth_goes_on_through_a_long_export() -> None:
    runtime = FakeRuntime()
    fake = FakeJira(["PAY"], runtime=runtime)
    grant = fake.authorize()
    kept: list[OAuth2Tokens] = []

    async def save(tokens: OAuth2Tokens) -> None:
        kept.append(tokens)

    auth = OAuth2Auth(
        client_id=grant.client_id,
        client_secret=grant.client_secret,
        tokens=OAuth2Tokens("ended", grant.refresh_token, runtime.now()),
        save=save,
    )
    async with JiraClient(fake.base_url, auth, runtime=runtime, transport=fake.transport) as client:
        for _ in range(4):
            await client.create_issue(await payload(client))
            runtime.clock.advance(3000)
        fake.expire_token()
        await client.create_issue(await payload(client))
    assert len(fake.issues) == 5
    assert [tokens.refresh_token for tokens in kept][-1] == grant.refresh_token
    assert len(kept) == grant.refreshes <= 5


async def test_a_bearer_token_of_the_host() -> None:
    async with opened(lambda fake: BearerAuth("any")) as (client, _):
        assert (await client.create_issue(await payload(client))).key == "PAY-1"
