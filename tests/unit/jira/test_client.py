import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from jira_session_export._jira.auth import BearerAuth
from jira_session_export._jira.upload import UploadSourceError
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import (
    AuthenticationError,
    NotFoundError,
    OutcomeUnknownError,
    TooLargeError,
    UnreadableAnswerError,
)

Open = Callable[..., Any]
API = "/rest/api/3"
AGILE = "/rest/agile/1.0"
NO_CONTENT = httpx.Response(204)


def ok(body: object, **headers: str) -> httpx.Response:
    return httpx.Response(200, json=body, headers=headers)


def query(request: httpx.Request) -> dict[str, str]:
    return dict(request.url.params)


async def test_the_address_for_people_comes_from_the_site_itself(jira, open_client: Open) -> None:
    info = {
        "baseUrl": "https://demo.atlassian.net",
        "displayUrl": "https://jira.example.com/",
        "deploymentType": "Cloud",
    }
    jira.on(f"{API}/serverInfo", ok(info)).on(f"{API}/issue", httpx.Response(201, json={"id": "1", "key": "PAY-1"}))
    async with open_client() as client:
        assert (await client.create_issue({})).url == "https://demo.atlassian.net/browse/PAY-1"
        await client.server_info()
        assert await client.create_issue({}) == CreatedIssue("1", "PAY-1", "https://jira.example.com/browse/PAY-1")


async def test_through_the_gateway_the_address_for_people_is_asked_for_once(jira, open_client: Open) -> None:
    base = "/ex/jira/11aa"
    jira.on(f"{base}{API}/serverInfo", ok({"baseUrl": "https://demo.atlassian.net"}))
    jira.on(f"{base}{API}/issue", httpx.Response(201, json={"id": "1", "key": "PAY-1"}))
    auth = BearerAuth("t", uses_gateway=True)
    async with open_client(auth, base_url="https://api.atlassian.com/ex/jira/11aa") as client:
        for _ in range(2):
            assert (await client.create_issue({})).url == "https://demo.atlassian.net/browse/PAY-1"
    assert len(jira.requests) == 3


async def test_permissions_not_named_in_the_answer_are_missing(jira, open_client: Open) -> None:
    jira.on(
        f"{API}/mypermissions",
        ok({"permissions": {"CREATE_ISSUES": {"havePermission": True}, "X": {"havePermission": False}}}),
    )
    async with open_client() as client:
        granted = await client.permissions("PAY", ["CREATE_ISSUES", "X", "LINK_ISSUES"])
    assert granted == {"CREATE_ISSUES": True, "X": False, "LINK_ISSUES": False}
    assert query(jira.requests[0]) == {"permissions": "CREATE_ISSUES,X,LINK_ISSUES", "projectKey": "PAY"}


async def test_pages_advance_by_what_came(jira, open_client: Open) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["startAt"])
        fields = [{"fieldId": f"f{number}"} for number in range(start, min(start + 30, 75))]
        return httpx.Response(200, json={"startAt": start, "maxResults": 30, "total": 75, "fields": fields})

    jira.on(f"{API}/issue/createmeta/PAY/issuetypes/10001", page)
    async with open_client() as client:
        fields = await client.create_fields("PAY", "10001")
    assert [field.field_id for field in fields] == [f"f{number}" for number in range(75)]
    assert [request.url.params["startAt"] for request in jira.requests] == ["0", "30", "60"]
    assert {request.url.params["maxResults"] for request in jira.requests} == {"200"}


@pytest.mark.parametrize(
    "pages",
    [
        [{"values": [{"id": 1}, {"id": 2}], "isLast": False}, {"values": [{"id": 3}], "isLast": True}],
        [{"values": [{"id": 1}, {"id": 2}]}, {"values": [{"id": 3}]}, {"values": []}],
        [{"values": [{"id": 1}, {"id": 2}, {"id": 3}], "total": 3, "isLast": False}],
        [
            {"values": [{"id": 1}, {"id": 2}], "total": 900},
            {"values": [{"id": 3}], "total": 900},
            {"values": [], "total": 900},
        ],
    ],
)
async def test_every_way_in_which_pages_end(jira, open_client: Open, pages: list[dict[str, Any]]) -> None:
    jira.on(f"{AGILE}/board", *map(ok, pages), httpx.Response(500))
    jira.on(f"{AGILE}/board/7/sprint", *map(ok, pages), httpx.Response(500))
    async with open_client() as client:
        assert [board.id for board in await client.boards("PAY")] == [1, 2, 3]
        assert [sprint.id for sprint in await client.sprints(7)] == [1, 2, 3]
    assert query(jira.requests[0])["projectKeyOrId"] == "PAY"
    assert query(jira.requests[-1])["state"] == "active,future"


async def test_users(jira, open_client: Open) -> None:
    jira.on(f"{API}/user/search", ok([{"accountId": "5b", "displayName": "Ann", "active": True}]))
    async with open_client() as client:
        assert [user.display_name for user in await client.users("ann")] == ["Ann"]
    assert query(jira.requests[-1]) == {"query": "ann", "maxResults": "50"}


async def test_issues_are_read_a_hundred_at_a_time(jira, open_client: Open) -> None:
    jira.on(f"{API}/issue/bulkfetch", ok({"issues": [{"id": "1", "key": "PAY-1"}], "issueErrors": []}))
    async with open_client() as client:
        found = await client.issues([f"PAY-{number}" for number in range(150)], fields=["issuetype"])
        assert await client.issues([], fields=["issuetype"]) == ()
    assert [issue.key for issue in found] == ["PAY-1", "PAY-1"]
    sent = [json.loads(request.content) for request in jira.requests]
    assert [len(body["issueIdsOrKeys"]) for body in sent] == [100, 50]
    assert sent[0]["fields"] == ["issuetype"]


async def test_teams_are_told_without_the_markup(jira, open_client: Open) -> None:
    results = [
        {"value": "36885b3c", "displayName": "<b>R&amp;D</b> Platform"},
        {"value": '"7"', "displayName": "R&lt;D"},
    ]
    jira.on(f"{API}/jql/autocompletedata/suggestions", ok({"results": results}))
    async with open_client() as client:
        found = await client.teams("Team", "R&D")
    assert [(team.id, team.name) for team in found] == [("36885b3c", "R&D Platform"), ("7", "R<D")]
    assert query(jira.requests[0]) == {"fieldName": "Team", "fieldValue": "R&D"}


async def test_assignable_users(jira, open_client: Open) -> None:
    jira.on(f"{API}/user/assignable/search", ok([{"accountId": "5b", "displayName": "Ann"}]))
    async with open_client() as client:
        assert [user.account_id for user in await client.assignable_users("PAY")] == ["5b"]
        await client.assignable_users("PAY", query="ann@example.com", max_results=10)
        await client.assignable_users("PAY", account_id="5b")
    assert [query(request) for request in jira.requests] == [
        {"project": "PAY", "query": "", "maxResults": "1000"},
        {"project": "PAY", "query": "ann@example.com", "maxResults": "10"},
        {"project": "PAY", "accountId": "5b", "maxResults": "1000"},
    ]


async def test_the_simple_reads(jira, open_client: Open) -> None:
    jira.on(f"{API}/myself", ok({"accountId": "5b"}))
    jira.on(f"{API}/project/PAY", ok({"id": "1", "key": "PAY"}))
    jira.on(f"{API}/issue/createmeta/PAY/issuetypes", ok({"issueTypes": [{"id": "1", "name": "Task"}], "total": 1}))
    jira.on(f"{AGILE}/sprint/37", ok({"id": 37, "state": "closed"}))
    jira.on(f"{API}/priority", ok([{"id": "3", "name": "Medium"}]))
    jira.on(f"{API}/issueLinkType", ok({"issueLinkTypes": [{"id": "1", "name": "Blocks"}]}))
    jira.on(f"{API}/field", ok([{"id": "summary", "name": "Summary", "schema": {"type": "string"}}]))
    jira.on(f"{API}/attachment/meta", ok({"enabled": True, "uploadLimit": 9}))
    async with open_client() as client:
        assert (await client.myself()).account_id == "5b"
        assert (await client.project("PAY")).key == "PAY"
        assert [kind.name for kind in await client.issue_types("PAY")] == ["Task"]
        assert (await client.sprint(37)).state == "closed"
        assert [priority.name for priority in await client.priorities()] == ["Medium"]
        assert [kind.name for kind in await client.link_types()] == ["Blocks"]
        assert [field.name for field in await client.fields()] == ["Summary"]
        assert (await client.attachment_settings()).upload_limit == 9


async def test_issues_and_their_properties(jira, open_client: Open) -> None:
    issue = {"id": "1", "key": "A-1", "fields": {"summary": "x"}, "properties": {"p": {"ticket": "t"}}}
    jira.on(f"{API}/issue/A-1", ok(issue), ok(issue), NO_CONTENT).on(f"{API}/issue/A-1/assignee", NO_CONTENT)
    jira.on(f"{API}/issue/A-1/properties/a/b", ok({"key": "a/b", "value": {"x": [1]}}), httpx.Response(201), NO_CONTENT)
    async with open_client() as client:
        assert (await client.issue("A-1", fields=["summary"], properties=["p"])).properties == {"p": {"ticket": "t"}}
        assert query(jira.requests[-1]) == {"fields": "summary", "properties": "p"}
        await client.issue("A-1")
        assert query(jira.requests[-1]) == {}
        await client.update_issue("A-1", {"summary": "y"})
        assert (jira.asked[-1], jira.json()) == (f"PUT {API}/issue/A-1", {"fields": {"summary": "y"}})
        await client.assign("A-1", "5b")
        assert jira.json() == {"accountId": "5b"}
        await client.assign("A-1", None)
        assert jira.json() == {"accountId": None}
        assert await client.issue_property("A-1", "a/b") == {"x": [1]}
        assert jira.requests[-1].url.raw_path.endswith(b"/properties/a%2Fb")
        await client.set_property("A-1", "a/b", {"x": 1})
        assert jira.json() == {"x": 1}
        await client.set_property("A-1", "a/b", None)
        assert jira.bodies[-1] == b"null"


async def test_search_follows_the_tokens(jira, open_client: Open) -> None:
    pages = [
        {"issues": [{"id": "1", "key": "A-1"}], "nextPageToken": "t1", "isLast": False},
        {"issues": [], "nextPageToken": "t2"},
        {"issues": [{"id": "2", "key": "A-2"}], "isLast": True},
    ]
    jira.on(f"{API}/search/jql", *map(ok, pages))
    async with open_client() as client:
        found = await client.search("project = A", fields=["labels"], properties=["p"], reconcile_issues=[7])
    assert [issue.key for issue in found] == ["A-1", "A-2"]
    assert jira.json(0) == {
        "jql": "project = A",
        "maxResults": 100,
        "fields": ["labels"],
        "properties": ["p"],
        "reconcileIssues": [7],
    }
    assert [jira.json(index).get("nextPageToken") for index in range(3)] == [None, "t1", "t2"]


async def test_a_search_that_turns_in_circles_ends(jira, open_client: Open) -> None:
    jira.on(f"{API}/search/jql", ok({"issues": [{"id": "1", "key": "A-1"}], "nextPageToken": "t"}))
    async with open_client() as client:
        with pytest.raises(UnreadableAnswerError, match="do not end: a page repeats what came before it"):
            await client.search("project = A")
    assert len(jira.requests) == 2
    assert jira.json(0)["fields"] == ["id", "key"]


async def test_nothing_found_is_believed_from_an_account_only(jira, open_client: Open) -> None:
    nothing = {"issues": [], "isLast": True}
    jira.on(f"{API}/search/jql", ok(nothing)).on(f"{API}/myself", httpx.Response(401), ok({"accountId": "5b"}))
    async with open_client() as client:
        with pytest.raises(AuthenticationError):
            await client.search("project = A")
        assert await client.search("project = A") == ()
        jira.on(f"{API}/search/jql", ok(nothing, **{"X-AACCOUNTID": "5b"}))
        jira.requests.clear()
        assert await client.search("project = A") == ()
        assert len(jira.requests) == 1


async def test_a_search_is_a_read_and_repeated_as_one(jira, open_client: Open) -> None:
    page = ok({"issues": [{"id": "1", "key": "A-1"}], "isLast": True})
    jira.on(f"{API}/search/jql", httpx.ReadError("x"), httpx.Response(502), page)
    async with open_client() as client:
        assert len(await client.search("project = A")) == 1


async def test_a_file_is_attached(jira, open_client: Open, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("content")
    jira.on(f"{API}/issue/A-1/attachments", httpx.Response(429), ok([{"id": "7", "filename": "b.txt", "size": 7}]))
    async with open_client() as client:
        assert (await client.add_attachment("A-1", "b.txt", path)).id == "7"
    request = jira.requests[-1]
    assert request.headers["x-atlassian-token"] == "no-check"
    assert request.headers["content-length"] == str(len(jira.bodies[-1]))
    assert "transfer-encoding" not in request.headers
    assert jira.bodies[0] == jira.bodies[1]
    assert b'filename="b.txt"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n--' in jira.bodies[-1]


async def test_an_upload_is_never_repeated_blindly(jira, open_client: Open) -> None:
    for fault in (httpx.ReadError("x"), httpx.Response(503), ok([])):
        jira.on(f"{API}/issue/A-1/attachments", fault)
        async with open_client() as client:
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.add_attachment("A-1", "b.txt", b"content")
    assert len(jira.requests) == 3
    assert "attach b.txt to A-1" in caught.value.user_message


async def test_a_file_too_large_and_a_file_not_there(jira, open_client: Open, tmp_path: Path) -> None:
    jira.on(f"{API}/issue/A-1/attachments", httpx.Response(413, html="<html>"))
    async with open_client() as client:
        with pytest.raises(TooLargeError):
            await client.add_attachment("A-1", "b.txt", b"content", "text/plain")
        with pytest.raises(UploadSourceError):
            await client.add_attachment("A-1", "b.txt", tmp_path / "none")
    assert len(jira.requests) == 1


MEDIA = (
    "https://api.media.atlassian.com/file/0b3d7a1e-6c1f-4f2a-9d43-1f2e3d4c5b6a/binary?token=PLANTED&client=x&name=a.png"
)


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_the_media_id_is_in_the_redirect(jira, open_client: Open, status: int) -> None:
    jira.on(f"{API}/attachment/content/7", httpx.Response(status, headers={"Location": MEDIA}))
    async with open_client() as client:
        assert await client.media_id("7") == "0b3d7a1e-6c1f-4f2a-9d43-1f2e3d4c5b6a"
    assert len(jira.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, content=b"bytes"),
        httpx.Response(303, headers={"Location": "https://demo.atlassian.net/secure/attachment/7/a.png?PLANTED"}),
        httpx.Response(303),
        httpx.Response(404, headers={"X-AACCOUNTID": "5b"}),
    ],
)
async def test_without_a_redirect_to_media_there_is_no_media_id(jira, open_client: Open, reply: httpx.Response) -> None:
    jira.on(f"{API}/attachment/content/7", reply)
    async with open_client() as client:
        with pytest.raises(NotFoundError) as caught:
            await client.media_id("7")
    assert len(jira.requests) == 1
    assert "PLANTED" not in str(caught.value)


async def test_the_inward_issue_is_the_one_that_blocks(jira, open_client: Open) -> None:
    jira.on(f"{API}/issueLink", httpx.Response(201))
    async with open_client() as client:
        await client.create_link("Blocks", inward_key="A-1", outward_key="A-2")
    assert jira.json() == {"type": {"name": "Blocks"}, "inwardIssue": {"key": "A-1"}, "outwardIssue": {"key": "A-2"}}


async def test_fifty_issues_move_at_a_time(jira, open_client: Open) -> None:
    jira.on(f"{AGILE}/sprint/37/issue", NO_CONTENT)
    async with open_client() as client:
        await client.move_to_sprint(37, [f"A-{number}" for number in range(120)])
        await client.move_to_sprint(37, [])
    assert [len(jira.json(index)["issues"]) for index in range(len(jira.requests))] == [50, 50, 20]


async def test_fifty_issues_go_under_an_epic_at_a_time(jira, open_client: Open) -> None:
    jira.on(f"{AGILE}/epic/A-7/issue", NO_CONTENT)
    async with open_client() as client:
        await client.move_to_epic("A-7", [f"A-{number}" for number in range(60)])
    assert [len(jira.json(index)["issues"]) for index in range(len(jira.requests))] == [50, 10]


async def test_names_are_quoted_in_addresses(jira, open_client: Open) -> None:
    jira.on("/rest/api/3/project/a/b?c", ok({"id": "1", "key": "X"}))
    async with open_client() as client:
        await client.project("a/b?c")
        assert client.browse_url("A/1") == "https://demo.atlassian.net/browse/A%2F1"
    assert jira.requests[0].url.raw_path == b"/rest/api/3/project/a%2Fb%3Fc"


async def test_a_client_shows_where_it_points(open_client: Open) -> None:
    async with open_client() as client:
        assert repr(client) == "JiraClient('https://demo.atlassian.net')"
        assert client.base_url == "https://demo.atlassian.net"


async def test_answers_carry_their_trace_id(jira, open_client: Open) -> None:
    trace = {"Atl-Traceid": "1f2e"}
    created = {"id": "1", "key": "A-1"}
    found = {"id": "1", "key": "A-1", "fields": {"attachment": [{"id": "7"}]}}
    jira.on(f"{API}/issue", httpx.Response(201, json=created, headers=trace))
    jira.on(f"{API}/search/jql", httpx.Response(200, json={"issues": [found]}, headers=trace))
    jira.on(f"{API}/issue/A-1", httpx.Response(200, json=found, headers=trace), httpx.Response(204, headers=trace)).on(
        f"{API}/issue/A-1/assignee", httpx.Response(204, headers=trace)
    )
    jira.on(f"{API}/issueLink", httpx.Response(201, headers=trace))
    jira.on(f"{AGILE}/sprint/1/issue", httpx.Response(204, headers={"X-Arequestid": "9"}))
    jira.on(f"{API}/issue/A-1/attachments", httpx.Response(200, json=[{"id": "7"}], headers=trace))
    async with open_client() as client:
        assert (await client.create_issue({})).trace_id == "1f2e"
        assert (await client.search("project = A"))[0].trace_id == "1f2e"
        assert (await client.issue("A-1")).attachments[0].trace_id == "1f2e"
        assert (await client.update_issue("A-1", {})).trace_id == "1f2e"
        assert (await client.assign("A-1", None)).trace_id == "1f2e"
        assert (await client.create_link("Blocks", inward_key="A-1", outward_key="A-2")).trace_id == "1f2e"
        assert (await client.add_attachment("A-1", "a", b"a")).trace_id == "1f2e"
        assert (await client.move_to_sprint(1, ["A-1"])).trace_id == "9"
